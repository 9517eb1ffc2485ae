// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';

// What may stand in /etc/config/pmip, with the words of the daemon for what may not.

const DECIMAL = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = new RegExp('^' + DECIMAL + '([.]' + DECIMAL + '){3}$');

function isIPv4(text) {
	return IPV4.test(text);
}

function isIPv6(text) {
	if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(':'))
		return false;
	const tail = text.slice(text.lastIndexOf(':') + 1);
	if (tail.includes('.') && !isIPv4(tail))
		return false;
	return URL.canParse('http://[' + text + ']/');
}

function isPlain(text, longest) {
	return new TextEncoder().encode(text).length <= longest && !/[\x00-\x1f\x7f]/.test(text);
}

function kind(what, accepts) {
	// A validator for LuCI's forms: true, or why not.
	return function(section_id, value) {
		const wrong = (Array.isArray(value) ? value : [ value ]).filter(function(text) {
			return text != null && text !== '' && !accepts(text);
		});
		return wrong.length ? _("'%s' is not %s").format(wrong[0], what) : true;
	};
}

return baseclass.extend({
	address: kind(_('an IPv4 or IPv6 address'), function(text) { return isIPv4(text) || isIPv6(text); }),
	text: kind(_('a text of 1-253 characters'), function(text) { return isPlain(text, 253); }),
	pattern: kind(_('an identity of 1-253 characters; * stands for any text'), function(text) { return isPlain(text, 253); }),
	path: kind(_('an absolute path of at most 100 characters'), function(text) { return text[0] == '/' && isPlain(text, 100); }),
	networkInterface: kind(_('an interface name (1-15 characters, no space or slash)'), function(text) {
		return isPlain(text, 15) && !/[ ]/.test(text) && !text.includes('/') && text != '.' && text != '..';
	}),

	integer: function(lowest, highest, unit) {
		return kind(_('a whole number from %d to %d').format(lowest, highest) + ' (' + unit + ')', function(text) {
			return /^-?[0-9]+$/.test(text) && Number(text) >= lowest && Number(text) <= highest;
		});
	},

	sameVersion: function(one, other) {
		return one.includes(':') == other.includes(':');
	}
});
