// Random functions, classes, boxed values, binary data, promises, iterators, weak things, proxies and modules.
'use strict';
const { inspect } = require('util');
const { below, bigint, digits, happens, number, pick, symbol, text, times } = require('./chance');
const { besideItems, kinds, make, putFields, within } = require('./containers');
const { HIDES_LENGTHS, isUnnamed, unnamed } = require('./dump_of');
const { aDate, aNumber, aRegExp, aString, dateText, leaf, makeLeaf } = require('./leaves');

const ANONYMOUS = inspect((() => () => {})()).slice('[Function'.length, -1); // nothing, or " (anonymous)"
class Base {}
const NAMES = ['foo', 'a b', 'get x', 'bound f', '[Symbol.iterator]', 'GET /users/:id', 'a.b', '日本', '', 'x(y)', 'a, b]', 'f }'];
const FUNCTIONS = [() => [() => {}, 'Function'], () => [function () {}, 'Function'], () => [async () => {}, 'AsyncFunction'],
  () => [function* () {}, 'GeneratorFunction'], () => [async function* () {}, 'AsyncGeneratorFunction']];
const CLASSES = [() => [class A {}, '[class A]'], () => [class B extends Base {}, '[class B extends Base]'],
  () => [(() => class {})(), '[class (anonymous)]'], () => [(() => class extends Base {})(), '[class (anonymous) extends Base]'],
  () => [class N extends null {}, '[class N]']];
function aFunction(depth) {
  if (happens(0.25)) return withOwn(depth, ...pick(CLASSES)(), 'class');
  const [value, type] = pick(FUNCTIONS)();
  const name = pick(NAMES);
  Object.defineProperty(value, 'name', { value: name });
  return withOwn(depth, value, `[${type}${name ? `: ${name}` : ANONYMOUS}]`, 'function');
}
// A value that is told by a text, with or without properties of its own.
function withOwn(depth, value, printed, kind, tooDeep) {
  const made = { value };
  return within(made, () => {
    const fields = happens(0.7) ? [] : putFields(value, depth, 4, { allowed: (name) => name !== 'name' && name !== 'toString' });
    made.empty = fields.length === 0;
    if (tooDeep) made.tooDeep = tooDeep;
    made.inside = (dump, level) => (made.empty && isUnnamed(printed) ? unnamed(printed, level) : [kind, printed, dump.fields(fields, level)]);
  });
}
function aDateOrRegExp(depth) {
  if (happens(0.5)) { const d = aDate(); return withOwn(depth, d, dateText(d), 'date'); }
  const r = aRegExp();
  return withOwn(depth, r, String(r), 'regexp', () => ['regexp', String(r)]);
}
class N extends Number {}
function aBoxed(depth) {
  const primitive = [() => aNumber(number()), () => aString(text(6)), () => leaf(true, ['boolean', true]),
    () => { const n = bigint(); return leaf(n, ['bigint', String(n)]); }, () => { const s = symbol(); return leaf(s, ['symbol', s.toString()]); }];
  const which = below(5);
  const inner = primitive[which]();
  const subclass = which === 0 && happens(0.2);
  const made = { value: subclass ? new N(inner.value) : Object(inner.value) };
  return within(made, () => {
    const fields = happens(0.7) ? [] : putFields(made.value, depth, 3, { allowed: (name) => !/^\d+$|^length$/.test(String(name)) });
    const name = ['Number', 'String', 'Boolean', 'BigInt', 'Symbol'][which] + (subclass ? ' (N)' : '');
    made.empty = fields.length === 0;
    made.inside = (dump, level) => ['boxed', name, inner.inside(dump), dump.fields(fields, level)];
  });
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
function shown(bytes, longest) {
  const more = bytes.length - longest;
  return more > 0 ? `${hex(bytes.subarray(0, longest))} ... ${more} more byte${more > 1 ? 's' : ''}` : hex(bytes);
}
const someBytes = (most) => Buffer.from(times(happens(0.1) ? 130 : most, () => below(256)));
function aBuffer() {
  const value = someBytes(9);
  const made = { value };
  // Properties of a buffer are printed by an inspection of their own.
  const fields = happens(0.9) ? [] : putFields(value, 9, 3, { allowed: besideItems, accessors: false });
  made.empty = true;
  made.inside = (dump) => ['binary', `<Buffer ${shown(value, 50)}>`, Math.max(value.length - 50, 0), dump.fields(fields, 1)];
  return made;
}
const length = (name, n) => [HIDES_LENGTHS ? ['hidden', name] : ['string', name], ['number', String(n)]];
function anArrayBuffer() {
  const bytes = someBytes(6);
  const shares = happens(0.2);
  const value = shares ? new SharedArrayBuffer(bytes.length) : new ArrayBuffer(bytes.length);
  new Uint8Array(value).set(bytes);
  const contents = (dump) => ['object', shares ? 'SharedArrayBuffer' : 'ArrayBuffer', [
    [['hidden', 'Uint8Contents'], ['binary', `<${shown(bytes, dump.maxArrayLength)}>`, Math.max(bytes.length - dump.maxArrayLength, 0), []]], length('byteLength', bytes.length)]];
  if (happens(0.3)) {
    const buffer = { value, inside: contents };
    const view = { value: new DataView(value), inside: (dump, level) => ['object', 'DataView',
      [length('byteLength', bytes.length), length('byteOffset', 0), [HIDES_LENGTHS ? ['hidden', 'buffer'] : ['string', 'buffer'], dump.tell(buffer, level)]]] };
    return view;
  }
  return { value, inside: contents };
}
class P extends Promise {}
function aPromise(depth) {
  const Type = happens(0.9) ? Promise : P;
  const label = Type === P ? 'P [Promise]' : 'Promise';
  const state = pick(['pending', 'resolved', 'rejected']);
  const inner = state === 'pending' ? null : make(depth + 1);
  // A promise that is settled with one that is not would wait, and so would one with a then.
  if (inner && (inner.value === REVOKED || inner.pends || (inner.value && 'then' in Object(inner.value)))) return makeLeaf();
  const value = state === 'pending' ? new Type(() => {}) : new Type((resolve, reject) => (state === 'resolved' ? resolve : reject)(inner && inner.value));
  value.catch(() => {});
  const fields = happens(0.9) ? [] : putFields(value, depth, 3, { allowed: (name) => besideItems(name) && !['then', 'catch', 'constructor'].includes(name) });
  return { value, pends: true, inside: (dump, level) => ['promise', label, state, inner && dump.tell(inner, level), dump.fields(fields, level)] };
}
function anIterator(depth) {
  const items = happens(0.03) ? times(130, makeLeaf) : times(5, () => make(depth + 1));
  const unlike = [...new Map(items.map((item) => [item.value, item.value === 0 ? aNumber(0) : item])).values()];
  const values = unlike.map((item) => item.value);
  const pair = (first, second) => ({ empty: false, inside: (dump, level) => ['array', '', dump.items([first, second], level), []] });
  // Pairs of an iterator are printed as arrays that are no level of their own.
  const pairs = (dump, level) => dump.items(unlike.map((item) => ({ item })).map(({ item }) => ({ empty: true,
    inside: () => ['array', '', [dump.tell(item, level), dump.tell(item, level)], []] })), level);
  switch (below(4)) {
    case 0: return { value: new Set(values).values(), inside: (dump, level) => ['set', '[Set Iterator]', dump.items(unlike, level), []] };
    case 1: return { value: new Map(values.map((v) => [v, v])).keys(), inside: (dump, level) => ['set', '[Map Iterator]', dump.items(unlike, level), []] };
    case 2: return { value: new Map(values.map((v) => [v, v])).entries(), inside: (dump, level) => ['set', '[Map Entries]', pairs(dump, level), []] };
    default: return { value: new Set(values).entries(), inside: (dump, level) => ['set', '[Set Entries]', pairs(dump, level), []] };
  }
}
const STATELESS = [() => [[1][Symbol.iterator](), 'Object [Array Iterator]'], () => [''[Symbol.iterator](), 'Object [String Iterator]'],
  () => [(function* () {})(), 'Object [Generator]'], () => [(async function* () {})(), 'Object [AsyncGenerator]'], () => [Math, 'Object [Math]'],
  () => [JSON, 'Object [JSON]'], () => [new (class Empty {})(), 'Empty']];
function aStateless() {
  const [value, label] = pick(STATELESS)();
  return { value, empty: true, inside: () => ['object', label, []] };
}
function aWeakOne() {
  const [value, label] = pick([() => [new WeakMap(), 'WeakMap'], () => [new WeakSet(), 'WeakSet']])();
  return { value, inside: () => ['unknown', label] };
}
const REVOKED = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  try { return inspect(proxy) && proxy; } catch (error) { return null; }
})();
function aProxy(depth) { // Node takes one of an array that begins with null for a revoked one
  if (REVOKED && happens(0.1)) return leaf(REVOKED, ['marker', '<Revoked Proxy>']);
  const target = pick(kinds)(depth);
  if (target.value === null || target.value === REVOKED || !/object|function/.test(typeof target.value) || target.pends || target.of || target.value[0] === null || Buffer.isBuffer(target.value)) return target;
  // What is printed is the target; the proxy itself is only another way to it.
  return { ...target, value: new Proxy(target.value, {}), of: target.of || target };
}
let modules = [];
async function loadModules(label) {
  const sources = ['export const a = 1;', 'export default { x: { y: { z: {} } } };', 'export const b = "it\'s", _c = [1, 2]; export default undefined;', ''];
  for (const source of sources) modules.push(await import(`data:text/javascript,${encodeURIComponent(source)}`));
}
const MODULE = () => inspect(modules[0]).split(' {')[0]; // [Module: null prototype]
function aModule() {
  const which = below(modules.length);
  const plain = (value) => ({ value, empty: Object.keys(value).length === 0,
    inside: (dump, level) => ['object', '', Object.keys(value).map((name) => [['string', name], dump.tell(plain(value[name]), level)])] });
  const fields = [[['a', aNumber(1)]], [['default', plain({ x: { y: { z: {} } } })]],
    [['_c', { value: [1, 2], inside: (dump, level) => ['array', '', dump.items([aNumber(1), aNumber(2)], level), []] }], ['b', aString("it's")],
      ['default', leaf(undefined, ['undefined'])]], []][which];
  return { value: modules[which], inside: (dump, level) => ['object', MODULE(), dump.fields(fields.map(([name, made]) => [['string', name], made]), level)] };
}

kinds.push(aFunction, aFunction, aDateOrRegExp, aBoxed, aBuffer, anArrayBuffer, aPromise, anIterator, aStateless, aWeakOne, aProxy, aModule);

module.exports = { loadModules };
