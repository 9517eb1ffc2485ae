// SPDX-License-Identifier: GPL-2.0-or-later
'use strict';

// LuCI's forms without their looks: every option of every section is a field of its own, with the
// id `cbid.CONFIGURATION.SECTION.OPTION`, and what is wrong stands beside it.

(function() {
	const { call, uci, guard } = window.internals;
	const OPTION = [ 'rmempty', 'default', 'placeholder', 'validate', 'load', 'modalonly', 'inputtitle', 'onclick', 'optional', 'textvalue' ];
	const SECTION = [ 'anonymous', 'addremove', 'nodescriptions', 'sortable' ];

	class Value {
		constructor(section, name, title, description) {
			Object.assign(this, { section, map: section.map, option: name, title: title || null, description: description || null });
			Object.assign(this, { rmempty: true, default: null, placeholder: null, modalonly: null, choices: [] });
		}
		textvalue() { return null; }
		value(key, text) { this.choices.push([ key, text == null ? key : text ]); }
		id(section_id) { return [ 'cbid', this.map.config, section_id, this.option ].join('.'); }
		validate() { return true; }
		load(section_id) { return uci.get(this.map.config, section_id, this.option); }
		formvalue(section_id) { return this.read(document.getElementById(this.id(section_id))); }
		read(field) { return field.value; }
		isWrong(section_id, value) {
			if (value === '' || value == null || (Array.isArray(value) && !value.length))
				if (this.rmempty === false)
					return 'Expecting: non-empty value';
			const right = this.validate(section_id, value);
			return right === true ? null : String(right);
		}
		parse(section_id) {
			const value = this.formvalue(section_id);
			const wrong = this.isWrong(section_id, value);
			document.getElementById(this.id(section_id) + '.wrong').textContent = wrong || '';
			if (wrong)
				return [ wrong ];
			if (JSON.stringify(value) != JSON.stringify(this.loaded(section_id)))
				uci.set(this.map.config, section_id, this.option, value);
			return [];
		}
		loaded(section_id) {
			const value = this.load(section_id);
			return value == null ? this.default == null ? '' : this.default : value;
		}
		field(attributes) { return E('input', attributes); }
		fill(field, value) { field.value = value; }
		render(section_id) {
			const field = this.field({ 'id': this.id(section_id), 'disabled': this.map.readonly ? true : null });
			this.fill(field, this.loaded(section_id));
			return E('div', { 'class': 'cbi-value' }, [ E('label', {}, [ this.title ]), field, E('em', { 'id': this.id(section_id) + '.wrong' }) ]);
		}
	}

	class Flag extends Value {
		field(attributes) { return E('input', Object.assign(attributes, { 'type': 'checkbox' })); }
		fill(field, value) { field.checked = value == '1'; }
		read(field) { return field.checked ? '1' : '0'; }
	}

	class ListValue extends Value {
		field(attributes) {
			return E('select', attributes, this.choices.map(function(choice) { return E('option', { 'value': choice[0] }, [ choice[1] ]); }));
		}
	}

	class DynamicList extends Value {
		field(attributes) { return E('textarea', attributes); }
		fill(field, value) { field.value = [].concat(value || []).join('\n'); }
		read(field) { return field.value.split('\n').filter(function(line) { return line; }); }
		loaded(section_id) { return [].concat(super.loaded(section_id) || []); }
		isWrong(section_id, value) { // each item for itself
			const wrong = [].concat(value).map((item) => super.isWrong(section_id, item)).filter(function(each) { return each; });
			return wrong.length ? wrong[0] : value.length ? null : super.isWrong(section_id, value);
		}
	}

	class Button extends Value {
		render(section_id) { return E('button', { 'id': this.id(section_id), 'click': this.onclick }, [ this.inputtitle ]); }
		parse() { return []; }
	}

	class TypedSection {
		constructor(map, type, title, description) {
			Object.assign(this, { map, sectiontype: type, title, description, anonymous: false, addremove: false, options: [], tabs: [] });
		}
		tab(name) { this.tabs.push(name); }
		taboption(tab, type, ...args) {
			if (!this.tabs.includes(tab))
				throw new TypeError('there is no tab ' + tab);
			return this.option(type, ...args);
		}
		option(type, ...args) {
			const made = guard(type.name, new type(this, ...args), OPTION);
			this.options.push(made);
			return made;
		}
		cfgsections() { return uci.sections(this.map.config, this.sectiontype).map(function(section) { return section['.name']; }); }
		formvalue(section_id, name) { return this.options.find(function(option) { return option.option == name; }).formvalue(section_id); }
		parse() {
			return this.cfgsections().flatMap((section_id) => this.options.flatMap((option) => option.parse(section_id)));
		}
		render() {
			const node = E('div', { 'class': 'cbi-section', 'id': 'cbi-' + this.map.config + '-' + this.sectiontype }, [ E('h3', {}, [ this.title ]) ]);
			this.cfgsections().forEach((section_id) => this.options.forEach((option) => node.append(option.render(section_id))));
			if (this.addremove) {
				const name = this.anonymous ? '' : E('input', { 'class': 'cbi-section-name', 'disabled': this.map.readonly ? true : null });
				node.append(name, E('button', { 'class': 'cbi-button-add', 'disabled': this.map.readonly ? true : null, 'click': () => {
					uci.add(this.map.config, this.sectiontype, name ? name.value : null);
					node.replaceWith(this.render());
				} }, [ 'Add' ]));
			}
			return node;
		}
	}

	class GridSection extends TypedSection {
		render() { // rows of texts, too
			const node = super.render();
			this.cfgsections().forEach((section_id) => node.append(E('p', {}, this.options.map(function(option) { return option.textvalue(section_id); }))));
			return node;
		}
		drag(section_id, before) { // what a mouse does
			if (!this.sortable || this.map.readonly)
				throw new TypeError(this.sectiontype + ' has no order');
			uci.move(this.map.config, section_id, before);
		}
	}

	class Map {
		constructor(config, title, description) {
			Object.assign(this, { config, title, description, readonly: false, sections: [] });
			window.map = this;
		}
		section(type, ...args) {
			const made = guard(type.name, new type(guard('Map', this), ...args), SECTION);
			this.sections.push(made);
			return made;
		}
		async render() {
			const granted = await call('session', 'access', { scope: 'uci', object: this.config, function: 'write' });
			this.readonly = !granted[1].access;
			return E('div', { 'class': 'cbi-map' }, [ E('h2', {}, [ this.title ]) ].concat(this.sections.map(function(section) { return section.render(); })));
		}
		async save() { // what Save & Apply does; what is wrong
			const wrong = this.sections.flatMap(function(section) { return section.parse(); });
			if (!wrong.length) {
				await uci.save();
				await call('uci', 'apply', {});
			}
			return wrong;
		}
	}

	window.form = { Map, TypedSection, GridSection, Value, Flag, ListValue, DynamicList, Button };
})();
