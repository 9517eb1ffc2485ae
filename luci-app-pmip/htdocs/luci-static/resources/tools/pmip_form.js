// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require form';
'require tools.pmip_kinds as kinds';
'require uci';

const ON = [ '1', 'on', 'true', 'yes', 'enabled' ];

return baseclass.extend({
	// A switch that understands every word that the daemon understands, and without one is on, or `off`.
	flag: function(add, config, name, title, description, off) {
		const option = add(form.Flag, name, title, description);
		option.rmempty = false;
		option.default = off ? '0' : '1';
		option.load = function(section_id) {
			const value = uci.get(config, section_id, name);
			return value == null ? option.default : ON.includes(value) ? '1' : '0';
		};
		return option;
	},

	// The same at the gateway and at the anchor.
	ipsec: function(section) {
		const option = section.taboption('advanced', form.Value, 'ipsec', _('IPsec'), _('Signalling under IPsec alone, by security associations with this request id. strongSwan or another program makes them. Both ends must agree.'));
		option.validate = kinds.integer(1, 16383);
	},

	// Profiles in the order in which they count, so far with the identities that they are for.
	profiles: function(map, type, description) {
		const section = map.section(form.GridSection, type, _('Profiles'), description);
		section.anonymous = true;
		section.addremove = true;
		section.sortable = true;
		section.nodescriptions = true;

		const option = section.option(form.Value, 'match', _('Identity'), _('An identity, *@realm, or * for all.'));
		option.rmempty = false;
		option.placeholder = '*@example.org';
		option.validate = kinds.pattern;
		return section;
	}
});
