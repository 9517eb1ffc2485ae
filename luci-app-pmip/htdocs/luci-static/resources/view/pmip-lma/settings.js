// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require form';
'require tools.pmip_form as forms';
'require tools.pmip_kinds as kinds';
'require uci';
'require view';

return view.extend({
	load: function() {
		return uci.load('pmip-lma');
	},

	render: function() {
		const map = new form.Map('pmip-lma', _('Proxy Mobile IP anchor'),
			_('Gives clients addresses that they keep wherever they roam, and tunnels their packets to the gateway that serves them now.'));
		this.anchor(map);
		this.gateways(map);
		this.pools(map);
		this.profiles(map);
		return map.render();
	},

	anchor: function(map) {
		const section = map.section(form.TypedSection, 'lma', _('Anchor'));
		section.anonymous = true;
		section.addremove = false;
		section.tab('general', _('General'));
		section.tab('advanced', _('Advanced'));
		forms.flag(L.bind(section.taboption, section, 'general'), 'pmip-lma', 'enabled', _('Enable'), _('Start the anchor.'));

		let option = section.taboption('general', form.DynamicList, 'address', _('Our addresses'),
			_('IPv4 and IPv6 addresses of this machine at which gateways reach it.'));
		option.rmempty = false;
		option.validate = kinds.address;
		option.placeholder = '198.51.100.1';

		option = section.taboption('advanced', form.Value, 'lifetime', _('Lifetime'), _('Most seconds that a registration lasts.'));
		option.validate = kinds.integer(4, 262140, 's');
		option.placeholder = '3600';

		option = section.taboption('advanced', form.Value, 'timestamp_window', _('Time stamp window'), _("How many milliseconds a gateway's clock may be off."));
		option.validate = kinds.integer(1, 86400000, 'ms');
		option.placeholder = '300';

		forms.flag(L.bind(section.taboption, section, 'advanced'), 'pmip-lma', 'node_timestamps', _("Clients' time stamps"),
			_("Gateways take time stamps from clients: they must grow, however far they are off this machine's clock."), true);

		forms.flag(L.bind(section.taboption, section, 'advanced'), 'pmip-lma', 'udp', _('UDP encapsulation'),
			_('Let gateways over IPv4 have UDP encapsulation, such as one behind a NAT. It needs the package kmod-fou.'), true);

		forms.ipsec(section);

		option = section.taboption('advanced', form.Value, 'delete_delay', _('Delay of deletion'), _('How many milliseconds a session is kept that its gateway ended.'));
		option.validate = kinds.integer(0, 3600000, 'ms');
		option.placeholder = '10000';

		option = section.taboption('advanced', form.Value, 'assign_delay', _('Delay of a second session'),
			_('How many milliseconds a client waits for its only session, where it is not known whether it has left that, before it gets another.'));
		option.validate = kinds.integer(0, 60000, 'ms');
		option.placeholder = '1500';

		option = section.taboption('advanced', form.ListValue, 'gre_key', _('GRE keys'), _('Keys of each session in its tunnel (RFC 5845).'));
		option.value('allow', _('for gateways that ask'));
		option.value('require', _('for all: gateways that do not ask are refused'));
		option.value('refuse', _('for none: IP-in-IP'));
		option.default = 'allow';
	},

	gateways: function(map) {
		const section = map.section(form.GridSection, 'mag', _('Gateways'), _('The access points that may register clients; others are refused.'));
		section.addremove = true;
		section.nodescriptions = true;

		let option = section.option(form.DynamicList, 'address', _('Addresses'), _('IPv4 and IPv6 addresses that it has towards us (Proxy-CoA).'));
		option.rmempty = false;
		option.validate = function(section_id, value) {
			const taken = uci.sections('pmip-lma', 'mag').find(function(other) {
				return other['.name'] != section_id && [].concat(other.address || []).includes(value);
			});
			return taken ? _("%s is the address of '%s'").format(value, taken['.name']) : kinds.address(section_id, value);
		};

		option = section.option(form.Value, 'mtu', _('MTU'), _('MTU of its tunnels in octets. Without: what the path to it allows.'));
		option.validate = kinds.integer(576, 9000, 'octets');
	},

	pools: function(map) {
		const section = map.section(form.GridSection, 'pool', _('Pools'), _('The networks from which clients get their addresses: IPv4, IPv6 or both. They must be routed to this machine.'));
		section.addremove = true;
		section.nodescriptions = true;

		let option = section.option(form.Value, 'network', _('IPv4 network'), _('At least 4 addresses.'));
		option.validate = kinds.network4;
		option.placeholder = '10.20.0.0/16';

		option = section.option(form.Value, 'router', _('Router'), _('The default router that clients are told, an address of the IPv4 network.'));
		option.placeholder = '10.20.0.1';
		option.optional = true;
		option.validate = function(section_id, value) {
			const network = this.section.formvalue(section_id, 'network'), prefix = this.section.formvalue(section_id, 'prefix');
			if (!network != !value)
				return _('options network and router need each other');
			if (!network && !prefix)
				return _('it has neither option network nor option prefix');
			return value ? kinds.address4(section_id, value) : true;
		};

		option = section.option(form.Value, 'prefix', _('IPv6 prefix'), _('At most 64 bits; each client gets a /64 of it for itself.'));
		option.validate = kinds.prefix6;
		option.placeholder = '2001:db8:100::/40';

		forms.flag(L.bind(section.option, section), 'pmip-lma', 'dhcp_relay', _('DHCP relay'),
			_('Let gateways relay DHCP to a server, which must know the IPv4 network, instead of answering it.'), true).modalonly = true;

		option = section.option(form.Value, 'service', _('Service'), _('Service Selection (APN) that asks for this pool. Without: it is for any other.'));
		option.validate = kinds.text;
	},

	profiles: function(map) {
		const section = forms.profiles(map, 'node', _('A whole identity counts before a pattern, then the first that matches; drag to order them.'));

		let option = section.option(form.ListValue, 'pool', _('Pool'));
		option.value('', _('as it asks for'));
		uci.sections('pmip-lma', 'pool').forEach(function(each) { option.value(each['.name']); });

		option = section.option(form.Value, 'address', _('Address'), _('IPv4 address that is kept for this identity alone.'));
		option.validate = kinds.address4;

		option = section.option(form.DynamicList, 'prefix', _('Prefixes'), _('IPv6 prefixes, each a /64, that are kept for this identity alone.'));
		option.validate = kinds.prefix6;

		forms.flag(L.bind(section.option, section), 'pmip-lma', 'allow', _('Serve'), _('Serve these clients at all.'));
	}
});
