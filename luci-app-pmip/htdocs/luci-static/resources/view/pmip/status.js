// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require dom';
'require poll';
'require tools.pmip as pmip';
'require tools.pmip_plot as plot';
'require tools.pmip_table as table';
'require ui';
'require view';

const STATES = {
	'idle': _('idle'),
	'registering': _('registering'),
	'active': _('active'),
	'refreshing': _('refreshing'),
	'deregistering': _('leaving'),
	'denied': _('refused')
};

const STAGES = {
	'in all': _('in all'),
	'identity': _('identity'),
	'signalling': _('signalling'),
	'kernel': _('kernel'),
	'first answer': _('first answer to the client')
};

const COLOURS = { 'identity': '#7a4fbf', 'signalling': '#0069d6', 'kernel': '#2a8f4f', 'first answer': '#e07000' };

function addresses(client) {
	return (client.address ? [ client.address ] : []).concat(client.prefixes);
}

function traffic(client) {
	return client.octets_up == null ? null : client.octets_up + client.octets_down;
}

const COUNTERS = {
	'attaches': _('Attaches'),
	'registrations': _('Registrations and renewals'),
	'handovers': _('Departures to other gateways'),
	'leases': _('Addresses confirmed by DHCP'),
	'ends': _('Ends of sessions')
};

const TRACED = 10; // seconds

// The columns of clients, for tools.pmip_table.
const COLUMNS = [
	[ _('MAC address'), function(client) { return client.mac; } ],
	[ _('Host name'), function(client) { return client.host_name || '-'; } ],
	[ _('Identity'), function(client) { return client.identity; } ],
	[ _('Addresses'), function(client) { return addresses(client).join(', ') || '-'; }, function(client) { return table.sortable(addresses(client)[0] || ''); } ],
	[ _('Interface'), function(client) { return client.interface; } ],
	[ _('Anchor'), function(client) { return client.anchor; } ],
	[ _('State'), function(client) { return STATES[client.state] || client.state; } ],
	[ _('Since'), function(client) { return pmip.duration(client.attached); }, function(client) { return client.attached; } ],
	[ _('Lifetime left'), function(client) { return client.remaining ? pmip.duration(client.remaining) : '-'; }, function(client) { return client.remaining; } ],
	[ _('Signal'), function(client) { return client.signal == null ? '-' : _('%d dBm').format(client.signal); }, function(client) { return client.signal; } ],
	[ _('Traffic up / down'), function(client) { return traffic(client) == null ? '-' : pmip.octets(client.octets_up) + ' / ' + pmip.octets(client.octets_down); }, traffic,
		_('Since it joined the access point.') ],
	[ _("Last roam's gap"), function(client) { return pmip.milliseconds(client.gap); }, function(client) { return client.gap; },
		_('From when the access point let it in until its packets passed. How long it had been without a network before that, the gateway cannot know.') ]
];

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	filter: '',
	sorting: { column: 0, descending: false },
	opened: null,
	overview: undefined, // null while the daemon does not run

	load: function() {
		return pmip.overview();
	},

	render: function(overview) {
		this.gatewayNode = E('div');
		this.findingsNode = E('div');
		this.anchorsNode = E('div');
		this.plotNode = E('div');
		this.clientsNode = E('table', { 'class': 'table', 'id': 'pmip-clients' });
		this.countersNode = E('div');
		this.liveNode = E('div', {}, this.live());
		this.changing = L.hasViewPermission();
		this.show(overview);
		poll.add(L.bind(this.refresh, this), 5);
		return E('div', {}, [
			E('h2', {}, [ _('Proxy Mobile IP') ]),
			this.gatewayNode,
			pmip.wrong(this.findingsNode, ui.createHandlerFn(this, 'handleCheck')),
			this.liveNode
		]);
	},

	live: function() {
		return [
			E('div', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Anchors') ]), this.anchorsNode ]),
			E('div', { 'class': 'cbi-section' }, [
				E('h3', {}, [ _('Clients') ]),
				this.plotNode,
				pmip.search(L.bind(this.handleFilter, this)),
				E('div', { 'style': 'overflow-x:auto' }, [ this.clientsNode ])
			]),
			pmip.counting(this.countersNode, ui.createHandlerFn(this, 'handleCounters'))
		];
	},

	refresh: function() {
		return pmip.overview(this.opened || undefined).then(L.bind(this.show, this));
	},

	show: function(overview) {
		const turned = this.overview === undefined || !this.overview != !overview;
		this.overview = overview;
		if (turned)
			this.handleCheck();
		if (turned || overview) // else a button is in use
			dom.content(this.gatewayNode, overview ? this.gateway(overview.status) : this.stopped());
		this.liveNode.style.display = overview ? '' : 'none';
		if (!overview)
			return;
		dom.content(this.anchorsNode, this.anchors(overview.status.anchors));
		dom.content(this.plotNode, plot.draw(overview.sessions, overview.status.clients));
		this.showClients();
	},

	stopped: function() {
		return pmip.stopped(_('The gateway does not run'),
			_('No client is registered anew. For clients that it has served the kernel goes on forwarding until their registrations end.'),
			this.changing ? ui.createHandlerFn(this, 'handleStart') : null, 'admin/services/pmip/settings');
	},

	gateway: function(status) {
		const troubles = this.troubles(status);
		return E('div', {}, [
			pmip.glance(troubles, N_(status.clients, 'It works: %d client is served.', 'It works: %d clients are served.').format(status.clients)),
			E('table', { 'class': 'table' }, [
				pmip.row(_('Version'), status.version),
				pmip.row(_('Running for'), pmip.duration(status.uptime)),
				pmip.row(_('Clock'), status.timestamps
					? _('right: registrations are ordered by time stamps')
					: _('not known to be right: registrations are ordered by sequence numbers')),
				pmip.row(_('Access points'), status.access.map(function(access) {
					return E('div', {}, [ access.device + ': ' + (access.hostapd ? _('connected') : _('not connected')) ]);
				}))
			])
		]);
	},

	troubles: function(status) {
		return status.access.filter(function(access) { return !access.hostapd; }).map(function(access) {
			return access.present
				? _('No connection to the access point on %s').format(access.device)
				: _('The interface %s is not there').format(access.device);
		}).concat(status.anchors.filter(function(anchor) { return !anchor.local; }).map(function(anchor) {
			return _('No way to anchor %s').format(anchor.address);
		}));
	},

	anchors: function(anchors) {
		const titles = [ _('Name'), _('Address'), _('Our address'), _('Last answer'), _('Round trip'), _('Tunnel'), _('MTU'), _('Packets in / out'), _('Clients') ];
		return table.plain('pmip-anchors', titles, anchors.map(function(anchor) {
			return [
				anchor.name, anchor.address, anchor.local || _('no way to it'), pmip.ago(anchor.answered),
				pmip.milliseconds(anchor.round_trip), pmip.encapsulation(anchor.encapsulation),
				anchor.mtu == null ? '-' : anchor.mtu,
				anchor.received == null ? '-' : anchor.received + ' / ' + anchor.sent, anchor.clients
			];
		}));
	},

	// Clients

	showClients: function() {
		const rows = [ table.headings(COLUMNS, this.sorting, L.bind(this.handleSort, this)) ];
		const clients = this.wanted(this.overview.clients);
		clients.forEach(L.bind(function(client) {
			rows.push(this.client(client));
			if (client.mac == this.opened)
				rows.push(this.details(client));
		}, this));
		if (!clients.length)
			rows.push(table.note(COLUMNS, this.placeholder()));
		dom.content(this.clientsNode, rows);
	},

	placeholder: function() {
		if (this.overview.clients.length)
			return _('No client is as you wish.');
		return _('No client is here. It is shown as soon as it joins one of the wireless networks that are served.');
	},

	wanted: function(clients) {
		const text = this.filter.toLowerCase();
		return table.sort(clients.filter(function(client) {
			return COLUMNS.some(function(column) { return column[1](client).toLowerCase().includes(text); });
		}), COLUMNS, this.sorting);
	},

	client: function(client) {
		const opened = client.mac == this.opened;
		return E('tr', { 'class': 'tr', 'data-mac': client.mac }, COLUMNS.map(function(column) {
			return pmip.cell(column[0], column[1](client));
		}).concat([ E('td', { 'class': 'td cbi-section-actions nowrap' }, [ E('div', {}, [
			E('button', { 'class': 'btn cbi-button', 'click': ui.createHandlerFn(this, 'handleOpen', client.mac) }, [ opened ? _('Less') : _('More') ]),
			' ',
			E('button', {
				'class': 'btn cbi-button', 'disabled': this.changing ? null : true,
				'click': ui.createHandlerFn(this, 'handleTrace', client)
			}, [ _('Trace') ]),
			' ',
			E('button', {
				'class': 'btn cbi-button cbi-button-negative', 'disabled': this.changing ? null : true,
				'click': ui.createHandlerFn(this, 'handleDetach', client)
			}, [ _('Detach') ])
		]) ]) ]));
	},

	details: function(client) {
		return E('tr', { 'class': 'tr', 'id': 'pmip-details' }, [ E('td', { 'class': 'td left', 'colspan': COLUMNS.length + 1 }, [
			client.reason ? E('div', { 'class': 'alert-message warning' }, [ client.reason ]) : '',
			this.stages(client.stages),
			E('p', {}, [ client.router ? _('Router %s, network of %d bits').format(client.router, client.prefix_length) : '',
				client.service ? ', ' + _('service %s').format(client.service) : '' ]),
			this.counted(this.overview.counters || {}),
			E('table', { 'class': 'table', 'id': 'pmip-events' }, (this.overview.events || []).map(function(event) {
				return E('tr', { 'class': 'tr' }, [
					E('td', { 'class': 'td left', 'width': '15%' }, [ pmip.ago(event[0]) ]),
					E('td', { 'class': 'td left' }, [ event[2] > 1 ? _('%s (%d times)').format(event[1], event[2]) : event[1] ])
				]);
			}))
		]) ]);
	},

	counted: function(counters) {
		const names = Object.keys(COUNTERS).filter(function(name) { return counters[name]; });
		return E('p', { 'id': 'pmip-counted' }, [ names.map(function(name) {
			return '%s: %d'.format(COUNTERS[name], counters[name]);
		}).join(' · ') ]);
	},

	// How long each stage of the attach took, to scale.
	stages: function(stages) {
		const parts = stages.filter(function(stage) { return stage[0] != 'in all'; });
		const sum = parts.reduce(function(total, stage) { return total + stage[1]; }, 0);
		return E('div', { 'id': 'pmip-stages' }, [
			E('div', { 'style': 'display:flex;max-width:600px;height:10px' }, parts.map(function(stage) {
				return E('div', { 'style': 'width:%.1f%%;background:%s'.format(100 * stage[1] / (sum || 1), COLOURS[stage[0]] || 'gray') });
			})),
			E('div', {}, stages.map(function(stage) {
				return E('span', { 'style': 'margin-right:1.5em;white-space:nowrap' }, [
					COLOURS[stage[0]] ? E('span', { 'style': 'color:' + COLOURS[stage[0]] }, [ '■ ' ]) : '',
					(STAGES[stage[0]] || stage[0]) + ' ' + pmip.milliseconds(stage[1])
				]);
			}))
		]);
	},

	// What people do

	handleFilter: function(ev) {
		this.filter = ev.target.value;
		this.showClients();
	},

	handleSort: function(column) {
		this.sorting = table.turned(this.sorting, column);
		this.showClients();
	},

	handleOpen: function(mac) {
		this.opened = mac == this.opened ? null : mac;
		return this.refresh();
	},

	handleCheck: function() {
		return pmip.look(this.findingsNode, pmip.check().then(L.bind(pmip.findings, pmip)));
	},

	handleCounters: function() {
		return pmip.count(this.countersNode, pmip.stats());
	},

	handleStart: function() {
		return pmip.start('pmip', L.bind(this.load, this)).then(L.bind(this.show, this)).catch(pmip.complain);
	},

	handleTrace: function(client) {
		ui.showModal(_('Trace'), [
			E('p', { 'class': 'spinning' }, [ _('For %d seconds: what %s and its access point, gateway and anchor say to each other…').format(TRACED, client.mac) ])
		]);
		return pmip.trace(client.mac, TRACED).then(L.bind(this.showTrace, this, client.mac)).catch(function(error) {
			ui.hideModal();
			pmip.complain(error);
		});
	},

	showTrace: function(mac, trace) {
		const lines = trace.events.map(function(event) {
			return '%.3f  %s  %s'.format(event[0] / 1000, event[1], event[2]);
		});
		const octets = Uint8Array.from(atob(trace.pcap), function(letter) { return letter.charCodeAt(0); });
		const url = URL.createObjectURL(new Blob([ octets ], { 'type': 'application/vnd.tcpdump.pcap' }));
		ui.showModal(_('Trace'), [
			lines.length
				? E('pre', { 'id': 'pmip-trace', 'style': 'max-height:60vh;overflow:auto' }, [ lines.join('\n') ])
				: E('p', { 'id': 'pmip-trace' }, [ _('Nothing was said.') ]),
			trace.left_out ? E('p', {}, [ _('%d more were left out.').format(trace.left_out) ]) : '',
			E('div', { 'class': 'right' }, [
				E('a', { 'class': 'btn', 'id': 'pmip-capture', 'href': url, 'download': 'pmip-' + mac.replace(/:/g, '') + '.pcap' }, [ _('Download as pcap') ]),
				' ',
				E('button', { 'class': 'btn', 'click': function() { URL.revokeObjectURL(url); ui.hideModal(); } }, [ _('Close') ])
			])
		]);
	},

	handleDetach: function(client) {
		pmip.ask(_('Detach'), [
			_('End the session of %s and send it away?').format(client.mac + ' ' + client.identity), _('It may come back at once.')
		], ui.createHandlerFn(this, 'handleConfirmed', client.mac));
	},

	handleConfirmed: function(mac) {
		ui.hideModal();
		return pmip.detach(mac).then(L.bind(this.refresh, this)).catch(pmip.complain);
	}
});
