// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require tools.pmip as pmip';

// Tables that people sort by a click.  A column is [title, what is shown of a row, what it is sorted
// by if that is something else, an explanation].

function key(column, row) {
	return (column[2] || column[1])(row);
}

function compare(one, other) {
	return (one == null) - (other == null) || (one > other) - (one < other);
}

return baseclass.extend({
	sort: function(rows, columns, sorting) {
		const column = columns[sorting.column], sign = sorting.descending ? -1 : 1;
		return rows.slice().sort(function(one, other) {
			return sign * compare(key(column, one), key(column, other)) || compare(key(columns[0], one), key(columns[0], other));
		});
	},

	// Another click on the same column turns the order round.
	turned: function(sorting, column) {
		return { column: column, descending: column == sorting.column && !sorting.descending };
	},

	headings: function(columns, sorting, handle) {
		return E('tr', { 'class': 'tr table-titles' }, columns.map(function(column, i) {
			return E('th', {
				'class': 'th', 'data-sortable-row': 'true', 'tabindex': 0, 'title': column[3] || null,
				'data-sort-direction': i == sorting.column ? (sorting.descending ? 'desc' : 'asc') : null,
				'click': function() { handle(i); }
			}, [ column[0] ]);
		}).concat([ E('th', { 'class': 'th cbi-section-actions' }) ]));
	},

	// In place of rows, or after them.
	note: function(columns, text) {
		return E('tr', { 'class': 'tr placeholder' }, [
			// The theme's lines are too far apart where they are many, as on a telephone.
			E('td', { 'class': 'td', 'colspan': columns.length + 1, 'style': 'line-height:1.4' }, [ text ])
		]);
	},

	// One that nobody sorts: titles, and an array of cells for each row.
	plain: function(id, titles, rows) {
		return E('table', { 'class': 'table', 'id': id }, [
			E('tr', { 'class': 'tr table-titles' }, titles.map(function(title) { return E('th', { 'class': 'th' }, [ title ]); }))
		].concat(rows.map(function(cells) {
			return E('tr', { 'class': 'tr' }, cells.map(function(content, i) {
				return pmip.cell(titles[i], content);
			}));
		})));
	},

	// Addresses are sorted as numbers, nearly.
	sortable: function(address) {
		return address.split('.').map(function(part) { return part.padStart(3, '0'); }).join('.');
	}
});
