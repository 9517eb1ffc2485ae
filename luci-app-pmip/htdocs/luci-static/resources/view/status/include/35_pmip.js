// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require tools.pmip as pmip';

return baseclass.extend({
	title: _('Proxy Mobile IP'),

	load: function() {
		return pmip.ifConfigured('pmip', function() { return pmip.overview(); });
	},

	render: function(overview) {
		if (!overview)
			return overview === null ? E('p', {}, [ _('The gateway does not run') ]) : null;
		const status = overview.status;
		return E('table', { 'class': 'table' }, [
			pmip.row(_('Clients'), String(status.clients))
		].concat(status.anchors.map(function(anchor) {
			return pmip.row(_('Anchor %s').format(anchor.address),
				anchor.local ? _('last answer: %s').format(pmip.ago(anchor.answered)) : _('no way to it'));
		}), [
			pmip.row(_('More'), E('a', { 'href': L.url('admin/services/pmip') }, [ _('Status') ]))
		]));
	}
});
