// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require dom';
'require poll';
'require rpc';
'require tools.pmip as pmip';
'require tools.pmip_table as table';
'require ui';
'require view';

const callOverview = rpc.declare({
	object: 'pmip-lma',
	method: 'overview',
	params: [ 'text', 'node' ],
	reject: true
});

const callStats = rpc.declare({
	object: 'pmip-lma',
	method: 'stats',
	expect: { counters: {} },
	reject: true
});

const callRevoke = rpc.declare({
	object: 'pmip-lma',
	method: 'revoke',
	params: [ 'node' ],
	reject: true
});

const EVENTS = {
	'register': _('registered'),
	'handover': _('roamed'),
	'deregister': _('left'),
	'expire': _('expired'),
	'revoke': _('revoked')
};

function homes(binding) {
	return (binding.address ? [ binding.address ] : []).concat(binding.prefixes);
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	filter: '',
	sorting: { column: 0, descending: false },
	opened: null,
	overview: undefined, // null while the daemon does not run

	load: function() {
		return pmip.orNull(callOverview());
	},

	render: function(overview) {
		this.anchorNode = E('div');
		this.findingsNode = E('div');
		this.poolsNode = E('div');
		this.gatewaysNode = E('div');
		this.sessionsNode = E('table', { 'class': 'table', 'id': 'pmip-sessions' });
		this.historyNode = E('div');
		this.countersNode = E('div');
		this.liveNode = E('div', {}, this.live());
		this.changing = L.hasViewPermission();
		this.show(overview);
		poll.add(L.bind(this.refresh, this), 5);
		return E('div', {}, [
			E('h2', {}, [ _('Proxy Mobile IP anchor') ]),
			this.anchorNode,
			pmip.wrong(this.findingsNode, ui.createHandlerFn(this, 'handleCheck')),
			this.liveNode
		]);
	},

	live: function() {
		return [
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Pools') ]), this.poolsNode ]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Gateways') ]), this.gatewaysNode ]),
			E('div', { 'class': 'cbi-section' }, [
				E('h3', {}, [ _('Sessions') ]),
				pmip.search(L.bind(this.handleFilter, this)),
				this.sessionsNode
			]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('What happened of late') ]), this.historyNode ]),
			pmip.counting(this.countersNode, ui.createHandlerFn(this, 'handleCounters'))
		];
	},

	refresh: function() {
		const filter = this.filter, node = this.opened ? this.opened.slice(this.opened.indexOf(' ') + 1) : undefined;
		return pmip.orNull(callOverview(filter || undefined, node)).then(L.bind(function(overview) {
			if (filter == this.filter) // else a later answer is on its way
				this.show(overview);
		}, this));
	},

	show: function(overview) {
		const turned = this.overview === undefined || !this.overview != !overview;
		this.overview = overview;
		if (turned)
			this.handleCheck();
		if (turned || overview) // else a button is in use
			dom.content(this.anchorNode, overview ? this.anchor(overview.status) : this.stopped());
		this.liveNode.style.display = overview ? '' : 'none';
		if (!overview)
			return;
		this.names = {};
		overview.status.mags.forEach(L.bind(function(mag) { this.names[mag.address] = mag.name; }, this));
		dom.content(this.poolsNode, this.pools(overview.status.pools));
		dom.content(this.gatewaysNode, this.gateways(overview.status.mags));
		dom.content(this.historyNode, this.events('pmip-history', overview.history));
		this.showSessions();
	},

	stopped: function() {
		return pmip.stopped(_('The anchor does not run'),
			_('No client is registered anew. For clients that it has served the kernel goes on forwarding until their registrations end.'),
			this.changing ? ui.createHandlerFn(this, 'handleStart') : null, 'admin/services/pmip-lma/settings');
	},

	anchor: function(status) {
		const troubles = this.troubles(status);
		return E('div', {}, [
			pmip.glance(troubles, N_(status.bindings, 'It works: there is %d session.', 'It works: there are %d sessions.').format(status.bindings)),
			E('table', { 'class': 'table' }, [
				pmip.row(_('Version'), status.version),
				pmip.row(_('Running for'), pmip.duration(status.uptime)),
				pmip.row(_('Our addresses'), status.addresses.map(function(each) {
					return E('div', {}, [ each.address + (each.listening ? '' : ': ' + _('not there')) ]);
				}))
			])
		]);
	},

	troubles: function(status) {
		return status.addresses.filter(function(each) { return !each.listening; }).map(function(each) {
			return _('No gateway can reach %s: it is not an address of this machine').format(each.address);
		}).concat(status.pools.filter(function(pool) {
			return pool.used != null && pool.used >= pool.capacity || pool.prefixes_used != null && pool.prefixes_used >= pool.prefixes_capacity;
		}).map(function(pool) { return _('Pool %s has nothing left to give').format(pool.name); }));
	},

	pools: function(pools) {
		const titles = [ _('Name'), _('Service'), _('IPv4 network'), _('Router'), _('Addresses used'), _('IPv6 prefix'), _('Prefixes used') ];
		return table.plain('pmip-pools', titles, pools.map(L.bind(function(pool) {
			return [
				pool.name, pool.service || _('any other'), pool.network || '-', pool.router || '-', this.used(pool.used, pool.capacity),
				pool.prefix || '-', this.used(pool.prefixes_used, pool.prefixes_capacity)
			];
		}, this)));
	},

	used: function(used, capacity) {
		if (used == null)
			return '-';
		return E('span', {}, [
			E('meter', { 'value': used, 'min': 0, 'max': capacity, 'high': 0.9 * capacity, 'style': 'width:6em' }), ' ',
			_('%d of %d').format(used, capacity)
		]);
	},

	gateways: function(mags) {
		if (!mags.length)
			return E('p', {}, [ _('No gateway is allowed. Add them under Settings.') ]);
		const titles = [ _('Name'), _('Address'), _('Sessions'), _('Tunnels'), _('Last heard') ];
		return table.plain('pmip-gateways', titles, mags.map(function(mag) {
			return [ mag.name, mag.address, mag.sessions, mag.tunnels.join(', ') || '-', pmip.ago(mag.heard) ];
		}));
	},

	gateway: function(address) {
		return this.names[address] ? this.names[address] + ' (' + address + ')' : address;
	},

	// Sessions

	columns: function() {
		const gateway = L.bind(this.gateway, this);
		return [
			[ _('Identity'), function(each) { return pmip.visible(each.node); } ],
			[ _('MAC address'), function(each) { return each.interface; } ],
			[ _('Addresses'), function(each) { return homes(each).join(', '); }, function(each) { return table.sortable(homes(each)[0] || ''); } ],
			[ _('Pool'), function(each) { return each.pool; } ],
			[ _('Gateway'), function(each) { return gateway(each.mag); } ],
			[ _('Tunnel'), function(each) { return (each.device || '-') + ' ' + pmip.encapsulation(each.encapsulation); } ],
			[ _('State'), function(each) { return each.state == 'registered' ? _('active') : _('leaving'); } ],
			[ _('There since'), function(each) { return pmip.duration(each.since); }, function(each) { return each.since; } ],
			[ _('Lifetime left'), function(each) { return pmip.duration(each.remaining); }, function(each) { return each.remaining; } ]
		];
	},

	showSessions: function() {
		const columns = this.columns(), whole = { 'class': 'td left', 'colspan': columns.length + 1 };
		const rows = [ table.headings(columns, this.sorting, L.bind(this.handleSort, this)) ];
		table.sort(this.overview.bindings, columns, this.sorting).forEach(L.bind(function(binding) {
			const key = binding.interface + ' ' + binding.node;
			rows.push(this.session(columns, binding, key));
			if (key == this.opened)
				rows.push(E('tr', { 'class': 'tr' }, [ E('td', whole, [ this.events('pmip-details', this.overview.events || []) ]) ]));
		}, this));
		const note = this.note();
		if (note)
			rows.push(table.note(columns, note));
		dom.content(this.sessionsNode, rows);
	},

	note: function() {
		const shown = this.overview.bindings.length, matching = this.overview.matching;
		if (shown < matching)
			return _('These are the latest %d of %d.').format(shown, matching);
		if (shown)
			return null;
		return this.overview.status.bindings ? _('No session is as you wish.') : _('There is no session. One is shown as soon as a gateway registers a client.');
	},

	session: function(columns, binding, key) {
		return E('tr', { 'class': 'tr', 'data-node': binding.node }, columns.map(function(column) {
			return pmip.cell(column[0], column[1](binding));
		}).concat([ E('td', { 'class': 'td cbi-section-actions nowrap' }, [ E('div', {}, [
			E('button', { 'class': 'btn cbi-button', 'click': ui.createHandlerFn(this, 'handleOpen', key) }, [ key == this.opened ? _('Less') : _('More') ]),
			' ',
			E('button', {
				'class': 'btn cbi-button cbi-button-negative', 'disabled': this.changing ? null : true,
				'click': ui.createHandlerFn(this, 'handleRevoke', binding)
			}, [ _('Revoke') ])
		]) ]) ]));
	},

	events: function(id, events) {
		if (!events.length)
			return E('p', { 'id': id }, [ _('Nothing yet, or it is forgotten.') ]);
		const titles = [ _('When'), _('What'), _('Identity'), _('Addresses'), _('Gateway'), _('Reason') ];
		return table.plain(id, titles, events.map(L.bind(function(event) {
			return [
				pmip.ago(event.age), EVENTS[event.event] || event.event, pmip.visible(event.node), event.homes.join(', '),
				(event.former ? this.gateway(event.former) + ' → ' : '') + this.gateway(event.mag), event.reason
			];
		}, this)));
	},

	// What people do

	handleFilter: function(ev) {
		this.filter = ev.target.value.trim();
		return this.refresh();
	},

	handleSort: function(column) {
		this.sorting = table.turned(this.sorting, column);
		this.showSessions();
	},

	handleOpen: function(key) {
		this.opened = key == this.opened ? null : key;
		return this.refresh();
	},

	handleCheck: function() {
		return pmip.look(this.findingsNode, pmip.run('/usr/sbin/pmip-lma', 'check').then(function(answer) {
			return answer.problems.length
				? pmip.findings(answer.problems.map(function(each) {
					return { level: each.level == 'error' ? 'FAIL' : 'WARN', text: each.text };
				}))
				: E('p', {}, [ _('The settings can be served.') ]);
		}));
	},

	handleCounters: function() {
		return pmip.count(this.countersNode, callStats());
	},

	handleStart: function() {
		return pmip.start('pmip-lma', L.bind(this.load, this)).then(L.bind(this.show, this)).catch(pmip.complain);
	},

	handleRevoke: function(binding) {
		pmip.ask(_('Revoke'), [
			_('End all sessions of %s and tell its gateways?').format(pmip.quoted(binding.node)), _('It may come back at once.')
		], ui.createHandlerFn(this, 'handleConfirmed', binding.node));
	},

	handleConfirmed: function(node) {
		ui.hideModal();
		return callRevoke(node).then(L.bind(this.refresh, this)).catch(pmip.complain);
	}
});
