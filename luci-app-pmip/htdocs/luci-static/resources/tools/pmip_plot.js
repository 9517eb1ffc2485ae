// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';
'require baseclass';

// How many clients there were, and how long each attach took, drawn as SVG.

const WIDTH = Math.min(window.innerWidth, 600), HEIGHT = 90, LEFT = 30, RIGHT = 45, TOP = 8, BOTTOM = 16;
const SHORTEST = 600; // seconds

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

return baseclass.extend({
	// `sessions` are [age (s), 1 or -1, attach (ms) or null], the oldest first; `clients` are there now.
	draw: function(sessions, clients) {
		const span = Math.max(sessions.length ? sessions[0][0] * 1.05 : 0, SHORTEST);
		const attaches = sessions.filter(function(session) { return session[2] != null; });
		const most = highest(steps(sessions, clients).map(function(step) { return step[1]; }));
		const slowest = highest(attaches.map(function(session) { return session[2]; }));
		const x = function(age) { return LEFT + (WIDTH - LEFT - RIGHT) * (1 - age / span); };
		const y = function(part) { return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part); };
		const course = steps(sessions, clients);
		course.push([ span, course[course.length - 1][1] ]);
		const line = course.map(function(step) {
			return x(step[0]).toFixed(1) + ',' + y(step[1] / most).toFixed(1);
		}).join(' ');
		return svg('svg', {
			'viewBox': '0 0 ' + WIDTH + ' ' + HEIGHT, 'role': 'img', 'style': 'width:100%;max-width:900px',
			'aria-label': _('Clients and attach times')
		}, [
			svg('line', { 'x1': LEFT, 'x2': WIDTH - RIGHT, 'y1': y(0), 'y2': y(0), 'stroke': 'currentColor', 'stroke-opacity': 0.3 }),
			svg('polyline', { 'points': line, 'fill': 'none', 'stroke': '#0069d6', 'stroke-width': 2 })
		].concat(attaches.map(function(session) {
			return svg('circle', {
				'cx': x(session[0]).toFixed(1), 'cy': y(session[2] / slowest).toFixed(1), 'r': 2.5, 'fill': '#e07000'
			}, [ svg('title', {}, [ document.createTextNode(_('%d ms').format(session[2])) ]) ]);
		})).concat([
			label(LEFT - 4, y(1) + 4, 'end', String(most)),
			label(LEFT - 4, y(0), 'end', '0'),
			label(WIDTH - RIGHT + 4, y(1) + 4, 'start', attaches.length ? _('%d ms').format(slowest) : ''),
			label(LEFT, HEIGHT - 3, 'start', _('%d min ago').format(span / 60)),
			label(WIDTH - RIGHT, HEIGHT - 3, 'end', _('now'))
		]));
	}
});
