// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require form';
'require rpc';
'require tools.pmip as pmip';
'require tools.pmip_form as forms';
'require tools.pmip_kinds as kinds';
'require uci';
'require ui';
'require view';

const callWireless = rpc.declare({ object: 'luci-rpc', method: 'getWirelessDevices', expect: { '': {} } });

// The access points that are up: [{section, device, ssid, enterprise}].
function accessPoints(radios) {
	const found = [];
	Object.keys(radios).sort().forEach(function(radio) {
		(radios[radio].interfaces || []).forEach(function(each) {
			if (each.ifname && each.config && each.config.mode == 'ap')
				found.push({
					section: each.section, device: each.ifname, ssid: each.config.ssid || '',
					enterprise: /^(wpa|eap)/.test(each.config.encryption || '')
				});
		});
	});
	return found;
}

// What the package has set up already, unless somebody has removed it: see /etc/uci-defaults.
const FIREWALL = [
	[ 'pmip_mag', 'zone', { name: 'pmip', device: 'pmip+', input: 'REJECT', output: 'ACCEPT', forward: 'REJECT' } ],
	[ 'pmip_mag_clients', 'rule', { name: 'Allow-PMIP-clients', src: '*', dest: '*', proto: 'all', mark: '0x52130000/0xffff0000', target: 'ACCEPT' } ],
	[ 'pmip_mag_udp', 'rule', { name: 'Allow-PMIP-signalling', src: '*', family: 'ipv4', proto: 'udp', dest_port: '5436', target: 'ACCEPT' } ],
	[ 'pmip_mag_data', 'rule', { name: 'Allow-PMIP-UDP-tunnels', src: '*', family: 'ipv4', proto: 'udp', dest_port: '5437', target: 'ACCEPT' } ],
	[ 'pmip_mag_mobility', 'rule', { name: 'Allow-PMIP-signalling-IPv6', src: '*', family: 'ipv6', proto: '135', target: 'ACCEPT' } ],
	[ 'pmip_mag_tunnels', 'rule', { name: 'Allow-PMIP-tunnels', src: '*', proto: '47 4 41', target: 'ACCEPT' } ]
];

// Make a section that is not there, in a file that is.
function provide(config, name, type, options) {
	if (!uci.sections(config).length || uci.get(config, name))
		return;
	uci.add(config, type, name);
	Object.keys(options).forEach(function(option) { uci.set(config, name, option, options[option]); });
}

// How an access section is shown: with the networks' names.
function sectionShown(section, accessPoints) {
	const interfaces = [ section.device ].concat(section.bss || []);
	const names = accessPoints.filter(function(each) { return interfaces.includes(each.device); }).map(function(each) { return each.ssid; });
	return names.length ? section['.name'] + ' (' + names.join(', ') + ')' : section['.name'];
}

function shown(accessPoint) {
	return accessPoint.ssid + ' (' + accessPoint.device + ')';
}

function ipVersions(option) {
	option.value('dual', _('IPv4 and IPv6'));
	option.value('4', 'IPv4');
	option.value('6', 'IPv6');
}

// What the sections mag and anchor have in common.
function tunnelOptions(add, address) {
	let option = add(form.Value, 'local', _('Our address'), _('Our address towards the anchor (Proxy-CoA). Without: the one that the route to it uses.'));
	option.validate = function(section_id, value) {
		const remote = this.section.formvalue(section_id, address);
		const right = kinds.address(section_id, value);
		if (right === true && value && remote && !kinds.sameVersion(value, remote))
			return _("must be of the anchor's IP version");
		return right;
	};
	option = add(form.ListValue, 'encapsulation', _('Tunnel'), _("How clients' packets are tunnelled."));
	option.value('gre', 'GRE');
	option.value('gre-key', _('GRE with keys'));
	option.value('ip', 'IP-in-IP');
	option.value('udp', 'UDP');
	option.default = 'gre';
	option = add(form.Value, 'mtu', _('MTU'), _('MTU of the tunnel in octets. Without: what the path to the anchor allows.'));
	option.validate = kinds.integer(576, 9000, 'octets');
}

return view.extend({
	load: function() {
		return Promise.all([
			L.resolveDefault(callWireless(), {}),
			uci.load('pmip'),
			L.resolveDefault(uci.load('wireless'), null),
			L.resolveDefault(uci.load('network'), null),
			L.resolveDefault(uci.load('firewall'), null)
		]);
	},

	render: function(loaded) {
		this.accessPoints = accessPoints(loaded[0]);
		const map = this.map = new form.Map('pmip', _('Proxy Mobile IP'),
			_('Clients of the wireless networks that are served here keep their address wherever they roam: an anchor gives it to them, and their packets are tunnelled there.'));
		this.gateway(map);
		this.access(map);
		this.anchors(map);
		this.profiles(map);
		return map.render().then(L.bind(function(node) {
			if (this.isNew())
				node.insertBefore(this.wizard(), node.querySelector('.cbi-section'));
			return node;
		}, this));
	},

	gateway: function(map) {
		const section = map.section(form.TypedSection, 'mag', _('Gateway'));
		section.anonymous = true;
		section.addremove = false;
		section.tab('general', _('General'));
		section.tab('advanced', _('Advanced'));
		forms.flag(L.bind(section.taboption, section, 'general'), 'pmip', 'enabled', _('Enable'), _('Start the gateway.'));

		let option = section.taboption('general', form.Value, 'lma', _('Anchor'),
			_('IPv4 or IPv6 address of the anchor of all clients for which no profile names another.'));
		option.validate = kinds.address;
		option.placeholder = '198.51.100.1';

		option = section.taboption('general', form.Button, '_test', _('Test'), _('Looks whether the saved anchors can be reached, answer, and take registrations from this gateway, and what else is missing or in the way.'));
		option.inputtitle = _('Look');
		option.onclick = L.bind(this.handleTest, this);

		option = section.taboption('general', form.DynamicList, 'dns', _('DNS servers'), _('IPv4 and IPv6 addresses that clients are told.'));
		option.validate = kinds.address;

		option = section.taboption('general', form.ListValue, 'ip', _('IP versions'), _('Those for which an address or prefix is asked.'));
		ipVersions(option);
		option.default = 'dual';

		tunnelOptions(L.bind(section.taboption, section, 'advanced'), 'lma');

		option = section.taboption('advanced', form.Value, 'lifetime', _('Lifetime'), _('Lifetime in seconds that is asked for a registration.'));
		option.validate = kinds.integer(4, 262140, 's');
		option.placeholder = '3600';

		option = section.taboption('advanced', form.ListValue, 'timestamp', _('Order registrations by'),
			_('Time stamps need clocks that agree to 300 ms.'));
		option.value('auto', _('time stamps once NTP has set the clock'));
		option.value('on', _('time stamps'));
		option.value('off', _('sequence numbers'));
		option.default = 'auto';

		option = section.taboption('advanced', form.Value, 'dhcp_server', _('DHCP server'),
			_("For clients whose anchor wants their DHCP relayed or does not say. Without: the anchor's address, if it is of IPv4 and the anchor wants it."));
		option.validate = kinds.address4;

		forms.flag(L.bind(section.taboption, section, 'advanced'), 'pmip', 'local_routing', _('Local routing'),
			_('Let clients of one anchor reach each other here. The anchor neither sees nor filters nor counts what they say to each other.'), true);

		forms.ipsec(section);
	},

	access: function(map) {
		const section = map.section(form.GridSection, 'access', _('Access networks'), _('The wireless networks whose clients are served. Each needs a network of its own, such as pmip.'));
		section.anonymous = true;
		section.addremove = true;
		section.nodescriptions = true;

		let option = section.option(form.Value, 'device', _('Interface'));
		this.accessPoints.forEach(function(each) { option.value(each.device, shown(each)); });
		option.textvalue = L.bind(function(section_id) {
			const device = uci.get('pmip', section_id, 'device');
			const found = this.accessPoints.find(function(each) { return each.device == device; });
			return E('span', {}, [ found ? shown(found) : device || '-' ]);
		}, this);
		option.rmempty = false;
		option.validate = function(section_id, value) {
			const twice = uci.sections('pmip', 'access').some(function(other) {
				return other['.name'] != section_id && other.device == value;
			});
			return twice ? _("'%s' occurs twice").format(value) : kinds.networkInterface(section_id, value);
		};

		option = section.option(form.DynamicList, 'bss', _('Wireless interfaces'),
			_('Whose clients come in by a bridge or a VLAN.'));
		option.validate = kinds.networkInterface;
		option.modalonly = true;

		option = section.option(form.ListValue, 'identity', _('Identity'),
			_('Anybody can forge a MAC address.'));
		option.value('authenticated', _('only clients that have authenticated with 802.1X'));
		option.value('mac', _('the MAC address where there is none'));
		option.value('external', _('without hostapd, whom pmip attach tells of'));
		option.default = 'authenticated';

		option = section.option(form.Value, 'hostapd', _("Directory of hostapd's control sockets"));
		option.validate = kinds.path;
		option.placeholder = '/var/run/hostapd';
		option.modalonly = true;

		option = forms.flag(L.bind(section.option, section), 'pmip', 'isolate', _('Isolate'), _('Let hostapd and the bridge relay nothing between clients.'));
		option.modalonly = true;
	},

	anchors: function(map) {
		const section = map.section(form.GridSection, 'anchor', _('Further anchors'), _('For profiles to name.'));
		section.addremove = true;
		section.nodescriptions = true;

		const option = section.option(form.Value, 'address', _('Address'));
		option.rmempty = false;
		option.validate = function(section_id, value) {
			const taken = uci.sections('pmip').some(function(other) {
				return other['.name'] != section_id && value == (other['.type'] == 'mag' ? other.lma : other.address);
			});
			return taken ? _('another anchor has this address') : kinds.address(section_id, value);
		};
		tunnelOptions(function(type, name, title, description) {
			const added = section.option(type, name, title, description);
			added.modalonly = name != 'encapsulation';
			return added;
		}, 'address');
	},

	profiles: function(map) {
		const section = forms.profiles(map, 'profile', _('The first whose pattern matches a client counts; drag to order them.'));

		let option = section.option(form.ListValue, 'access', _('Access network'));
		option.value('', _('all'));
		uci.sections('pmip', 'access').forEach(L.bind(function(each) {
			option.value(each['.name'], sectionShown(each, this.accessPoints));
		}, this));

		option = section.option(form.ListValue, 'anchor', _('Anchor'));
		option.value('', _('the anchor of all'));
		uci.sections('pmip', 'anchor').forEach(function(each) { option.value(each['.name']); });

		option = section.option(form.Value, 'service', _('Service'), _('Service Selection (APN) to ask the anchor for.'));
		option.validate = kinds.text;

		option = section.option(form.ListValue, 'ip', _('IP versions'));
		option.value('', _('as for all'));
		ipVersions(option);

		forms.flag(L.bind(section.option, section), 'pmip', 'allow', _('Serve'), _('Serve these clients at all.'));
	},

	handleTest: function() {
		return pmip.check().then(function(found) {
			ui.showModal(_('Test'), [
				E('ul', { 'id': 'pmip-anchors-tested' }, found.filter(function(each) {
					return each.level == 'PASS' && each.text.startsWith('anchor ');
				}).map(function(each) { return E('li', {}, [ each.text ]); })),
				pmip.findings(found),
				E('div', { 'class': 'right' }, [ E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Close') ]) ])
			]);
		}).catch(pmip.complain);
	},

	// First run

	isNew: function() {
		const lma = uci.sections('pmip', 'mag').some(function(mag) { return mag.lma; });
		return !this.map.readonly && !lma && !uci.sections('pmip', 'access').length;
	},

	wizard: function() {
		if (!this.accessPoints.length)
			return E('div', { 'class': 'alert-message warning' }, [ _('No access point is up: enable a wireless network first, then set up here which of its clients roam.') ]);
		this.choice = E('select', { 'class': 'cbi-input-select', 'id': 'pmip-ssid', 'change': L.bind(this.handleChoice, this) },
			this.accessPoints.map(function(each, i) { return E('option', { 'value': i }, [ shown(each) ]); }));
		this.anchor = E('input', { 'class': 'cbi-input-text', 'id': 'pmip-anchor', 'placeholder': '198.51.100.1' });
		this.anybody = E('input', { 'type': 'checkbox', 'id': 'pmip-anybody' });
		this.handleChoice();
		return E('div', { 'class': 'cbi-section', 'id': 'pmip-wizard' }, [
			E('h3', {}, [ _('Set up in a minute') ]),
			this.field('pmip-ssid', _('Wireless network'), this.choice),
			this.field('pmip-anchor', _("The anchor's address"), this.anchor),
			this.field('pmip-anybody', _('Serve clients without 802.1X, too'), this.anybody, _('They are known by their MAC address, which anybody can forge.')),
			E('button', {
				'class': 'btn cbi-button-positive', 'id': 'pmip-set-up', 'click': ui.createHandlerFn(this, 'handleSetUp')
			}, [ _('Set up') ])
		]);
	},

	field: function(id, title, node, description) {
		return E('div', { 'class': 'cbi-value' }, [
			E('label', { 'class': 'cbi-value-title', 'for': id }, [ title ]),
			E('div', { 'class': 'cbi-value-field' }, [ node, description ? E('div', { 'class': 'cbi-value-description' }, [ description ]) : '' ])
		]);
	},

	handleChoice: function() {
		const chosen = this.accessPoints[Number(this.choice.value)];
		this.anybody.checked = chosen != null && !chosen.enterprise;
	},

	handleSetUp: function() {
		const chosen = this.accessPoints[Number(this.choice.value)];
		const address = this.anchor.value.trim();
		const right = address ? kinds.address(null, address) : _("The anchor's address is missing");
		if (right !== true) {
			pmip.complain(new Error(right));
			return;
		}
		const mag = uci.sections('pmip', 'mag')[0];
		const name = mag ? mag['.name'] : uci.add('pmip', 'mag', 'mag');
		uci.set('pmip', name, 'lma', address);
		uci.set('pmip', name, 'enabled', '1');
		const access = uci.add('pmip', 'access');
		uci.set('pmip', access, 'device', chosen.device);
		uci.set('pmip', access, 'identity', this.anybody.checked ? 'mac' : 'authenticated');
		provide('network', 'pmip', 'interface', { proto: 'none' });
		FIREWALL.forEach(function(section) { provide('firewall', section[0], section[1], section[2]); });
		uci.set('wireless', chosen.section, 'network', 'pmip');
		uci.set('wireless', chosen.section, 'isolate', '1');
		return uci.save().then(function() { return ui.changes.apply(true); });
	}
});
