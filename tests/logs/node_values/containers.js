// Random objects, arrays, maps, sets and class instances, nested at random, with circles.
'use strict';
const { inspect } = require('util');
const { below, bigint, digits, happens, key, number, pick, symbol, times } = require('./chance');
const { SIZES_COLLECTIONS } = require('./dump_of');
const { leaf, aNumber, makeLeaf, makePlainLeaf } = require('./leaves');

const DEEPEST = 6;
const ancestors = []; // descriptions that are being made, for circles
const done = []; // a few small ones that were made and hold no circle, to stand in a second place
const SMALL = 20;
let size = 0;
const kinds = []; // makers, each as often as it is to be chosen

function make(depth) {
  if (depth >= DEEPEST) return makeLeaf();
  if (depth > 0) {
    if (ancestors.length && happens(0.02)) { size += SMALL; return pick(ancestors); }
    if (done.length && happens(0.01)) { size += SMALL; return pick(done); }
    if (happens(0.55)) return makeLeaf();
  }
  return pick(kinds)(depth);
}
// Begin a description whose value others may point at while its inside is being made.
function within(made, fill) {
  const before = ++size;
  ancestors.push(made);
  fill(made);
  ancestors.pop();
  if (size < before + SMALL && happens(0.05)) { done.push(made); if (done.length > 5) done.shift(); }
  return made;
}
function forget() { done.length = 0; }

const accessor = (name) => ({ empty: true, inside: () => ['accessor', name] });
function putAccessor(target, name) {
  delete target[name];
  const get = { get() { return 1; } };
  const set = { set(_) {} };
  const which = below(3);
  const parts = which === 0 ? get : which === 1 ? set : { get: get.get, set: set.set };
  Object.defineProperty(target, name, { ...{ enumerable: true, configurable: true }, ...parts });
  return accessor(['Getter', 'Setter', 'Getter/Setter'][which]);
}
const toldKey = (name) => (typeof name === 'symbol' ? ['symbol', name.toString()] : ['string', name]);
// Put up to `most` properties on a value, and describe them in the order in which they are printed.
function putFields(target, depth, most, { allowed = () => true, makeOne = make, accessors = true } = {}) {
  const put = new Map();
  for (const name of times(most, () => (happens(0.06) ? symbol() : key()))) {
    if (!allowed(name) || (Reflect.ownKeys(target).includes(name) && !put.has(name))) continue;
    if (accessors && happens(0.03)) {
      put.set(name, putAccessor(target, name));
      continue;
    }
    const made = makeOne(depth + 1);
    Object.defineProperty(target, name, { value: made.value, enumerable: true, configurable: true, writable: true });
    put.set(name, made);
  }
  const names = Reflect.ownKeys(target).filter((name) => put.has(name));
  return names.map((name) => [toldKey(name), put.get(name)]);
}
// An index would be an item, and a capital letter (`[ Error: …`, `[ Map: Error⏎ at …`) may begin an error.
const besideItems = (name) => (typeof name === 'symbol' ? name !== Symbol.iterator : !(String(Number(name)) === name || /^\d+$|Error|^Map$|^$/.test(name)));

class Tx {}
class Weird$Name extends Tx {}
class Δοκιμή {}
const Named = class {};
Object.defineProperty(Named, 'name', { value: 'Schema.Model' });
class Tagged { get [Symbol.toStringTag]() { return 'tag'; } }
class Same { get [Symbol.toStringTag]() { return 'Same'; } }
class Spaced { get [Symbol.toStringTag]() { return 'a b-c'; } }
const nullBased = () => Object.create(Object.create(null));
const complex = inspect(nullBased(), { depth: 0 }).replace(/ \{\}$/, ''); // Object <[Object: null prototype] {}>, in most majors
const LABELLED = [
  [() => ({}), ''], [() => ({}), ''], [() => ({}), ''], [() => ({}), ''], [() => new (class {})(), ''],
  [() => new Tx(), 'Tx'], [() => new Weird$Name(), 'Weird$Name'], [() => new Δοκιμή(), 'Δοκιμή'], [() => new Named(), 'Schema.Model'],
  [() => Object.create(null), '[Object: null prototype]'], [nullBased, complex],
  [() => new Tagged(), 'Tagged [tag]'], [() => new Same(), 'Same'], [() => new Spaced(), 'Spaced [a b-c]'],
  [() => Object.create({}, { [Symbol.toStringTag]: { value: 'T' } }), 'Object [T]'],
  [() => Object.create(null, { [Symbol.toStringTag]: { value: 'T' } }), '[Object: null prototype] [T]'],
  [() => (function () { return arguments; })(), '[Arguments]'],
];
function anObject(depth) {
  const [create, label] = happens(0.6) ? LABELLED[0] : pick(LABELLED);
  const made = { value: create() };
  return within(made, () => {
    const fields = putFields(made.value, depth, 7);
    made.empty = fields.length === 0;
    made.inside = (dump, level) => ['object', made.empty && level > dump.depth ? label.replace(/<.*/, '<Complex prototype>') : label, dump.fields(fields, level)];
  });
}

class Foo extends Array {}
function anArray(depth) {
  const label = happens(0.9) ? '' : pick(['Foo', 'null']);
  const made = { value: label === 'Foo' ? new Foo() : [] };
  return within(made, () => {
    const items = happens(0.02) ? times(150, () => aNumber(number()))
      : happens(0.25) ? times(40, () => (happens(0.5) ? makeLeaf() : aNumber(7))) : times(8, () => make(depth + 1));
    for (let n = happens(0.1) ? below(4) : 0; n > 0; n--) items.splice(below(items.length + 1), 0, ...Array(1 + below(3)).fill(null));
    made.value.length = items.length;
    items.forEach((item, index) => { if (item) made.value[index] = item.value; });
    const fields = happens(0.15) ? putFields(made.value, depth, 3, { allowed: besideItems }) : [];
    if (label === 'null') Object.setPrototypeOf(made.value, null);
    const printed = label && (label === 'null' ? `[Array(${items.length}): null prototype]` : `Foo(${items.length})`);
    made.empty = items.length === 0 && fields.length === 0;
    made.hides = true;
    made.inside = (dump, level) => {
      const hidden = dump.showHidden ? [[['hidden', 'length'], ['number', String(items.length)]]] : [];
      return ['array', printed, dump.items(items, level), hidden.concat(dump.fields(fields, level))];
    };
  });
}

class M extends Map {}
class S extends Set {}
const plainKey = (made) => (made.value === 0 ? aNumber(0) : made); // maps and sets hold no -0
function sized(name, size) {
  const [first, rest] = name.split(/(?= )/);
  return SIZES_COLLECTIONS ? `${first}(${size})${rest || ''}` : name;
}
function aMap(depth) {
  const [create, name] = happens(0.9) ? [() => new Map(), 'Map'] : [() => new M(), 'M [Map]'];
  const made = { value: create() };
  return within(made, () => {
    const entries = new Map();
    const many = happens(0.02);
    const pairs = many ? times(130, () => [makeLeaf(), aNumber(1)]) : times(5, () => [make(depth + 1), make(depth + 1)]);
    for (const [k, v] of pairs) { made.value.set(k.value, v.value); entries.set(k.value, [entries.has(k.value) ? entries.get(k.value)[0] : plainKey(k), v]); }
    const fields = happens(0.1) ? putFields(made.value, depth, 3, { allowed: besideItems }) : [];
    made.empty = entries.size === 0 && fields.length === 0;
    const list = [...entries.values()];
    made.inside = (dump, level) => ['map', sized(name, list.length),
      dump.entries(list, ([k, v]) => ['pair', dump.tell(k, level), dump.tell(v, level)]), dump.fields(fields, level)];
  });
}
function aSet(depth) {
  const [create, name] = happens(0.9) ? [() => new Set(), 'Set'] : [() => new S(), 'S [Set]'];
  const made = { value: create() };
  return within(made, () => {
    const entries = new Map();
    for (const item of happens(0.02) ? times(150, makeLeaf) : times(6, () => make(depth + 1))) {
      if (!entries.has(item.value)) entries.set(item.value, plainKey(item));
      made.value.add(item.value);
    }
    const fields = happens(0.1) ? putFields(made.value, depth, 3, { allowed: besideItems }) : [];
    made.empty = entries.size === 0 && fields.length === 0;
    const list = [...entries.values()];
    made.inside = (dump, level) => ['set', sized(name, list.length), dump.entries(list, (item) => dump.tell(item, level)), dump.fields(fields, level)];
  });
}

const TYPED = [Uint8Array, Int16Array, Float64Array, Float32Array, Uint8ClampedArray, BigInt64Array];
function aTypedArray(depth) {
  const Type = pick(TYPED);
  const size = happens(0.05) ? below(130) : below(12);
  const value = Type === BigInt64Array ? Type.from({ length: size }, bigint) : Type.from({ length: size }, number);
  const made = { value };
  return within(made, () => {
    const fields = happens(0.1) ? putFields(value, depth, 3, { allowed: besideItems }) : [];
    made.empty = size === 0 && fields.length === 0;
    const items = Array.from(value, (n) => (typeof n === 'bigint' ? leaf(n, ['bigint', String(n)]) : leaf(n, ['number', digits(n)])));
    made.inside = (dump, level) => ['array', `${Type.name}(${size})`, dump.items(items, level), dump.fields(fields, level)];
  });
}

// Of what %o prints, hidden properties and all: objects, arrays and functions of leaves.
function makePlain(depth) {
  if (depth > 0 && (depth > 5 || happens(0.5))) return makePlainLeaf();
  const made = { value: happens(0.5) ? [] : {} };
  if (Array.isArray(made.value)) {
    const items = times(8, () => makePlain(depth + 1));
    made.value.push(...items.map((item) => item.value));
    made.hides = true;
    made.empty = items.length === 0;
    made.inside = (dump, level) => ['array', '', dump.items(items, level),
      dump.showHidden ? [[['hidden', 'length'], ['number', String(items.length)]]] : []];
    return made;
  }
  const fields = putFields(made.value, depth, 6, { makeOne: makePlain, accessors: false });
  made.empty = fields.length === 0;
  made.inside = (dump, level) => ['object', '', dump.fields(fields, level)];
  return made;
}

kinds.push(anObject, anObject, anObject, anObject, anObject, anArray, anArray, anArray, aMap, aSet, aTypedArray);

module.exports = { make, makePlain, within, putFields, besideItems, forget, kinds };
