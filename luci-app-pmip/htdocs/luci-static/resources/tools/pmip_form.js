// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require form';
'require uci';

const ON = [ '1', 'on', 'true', 'yes', 'enabled' ];

return baseclass.extend({
	// A switch that understands every word that the daemon understands, and is on without one.
	flag: function(add, config, name, title, description) {
		const option = add(form.Flag, name, title, description);
		option.rmempty = false;
		option.default = '1';
		option.load = function(section_id) {
			const value = uci.get(config, section_id, name);
			return value == null || ON.includes(value) ? '1' : '0';
		};
		return option;
	}
});
