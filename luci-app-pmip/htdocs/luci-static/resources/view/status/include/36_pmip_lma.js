// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require rpc';
'require tools.pmip as pmip';

const callOverview = rpc.declare({ object: 'pmip-lma', method: 'overview', reject: true });

return baseclass.extend({
	title: _('Proxy Mobile IP anchor'),

	load: function() {
		return pmip.ifConfigured('pmip-lma', function() { return pmip.orNull(callOverview()); });
	},

	render: function(overview) {
		if (!overview)
			return overview === null ? E('p', {}, [ _('The anchor does not run') ]) : null;
		const status = overview.status;
		return E('table', { 'class': 'table' }, [
			pmip.row(_('Sessions'), String(status.bindings)),
			pmip.row(_('Gateways'), String(status.mags.length))
		].concat(status.pools.map(function(pool) {
			return pmip.row(_('Pool %s').format(pool.name), [ [ pool.used, pool.capacity ], [ pool.prefixes_used, pool.prefixes_capacity ] ]
				.filter(function(use) { return use[0] != null; })
				.map(function(use) { return E('div', {}, [ _('%d of %d').format(use[0], use[1]) ]); }));
		}), [
			pmip.row(_('More'), E('a', { 'href': L.url('admin/services/pmip-lma') }, [ _('Status') ]))
		]));
	}
});
