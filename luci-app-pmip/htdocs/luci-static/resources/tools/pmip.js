// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';
'require dom';
'require fs';
'require rpc';
'require uci';
'require ui';

// What the pages of Proxy Mobile IP have in common.  What a client, an anchor or a command says
// becomes a child of an array: LuCI makes text of that, and HTML of a bare string.

const callOverview = rpc.declare({
	object: 'pmip',
	method: 'overview',
	params: [ 'mac' ],
	reject: true
});

const callStats = rpc.declare({
	object: 'pmip',
	method: 'stats',
	expect: { counters: {} },
	reject: true
});

const callDetach = rpc.declare({
	object: 'pmip',
	method: 'detach',
	params: [ 'mac' ],
	reject: true
});

// Not in one request with others, which would wait for its end; what is refused comes as {error}.
const callTrace = rpc.declare({
	object: 'pmip',
	method: 'trace',
	params: [ 'mac', 'seconds' ],
	nobatch: true
});

// Characters that nobody sees, or that turn round the order of those beside them.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const UNITS = [ [ 86400, 'd' ], [ 3600, 'h' ], [ 60, 'm' ], [ 1, 's' ] ];

return baseclass.extend({
	detach: callDetach,
	stats: callStats,

	// The answer, with the events of `mac` if given; null while the gateway does not run.
	overview: function(mac) {
		return this.orNull(callOverview(mac));
	},

	// An answer, or null while the daemon does not run.
	orNull: function(called) {
		return called.catch(function(error) {
			if (/Object not found/.test(error.message))
				return null;
			throw error;
		});
	},

	// Nothing on machines without this configuration: they are something else.
	ifConfigured: function(configuration, ask) {
		return L.resolveDefault(uci.load(configuration), null).then(function() {
			return uci.sections(configuration).length ? ask() : undefined;
		});
	},

	// What happens to a client in the next seconds: {events: [[ms, place, text]], left_out, pcap}.
	trace: function(mac, seconds) {
		return callTrace(mac, seconds).then(function(answer) {
			if (!answer || !answer.events)
				throw new Error(answer && answer.error || _('The gateway does not answer.'));
			return answer;
		});
	},

	// What a command says.
	run: function(command, verb) {
		return fs.exec(command, [ '-j', verb ]).then(function(done) { return JSON.parse(done.stdout); });
	},

	// What is missing on this machine: [{level, text, remedy}].
	check: function() {
		return this.run('/usr/bin/pmip', 'check').then(function(answer) { return answer.findings; });
	},

	// `ask` is asked until it answers, as the daemon is there later than its service.
	start: function(service, ask) {
		return fs.exec('/etc/init.d/' + service, [ 'start' ]).then(L.bind(function(done) {
			if (done.code)
				throw new Error(done.stderr || done.stdout);
			return this.answered(ask, 20);
		}, this));
	},

	answered: function(ask, tries) {
		return ask().then(L.bind(function(answer) {
			if (answer)
				return answer;
			if (!tries)
				throw new Error(_('It does not answer yet, ten seconds after its start.'));
			return new Promise(function(go) { window.setTimeout(go, 500); }).then(L.bind(this.answered, this, ask, tries - 1));
		}, this));
	},

	// LuCI's errors have the place in its scripts on further lines.
	complain: function(error) {
		ui.addNotification(null, E('p', {}, [ String(error.message).split('\n')[0] ]), 'error');
	},

	// 93784 seconds are '1d 2h': the two largest units.
	duration: function(seconds) {
		if (seconds == null)
			return '-';
		const words = [];
		let left = seconds;
		UNITS.forEach(function(unit) {
			const number = Math.floor(left / unit[0]);
			left -= number * unit[0];
			if (number || (words.length && words.length < 2) || (unit[0] == 1 && !words.length))
				words.push(number + unit[1]);
		});
		return words.slice(0, 2).join(' ');
	},

	ago: function(seconds) {
		return seconds == null ? _('never') : _('%s ago').format(this.duration(seconds));
	},

	// A name as it is, for people: what is not seen is escaped.
	visible: function(name) {
		return name.replace(UNSEEN, function(character) { return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'); });
	},

	// A name within a sentence: one that is written from right to left turns round nothing else (Unicode's LRI and PDI), and
	// looks as in a cell of its own.
	quoted: function(name) {
		return '\u2066' + this.visible(name) + '\u2069';
	},

	milliseconds: function(number) {
		return number == null ? '-' : _('%d ms').format(number);
	},

	// 1234567 octets are '1.2 MB'.
	octets: function(number) {
		if (number == null)
			return '-';
		const power = number < 1000 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), 4);
		return power ? '%.1f %s'.format(number / Math.pow(1000, power), [ '', 'kB', 'MB', 'GB', 'TB' ][power]) : '%d B'.format(number);
	},

	encapsulation: function(name) {
		return { 'gre': 'GRE', 'gre-key': _('GRE with keys'), 'udp': 'UDP' }[name] || 'IP-in-IP';
	},

	// A cell; on narrow screens the theme puts the title before it.  A long name leaves others their room.
	cell: function(title, content) {
		const long = typeof content == 'string' && content.length > 30;
		return E('td', {
			'class': 'td', 'data-title': title, 'style': long ? 'min-width:9em;max-width:18em;overflow-wrap:anywhere' : null
		}, [ content ]);
	},

	// Is it working?  Troubles, or what is well.
	glance: function(troubles, well) {
		return E('div', { 'class': troubles.length ? 'alert-message warning' : 'alert-message success', 'id': 'pmip-glance' }, troubles.length
			? troubles.map(function(text) { return E('div', {}, [ text ]); })
			: [ well ]);
	},

	// `start` is null for those who may only look.
	stopped: function(title, text, start, settings) {
		return E('div', { 'class': 'alert-message error' }, [
			E('h4', {}, [ title ]),
			E('p', {}, [ text ]),
			E('button', { 'class': 'btn cbi-button cbi-button-apply', 'id': 'pmip-start', 'disabled': start ? null : true, 'click': start }, [ _('Start') ]),
			' ',
			E('a', { 'class': 'btn cbi-button', 'href': L.url(settings) }, [ _('Settings') ])
		]);
	},

	// A question before something that cannot be taken back.
	ask: function(title, texts, confirmed) {
		ui.showModal(title, texts.map(function(text) { return E('p', {}, [ text ]); }).concat([
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn', 'click': ui.hideModal }, [ _('Cancel') ]),
				' ',
				E('button', { 'class': 'btn cbi-button-negative important', 'id': 'pmip-confirm', 'click': confirmed }, [ title ])
			])
		]));
	},

	// The section of a page for what `look` finds.
	wrong: function(node, handle) {
		dom.content(node, E('em', { 'class': 'spinning' }, [ _('Looking…') ]));
		return E('div', { 'class': 'cbi-section' }, [
			E('h3', {}, [ _('What is missing or wrong') ]),
			node,
			E('button', { 'class': 'btn cbi-button', 'id': 'pmip-check', 'click': handle }, [ _('Check again') ])
		]);
	},

	look: function(node, found) {
		return found.then(function(content) {
			dom.content(node, content);
		}).catch(L.bind(function(error) {
			dom.content(node, E('p', {}, [ _('The check itself did not work.') ]));
			this.complain(error);
		}, this));
	},

	search: function(handle) {
		return E('input', {
			'class': 'cbi-input-text', 'type': 'search', 'id': 'pmip-filter', 'placeholder': _('Show only…'),
			'style': 'margin:.5em 0', 'input': handle
		});
	},

	// The section of a page for what `count` tells.
	counting: function(node, handle) {
		return E('div', { 'class': 'cbi-section' }, [
			E('h3', {}, [ _('Counters') ]),
			E('button', { 'class': 'btn cbi-button', 'id': 'pmip-counters', 'click': handle }, [ _('Show') ]),
			node
		]);
	},

	count: function(node, told) {
		return told.then(L.bind(function(counters) {
			dom.content(node, this.counters(counters));
		}, this)).catch(this.complain);
	},

	counters: function(counters) {
		return E('table', { 'class': 'table' }, Object.keys(counters).sort().map(L.bind(function(name) {
			return this.row(name, String(counters[name]));
		}, this)));
	},

	row: function(title, content) {
		return E('tr', { 'class': 'tr' }, [
			E('td', { 'class': 'td left', 'width': '33%' }, [ title ]),
			E('td', { 'class': 'td left' }, Array.isArray(content) ? content : [ content ])
		]);
	},

	findings: function(found) {
		const wrong = found.filter(function(each) { return each.level != 'PASS'; });
		if (!wrong.length)
			return E('p', {}, [ _('Nothing is missing or in the way: %d things were checked.').format(found.length) ]);
		return E('table', { 'class': 'table' }, wrong.map(function(each) {
			const fails = each.level == 'FAIL';
			return E('tr', { 'class': 'tr' }, [
				E('td', { 'class': 'td left', 'width': '10%' }, [
					// LuCI's theme has no red label.
					E('span', fails ? { 'class': 'label', 'style': 'background:#c00000;color:#fff' } : { 'class': 'label warning' },
						[ fails ? _('wrong') : _('perhaps') ])
				]),
				E('td', { 'class': 'td left' }, [
					E('div', {}, [ each.text ]),
					each.remedy ? E('div', {}, [ _('Remedy:') + ' ', E('code', {}, [ each.remedy ]) ]) : ''
				])
			]);
		}));
	}
});
