// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';

// What may stand in /etc/config/pmip and pmip-lma, with the daemons' words for what may not.

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

// The octets of an IPv4 address, or of an IPv6 address as the browser writes it out.
function octets(text) {
	if (!text.includes(':'))
		return text.split('.').map(Number);
	const halves = new URL('http://[' + text + ']/').hostname.slice(1, -1).split('::').map(function(half) {
		return half ? half.split(':') : [];
	});
	const zeros = halves.length == 2 ? new Array(8 - halves[0].length - halves[1].length).fill('0') : [];
	return halves[0].concat(zeros, halves[1] || []).reduce(function(all, group) {
		const number = parseInt(group, 16);
		return all.concat([ number >> 8, number & 255 ]);
	}, []);
}

function hasHostBits(text, length) {
	return octets(text).some(function(octet, i) { return octet & (255 >> Math.min(Math.max(length - 8 * i, 0), 8)); });
}

function isPrefix(text, isAddress, longest) {
	const parts = text.split('/');
	return parts.length == 2 && isAddress(parts[0]) && /^(0|[1-9][0-9]{0,2})$/.test(parts[1])
		&& Number(parts[1]) <= longest && !hasHostBits(parts[0], Number(parts[1]));
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
	address4: kind(_('an IPv4 address'), isIPv4),
	network4: kind(_('an IPv4 network such as 10.20.0.0/16, host bits 0'), function(text) { return isPrefix(text, isIPv4, 32); }),
	prefix6: kind(_('an IPv6 prefix such as 2001:db8:100::/40, host bits 0'), function(text) { return isPrefix(text, isIPv6, 128); }),
	text: kind(_('a text of 1-253 characters'), function(text) { return isPlain(text, 253); }),
	pattern: kind(_('an identity of 1-253 characters; * stands for any text'), function(text) { return isPlain(text, 253); }),
	path: kind(_('an absolute path of at most 100 characters'), function(text) { return text[0] == '/' && isPlain(text, 100); }),
	networkInterface: kind(_('an interface name (1-15 characters, no space or slash)'), function(text) {
		return isPlain(text, 15) && !/[ ]/.test(text) && !text.includes('/') && text != '.' && text != '..';
	}),

	integer: function(lowest, highest, unit) {
		return kind(_('a whole number from %d to %d').format(lowest, highest) + (unit ? ' (' + unit + ')' : ''), function(text) {
			return /^-?[0-9]+$/.test(text) && Number(text) >= lowest && Number(text) <= highest;
		});
	},

	sameVersion: function(one, other) {
		return one.includes(':') == other.includes(':');
	}
});
