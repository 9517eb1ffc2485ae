// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';

// How many clients there were, and the gap of each that came, drawn as SVG: how long it took until its packets passed.

const WIDTH = Math.min(window.innerWidth, 600), HEIGHT = 90, LEFT = 30, RIGHT = 60, TOP = 8, BOTTOM = 16;
const SHORTEST = 600; // seconds
const CLIENTS = '#0069d6', ARRIVAL = '#e07000', ROAM = '#7a1fa2';

function svg(name, attributes, children) {
	const node = document.createElementNS('http://www.w3.org/2000/svg', name);
	Object.keys(attributes).forEach(function(key) { node.setAttribute(key, attributes[key]); });
	(children || []).forEach(function(child) { node.appendChild(child); });
	return node;
}

function label(x, y, anchor, text) {
	return svg('text', { 'x': x, 'y': y, 'text-anchor': anchor, 'font-size': 10, 'fill': 'currentColor' },
		[ document.createTextNode(text) ]);
}

// [[age, clients], ...], the latest first, from now back: what is known is who is there now.
function steps(sessions, now) {
	const found = [ [ 0, now ] ];
	let clients = now;
	sessions.slice().reverse().forEach(function(session) {
		found.push([ session[0], clients ]);
		clients = Math.max(clients - session[1], 0);
		found.push([ session[0], clients ]);
	});
	return found;
}

function highest(numbers) {
	return Math.max.apply(null, numbers.concat([ 1 ]));
}

function gap(session) {
	return session[2];
}

function hasRoamed(session) {
	return session[3] === true;
}

// What one colour stands for, with how long these gaps were.
function legend(colour, title, sessions) {
	const gaps = sessions.map(gap).sort(function(one, other) { return one - other; });
	return E('span', { 'style': 'margin-right:1.5em' }, [
		E('span', { 'style': 'color:' + colour }, [ '● ' ]),
		gaps.length ? _('%s: %d, gap %d ms in the middle, %d ms at most').format(title, gaps.length, gaps[gaps.length >> 1], gaps[gaps.length - 1]) : title
	]);
}

return baseclass.extend({
	// `sessions` are [age (s), 1 or -1, gap (ms) or null, whether it roamed], the oldest first; `clients` are there now.
	draw: function(sessions, clients) {
		const attaches = sessions.filter(function(session) { return gap(session) != null; });
		return E('div', {}, [
			this.curve(sessions, clients, attaches),
			E('div', { 'id': 'pmip-gaps' }, [
				legend(CLIENTS, _('Clients'), []),
				legend(ARRIVAL, _('Arrivals'), attaches.filter(function(session) { return !hasRoamed(session); })),
				legend(ROAM, _('Roams by 802.11r'), attaches.filter(hasRoamed))
			])
		]);
	},

	curve: function(sessions, clients, attaches) {
		const span = Math.max(sessions.length ? sessions[0][0] * 1.05 : 0, SHORTEST);
		const most = highest(steps(sessions, clients).map(function(step) { return step[1]; }));
		const slowest = highest(attaches.map(gap));
		const x = function(age) { return LEFT + (WIDTH - LEFT - RIGHT) * (1 - age / span); };
		const y = function(part) { return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part); };
		const course = steps(sessions, clients);
		course.push([ span, course[course.length - 1][1] ]);
		const line = course.map(function(step) {
			return x(step[0]).toFixed(1) + ',' + y(step[1] / most).toFixed(1);
		}).join(' ');
		return svg('svg', {
			'viewBox': '0 0 ' + WIDTH + ' ' + HEIGHT, 'role': 'img', 'style': 'width:100%;max-width:900px',
			'aria-label': _('Clients, and the gap of each that came')
		}, [
			svg('line', { 'x1': LEFT, 'x2': WIDTH - RIGHT, 'y1': y(0), 'y2': y(0), 'stroke': 'currentColor', 'stroke-opacity': 0.3 }),
			svg('polyline', { 'points': line, 'fill': 'none', 'stroke': CLIENTS, 'stroke-width': 2 })
		].concat(attaches.map(function(session) {
			return svg('circle', {
				'cx': x(session[0]).toFixed(1), 'cy': y(gap(session) / slowest).toFixed(1), 'r': 2.5, 'fill': hasRoamed(session) ? ROAM : ARRIVAL
			}, [ svg('title', {}, [ document.createTextNode(_('%d ms').format(gap(session))) ]) ]);
		})).concat([
			label(LEFT - 4, y(1) + 4, 'end', String(most)),
			label(LEFT - 4, y(0), 'end', '0'),
			label(WIDTH - RIGHT + 4, y(1) + 4, 'start', attaches.length ? _('%d ms').format(slowest) : ''),
			label(LEFT, HEIGHT - 3, 'start', _('%d min ago').format(span / 60)),
			label(WIDTH - RIGHT, HEIGHT - 3, 'end', _('now'))
		]));
	}
});
