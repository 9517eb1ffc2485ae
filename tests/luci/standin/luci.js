// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';

// As much of LuCI's runtime as our pages use, for tests; whatever else they might use throws.  The
// address says what is shown: ?view=NAME&session=ID.  What makes HTML of text in LuCI does so here.

const parameters = new URLSearchParams(location.search);
const loaded = {};

// What has no such member says so, instead of undefined.
function guard(name, object, settable) {
	return new Proxy(object, {
		get: function(target, key) {
			if (typeof key == 'symbol' || key in target || key == 'then')
				return target[key];
			throw new TypeError('LuCI has no ' + name + '.' + key);
		},
		set: function(target, key, value) {
			if (settable && !settable.includes(key))
				throw new TypeError('LuCI gives no meaning to ' + name + '.' + key);
			target[key] = value;
			return true;
		}
	});
}

String.prototype.format = function(...values) {
	return this.replace(/%(?:\.(\d+))?([sdf%])/g, function(all, digits, kind) {
		if (kind == '%')
			return '%';
		const value = values.shift();
		if (kind == 's')
			return String(value);
		return kind == 'd' ? String(Math.floor(value)) : Number(value).toFixed(digits == null ? 6 : digits);
	});
};

function append(node, children) {
	if (Array.isArray(children))
		children.filter(function(child) { return child != null; }).forEach(function(child) {
			node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
		});
	else if (children instanceof Node)
		node.appendChild(children);
	else if (children != null)
		node.innerHTML = String(children);
	return node;
}

function content(node, children) {
	node.replaceChildren();
	return append(node, children);
}

function create(tag, attributes, children) {
	const node = document.createElement(tag);
	if (Array.isArray(attributes) || typeof attributes == 'string' || attributes instanceof Node)
		return append(node, attributes);
	Object.entries(attributes || {}).forEach(function([ key, value ]) {
		if (typeof value == 'function')
			node.addEventListener(key, value);
		else if (value != null)
			node.setAttribute(key, value);
	});
	return append(node, children);
}

window.E = create;
window._ = function(text) { return (window.catalogue || {})[text] || text; };
window.N_ = function(number, one, many) { return number == 1 ? window._(one) : window._(many); };
window.L = guard('L', {
	bind: function(fn, self, ...args) { return fn.bind(self, ...args); },
	hasViewPermission: function() { return parameters.get('session') == 'root' ? true : null; },
	resolveDefault: function(promise, value) {
		return Promise.resolve(promise).then(function(found) { return found === undefined ? value : found; }, function() { return value; });
	},
	url: function(...parts) { return '/cgi-bin/luci/' + parts.join('/'); }
});

function call(object, method, values) {
	return fetch('/ubus', {
		'method': 'POST', 'headers': { 'Content-Type': 'application/json' },
		'body': JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call', params: [ parameters.get('session'), object, method, values ] })
	}).then(function(response) { return response.json(); }).then(function(answer) {
		if (answer.error)
			throw new Error('RPC call to ' + object + '/' + method + ' failed with error ' + answer.error.code + ': ' + answer.error.message + '\n  at');
		return answer.result;
	});
}

const rpc = {
	declare: function(options) {
		Object.keys(options).forEach(function(key) {
			if (![ 'object', 'method', 'params', 'expect', 'reject', 'nobatch' ].includes(key))
				throw new TypeError('LuCI gives no meaning to rpc.declare ' + key);
		});
		return function(...args) {
			const values = {};
			(options.params || []).forEach(function(name, i) { values[name] = args[i]; });
			return call(options.object, options.method, values).then(function(result) {
				if (options.reject && result[0])
					throw new Error('RPC call to ' + options.object + '/' + options.method + ' failed with ubus code ' + result[0]);
				const [ key, other ] = Object.entries(options.expect || { '': result[1] })[0];
				const found = key && result[1] ? result[1][key] : result[1];
				return found == null ? other : found;
			});
		};
	}
};

const fs = {
	exec: function(command, params) {
		return call('file', 'exec', { command: command, params: params }).then(function(result) {
			if (result[0])
				throw new Error('Permission denied');
			return result[1];
		});
	}
};

const poll = {
	add: function(fn, interval) {
		window.polled = interval;
		window.poll = fn; // tests do not wait
	}
};

const baseclass = {
	extend: function(members) {
		return Object.create({ extend: baseclass.extend }, Object.getOwnPropertyDescriptors(members));
	}
};

const MEMBERS_OF_VIEWS = [ 'load', 'render', 'handleSave', 'handleSaveApply', 'handleReset' ];
const view = { extend: baseclass.extend };

const configurations = {};
let added = 0;
const changed = [];

function find(configuration, name) {
	return (configurations[configuration] || []).find(function(section) { return section['.name'] == name; });
}

const uci = {
	load: function(name) {
		return call('uci', 'get', { config: name }).then(function(result) {
			if (result[0])
				throw new Error('Permission denied');
			configurations[name] = result[1].values;
		});
	},
	sections: function(configuration, type) {
		return (configurations[configuration] || []).filter(function(section) { return !type || section['.type'] == type; });
	},
	get: function(configuration, section, option) {
		const found = find(configuration, section);
		return option && found ? found[option] : found;
	},
	set: function(configuration, section, option, value) {
		find(configuration, section)[option] = value;
		changed.push([ 'set', { config: configuration, section: section, values: { [option]: value } } ]);
	},
	add: function(configuration, type, name) {
		const made = name || 'new' + (++added);
		configurations[configuration] = (configurations[configuration] || []).concat([ { '.type': type, '.name': made } ]);
		changed.push([ 'add', { config: configuration, type: type, name: made } ]);
		return made;
	},
	move: function(configuration, section, before) {
		const sections = configurations[configuration], moved = find(configuration, section);
		sections.splice(sections.indexOf(moved), 1);
		sections.splice(sections.indexOf(find(configuration, before)), 0, moved);
		changed.push([ 'order', { config: configuration, sections: sections.map(function(each) { return each['.name']; }) } ]);
	},
	save: async function() {
		for (const [ method, values ] of changed.splice(0))
			if ((await call('uci', method, values))[0])
				throw new Error('Permission denied');
	}
};

const ui = {
	createHandlerFn: function(self, fn, ...args) {
		return (typeof fn == 'string' ? self[fn] : fn).bind(self, ...args);
	},
	showModal: function(title, children) {
		const modal = document.getElementById('modal');
		content(modal, create('h4', {}, title));
		append(modal, children);
		modal.hidden = false;
	},
	hideModal: function() { document.getElementById('modal').hidden = true; },
	addNotification: function(title, children, kind) {
		append(document.getElementById('notifications'), create('div', { 'class': 'alert-message ' + kind }, [ children ]));
	},
	changes: guard('ui.changes', { apply: function() { return call('uci', 'apply', {}); } })
};

const builtin = {
	baseclass: baseclass, dom: { append: append, content: content }, fs: fs, poll: poll, rpc: rpc, uci: uci, ui: ui, view: view
};

async function require(name) {
	if (name == 'form' && !window.form)
		await new Promise(function(resolve) { document.head.append(create('script', { 'src': '/standin/form.js', 'load': resolve })); });
	if (name == 'form')
		return guard('form', window.form);
	if (builtin[name])
		return guard(name, builtin[name]);
	if (!loaded[name])
		loaded[name] = compile(name);
	return loaded[name];
}

async function compile(name) {
	const response = await fetch('/luci-static/resources/' + name.replace(/\./g, '/') + '.js');
	if (!response.ok)
		throw new Error('LuCI has no ' + name);
	const source = await response.text();
	const names = [], values = [];
	for (const [ , wanted, , as ] of source.matchAll(/^\s*'require (\S+?)( as (\S+?))?'/gm)) {
		names.push(as || wanted);
		values.push(await require(wanted));
	}
	const made = new Function(...names, source + '\n//# sourceURL=' + name + '.js')(...values);
	return guard(name, made);
}

window.internals = { call: call, uci: uci, guard: guard };

document.addEventListener('DOMContentLoaded', async function() {
	const name = parameters.get('view');
	if (parameters.get('language'))
		window.catalogue = await (await fetch('/catalogue/' + parameters.get('language'))).json();
	const page = await require(name);
	window.page = page;
	Object.keys(page).filter(function(key) { return key.startsWith('handleSave') && !MEMBERS_OF_VIEWS.includes(key); })
		.forEach(function(key) { throw new TypeError('not a member of views: ' + key); });
	content(document.getElementById('view'), await page.render(await page.load()));
});
