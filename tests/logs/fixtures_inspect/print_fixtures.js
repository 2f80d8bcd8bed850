// Prints one JSON object: for each named value below, what this Node's util.inspect makes of it.
// Usage: node print_fixtures.js > node<major>.json
'use strict';
const { inspect } = require('util');

const values = {};
const add = (name, make, options) => { values[name] = { make, options }; };

// strings: quotes, escapes, joins, cuts
add('quotes', () => ({ a: 'plain', b: "it's", c: 'it\'s "both"', d: 'it\'s "both" and `t`', e: 'it\'s "x" ${y}', f: '' }));
add('escapes', () => ({ a: '\n\t\b\f\r\\\'"`', b: '\x00\x1b\x7f\x9f\x0b', c: 'C:\\new\\x41', d: '\u2028\u202e' }));
add('unescaped', () => ['😀 سلام', '\u2028|\u202e']);
add('lone_surrogates', () => ({ high: '\ud800x', low: 'x\udc00', pair: '😀' }));
add('joined_string', () => ({ text: 'line one which is long enough\nline two\'s "quotes" and more text here\nline three of it all\n' }));
const LINES = 'first line, rather long, rather long\nsecond line, rather long, rather long\nthird, which stays\n';
add('joined_in_array', () => [LINES, 'b']);
add('joined_in_map', () => new Map([[LINES, LINES + LINES]]));
add('joined_root', () => LINES + 'tail');
add('cut_string', () => ({ a: 'x'.repeat(60), b: [LINES, new String('y'.repeat(51))] }), { maxStringLength: 50 });
add('cut_joined', () => ({ a: LINES + LINES, b: 1 }), { maxStringLength: 120 });
// numbers and other primitives
add('numbers', () => [1, -2, 1.5, -0, 0, NaN, Infinity, -Infinity, 1e21, 1e-7, 0.30000000000000004, 12345678901234567000, 5e-324, 79936.13636363637, 5.684341886080802e-14]);
add('separators', () => ({ a: 1234567.891234, b: 1000n, c: -1234567 }), { numericSeparator: true });
add('bigints', () => ({ a: 123n, b: -5n, c: 12345678901234567890123n }));
add('three_states', () => ({ a: null, b: undefined, c: true, d: false }));
add('symbols', () => ({ a: Symbol('s'), b: Symbol(), [Symbol('k')]: 8, [Symbol("it's")]: 9, c: Symbol('a b (c)') }));
add('dates', () => ({ a: new Date(0), b: new Date(NaN), c: new Date(8.64e15), d: [new Date(0)] }));
add('date_with_fields', () => { const d = new Date(0); d.zone = 'UTC'; class MyDate extends Date {} return { d, e: new MyDate(0) }; });
add('regexps', () => ({ a: /a"b'c/gi, b: /[/\]}'"]\/{2}/, c: new RegExp(''), d: Object.assign(/x/, { k: 1 }) }));
add('functions', () => {
  function foo() {} class A {} class B extends A {}
  return { a: foo, b: (() => () => {})(), c: async function x() {}, d: function* g() {}, e: A, f: B,
    g: Object.assign(function h() {}, { a: 1 }), h: class {}, i: Object.assign(class C {}, { s: 'x' }), j: foo.bind(null), k: async function* ag() {} };
});
// depth, circular, labels
add('depth', () => ({ a: { b: { c: { d: 1 }, e: [1], f: {}, g: [], h: new Map([[1, 2]]), i: new (class Tx { constructor() { this.a = 1; } })(), j: Object.assign(Object.create(null), { x: 1 }) } } }));
add('circular', () => { const o = { name: 'o', list: [] }; o.self = o; o.list.push(o); const p = { o }; o.p = p; p.q = p; return o; });
add('circular_class', () => { class Tx {} const t = new Tx(); t.t = t; return t; });
add('labels', () => {
  class Tx { constructor() { this.id = 'a'; } } class Foo extends Array {}
  class Tagged { constructor() { this.z = 1; } get [Symbol.toStringTag]() { return 'tag'; } }
  const nul = Object.assign(Object.create(null), { k: 'v' });
  return { a: new Tx(), b: nul, c: Foo.from([1, 2, 3]), d: new Tagged(), e: new (class Empty {})(), f: Object.create(null), g: new Foo(), h: Object.create(Object.create(null)) };
});
add('arguments', () => ({ a: (function () { return arguments; })(1, 'x') }));
add('null_prototype_array', () => ({ a: Object.setPrototypeOf([1, 2], null), b: Object.setPrototypeOf(new Map([[1, 2]]), null), c: Object.assign(Object.create({ constructor: null }), { a: 1 }) }));
add('odd_prototype', () => { const base = Object.create(null); const o = Object.create(base); o.x = 1; const deep = Object.create(o); deep.y = 2; return { o, deep }; });
// keys
add('keys', () => ({ id: 1, $d: 2, 'a-b': 3, "it's": 4, 3: 5, 日本: 6, '': 7, 'new\nline': 8, _x9: 9, 'a b': 10, 'q"\'`': 11 }));
add('proto_key', () => JSON.parse('{"__proto__": 1, "a": 2}'));
add('accessors', () => ({ get a() { return 1; }, set b(x) {}, get c() { return 1; }, set c(x) {}, d: 2 }));
add('accessor_values', () => ({ get a() { return 5; }, get b() { return { x: [1] }; }, get c() { return 'it]'; }, set c(x) {}, get d() { return null; }, get e() { throw withStack(new Error('no'), EVAL); }, get f() { return [1]; }, z: 1 }), { getters: true });
add('hidden', () => Object.defineProperty([1, 2], 'secret', { value: 3, enumerable: false }), { showHidden: true });
// collections
add('maps', () => ({ a: new Map([['a', 1], [{ k: 1 }, { v: '2' }]]), b: new Map(), c: new Set([1, 'x']), d: new Set() }));
add('map_extra', () => Object.assign(new Map([['a', 1]]), { extra: 'e' }));
add('set_extra', () => Object.assign(new Set(['a']), { extra: 'e', 'b-c': [1] }));
add('weak', () => ({ a: new WeakMap(), b: new WeakSet() }));
add('iterators', () => ({ a: new Map([['a', 1]]).keys(), b: new Map([['a', 1]]).entries(), c: new Set([1]).values(), d: new Map([['a', 1]])[Symbol.iterator](), e: [1][Symbol.iterator]() }));
add('subclasses', () => { class M extends Map {} class S extends Set {} class P extends Promise {} return { m: new M([[1, 2]]), s: new S([1]), p: P.resolve(1) }; });
add('sparse', () => [1, , , 4, , 5]);
add('more_items', () => Array.from({ length: 103 }, (_, i) => i % 3));
add('one_more_item', () => ({ a: Array.from({ length: 11 }, (_, i) => 'item number ' + i) }), { maxArrayLength: 10 });
add('more_in_map', () => new Map([[1, 2], [3, 4], [5, 6]]), { maxArrayLength: 2 });
add('more_in_set', () => Object.assign(new Set([1, 2, 3]), { a: 1 }), { maxArrayLength: 1 });
add('more_than_none', () => ({ a: [1, 2] }), { maxArrayLength: 0 });
add('grouped_strings', () => ['id', 'sk', 'userId', 'dataType', 'createdAt', 'updatedAt', "it's", 'a,b', 'amount', 'currency', 'old, balance', 'new', 'x']);
add('grouped_numbers', () => Array.from({ length: 30 }, (_, i) => i * 7 - 50));
add('array_extra', () => Object.assign([1, 2], { extra: 'e', 'a-b': { c: 1 }, [Symbol('s')]: 1 }));
add('regexp_match', () => /b(.)/.exec('abc'));
// errors
const withStack = (error, frames) => { error.stack = `${error.name}: ${error.message}\n` + frames.map((f) => `    at ${f}`).join('\n'); return error; };
const FRAMES = ['f (file:///app/index.mjs:1:2)', 'async Runtime.handleOnce (/var/runtime/(x)/Runtime.js:73:25)', 'Array.map (<anonymous>)', '/var/task/index.js:10:20'];
const EVAL = ['eval (eval at g (/a.js:1:1), <anonymous>:1:7)', 'async Promise.all (index 0)', 'new Foo [as bar] (/a.js:1:1)'];
add('error_root', () => withStack(new TypeError('msg'), FRAMES));
add('error_root_fields', () => Object.assign(withStack(new TypeError('msg'), FRAMES), { code: 'E1', errno: -2 }));
add('error_in_object', () => ({ before: 1, e: withStack(new TypeError("can't [read] {x}"), FRAMES), after: 2 }));
add('error_fields', () => ({ e: Object.assign(withStack(new Error('m'), EVAL), { code: 'E1' }), after: [1] }));
add('error_short', () => ({ e: withStack(new Error('m'), ['f (a.js:1:2)']) }));
add('error_short_more', () => ({ e: withStack(new Error('m'), ['f (a.js:1:2)']), b: 1 }));
add('error_in_array', () => [withStack(new RangeError('a: b, c'), FRAMES), 7, withStack(new Error(''), ['f (a.js:1:2)'])]);
add('error_many_lines', () => ({ e: withStack(new Error('one\n  two: 2,\nthree'), FRAMES) }));
add('error_no_stack', () => { const e = new Error('bare [x] {y}'); e.stack = undefined; const g = new TypeError(''); g.stack = ''; return { e, f: [e], g, h: Object.assign(new Error('m'), { stack: 'Error: m', code: 3 }) }; });
add('error_unbalanced', () => { const e = new SyntaxError('Unexpected token [ in JSON at position 0'); e.stack = 'SyntaxError: ' + e.message; return { e, a: [1] }; });
add('error_cause', () => { const e = withStack(new Error('outer'), FRAMES); Object.defineProperty(e, 'cause', { value: withStack(new TypeError('inner'), FRAMES), enumerable: false }); return { e }; });
add('error_aggregate', () => { const e = withStack(new Error('all'), FRAMES); Object.defineProperty(e, 'errors', { value: [withStack(new Error('one'), EVAL), withStack(new Error('two'), EVAL)], enumerable: false }); return e; });
add('error_deep', () => ({ a: { b: { c: Object.assign(withStack(new Error('m'), EVAL), { code: 1 }) } } }));
add('error_named', () => { const e = withStack(new Error('m'), ['f (a.js:1:2)']); e.name = 'MyError'; class Odd extends TypeError {} const o = withStack(new Odd('odd'), EVAL); return { e, o }; });
add('error_collapsed', () => ({ e: withStack(new RangeError('too deep'), ['f (a.js:1:2)', ...Array(12).fill('g (/b.js:2:3)'), 'h (c.js:3:4)']) }));
add('error_paths', () => [withStack(new Error('m'), ['C:\\a, b\\c.js:1:2', '<anonymous>']), 1]);
add('error_lines', () => ({ a: { e: Object.assign(new Error('m'), { stack: 'ZodError: [\n  {\n    "path": [\n      "a"\n    ]\n  }\n]' }), b: 1 } }));
add('deep_odd', () => ({ a: { b: { c: Object.create(null, { [Symbol.toStringTag]: { value: 'T' }, x: { value: 1, enumerable: true } }), f: Object.assign(() => {}, { a: 1 }), m: new Map([[1, 1]]).keys() } } }));
add('buffer_fields', () => ({ a: Object.assign(Buffer.alloc(0), { k: 'v' }), b: Object.defineProperty(function () {}, 'name', { value: 'a, b]' }) }));
add('error_null_prototype', () => ({ e: Object.setPrototypeOf(withStack(new Error('m'), EVAL), null) }));
add('error_in_set', () => new Set([withStack(new Error('m'), EVAL), 1]));
add('error_in_map', () => new Map([['k', withStack(new Error('m'), EVAL)], ['l', 2]]));
// binary
add('buffers', () => ({ a: Buffer.from('he'), b: Buffer.alloc(0), c: Buffer.alloc(52, 1), d: new Uint8Array([1, 2, 3]), e: new BigInt64Array([5n]), f: Object.assign(Buffer.from('x'), { k: 'v>' }) }));
add('array_buffer', () => ({ a: new ArrayBuffer(4), b: new DataView(new ArrayBuffer(2)), c: new ArrayBuffer(101) }));
add('detached', () => { const b = new ArrayBuffer(4); try { structuredClone(b, { transfer: [b] }); } catch { new (require('worker_threads').MessageChannel)().port1.postMessage(b, [b]); } return { b, c: 1 }; });
add('hidden_keys', () => Object.defineProperties({}, { 'a b': { value: 1 }, "it's": { value: 2 }, 'x\\y': { value: 3 }, z: { value: 4, enumerable: true } }), { showHidden: true });
add('float_array', () => new Float64Array([1.5, -0, NaN]));
// boxed, promises, proxies, URLs
add('boxed', () => ({ a: new Number(3), b: new String('x]'), c: new Boolean(false), d: Object(5n), e: Object(Symbol('s')), f: Object.assign(new String('ab'), { k: 1 }), g: new Number(-0) }));
add('boxed_odd', () => { class N extends Number {} const t = new String('q'); t[Symbol.toStringTag] = 'T'; return { a: new N(1), b: Object.setPrototypeOf(new Number(2), null), c: t, d: new String('it\'s') }; });
add('promises', () => { const r = Promise.reject(new Error('x')); r.catch(() => {}); const s = Promise.reject(3); s.catch(() => {}); return { a: new Promise(() => {}), b: Promise.resolve({ x: 1 }), c: s }; });
add('proxies', () => ({ a: new Proxy({ x: 1 }, {}), b: new Proxy(function f() {}, {}) }));
add('proxies_shown', () => ({ a: new Proxy({ x: 1 }, {}) }), { showProxy: true });
add('urls', () => ({ a: new URL('https://u:p@h.example:81/p?q=1#f'), b: new URLSearchParams('z=1&y=2'), c: new URLSearchParams('') }));
add('function_odd', () => { class F {} const f = Object.setPrototypeOf(function f() {}, null); const g = Object.setPrototypeOf(function g() {}, F.prototype); Object.defineProperty(g, Symbol.toStringTag, { value: 'T' }); const h = function () {}; Object.defineProperty(h, 'name', { value: 'a, b]' }); return { f, g: [g], i: Object.assign(class extends F {}, { a: 1 }), j: Object.assign(function () {}, { k: 'v' }) }; });
add('array_frozen_names', () => Object.assign(['a'], { undefined: 1, true: 2, Foo: 'x', null: null }));
add('empty_in_items', () => [{}, [], new Map(), '', [[]], [{ a: {} }]]);
add('globals', () => ({ a: Math, b: JSON, c: globalThis.Atomics, d: (function* () {})(), e: Object.create({}, { [Symbol.toStringTag]: { value: 'T' } }) }));
add('custom', () => ({ a: { [inspect.custom]: () => "new ObjectId('65a')" }, b: { [inspect.custom]: () => 'Moment<2020-01-01T00:00:00+03:00>' }, c: { [inspect.custom]: () => '12.50' } }));
// layout
add('one_line', () => ({ transactionAction: 'X', a: { b: { c: 1 } } }));
add('broken', () => ({ transaction: { id: 'ab0c', amount: 12.345, oldBalance: -0.5, metadata: '{"name":"O\'Neil","n":"a\\"b"}', deliveries: [{ id: 1 }, { id: 2 }], none: undefined } }));
add('compact_off', () => ({ a: { b: [1, { c: 'x' }] }, d: [] }), { compact: false });
add('compact_on', () => ({ a: { b: [1, { c: 'x' }] }, d: [], long: 'x'.repeat(80), e: new Map([['a', { b: 1 }]]) }), { compact: true });
add('wide', () => ({ a: 'x'.repeat(100), b: [1, 2], m: 'a\nb'.repeat(9) }), { breakLength: Infinity });
add('colours', () => { const o = { a: 'x\ny', b: 1, c: null, d: undefined, e: [true, 5n, Symbol('s')], [Symbol('k')]: new Date(0), 'a-b': /r/, f() {}, get g() { return 1; }, h: new Map([['k', 'v']]), i: LINES, j: new ArrayBuffer(1), k: new Number(3) }; o.self = o; return o; }, { colors: true });
add('colours_error', () => ({ e: withStack(new Error('m'), ['f (/app/node_modules/x/y.js:1:2)', 'node:internal/main:1:2', 'g (/b.js:1:2)']), b: 1 }), { colors: true });
add('colours_getters', () => ({ get a() { return 5; }, get b() { return { x: 1 }; }, get c() { return null; } }), { colors: true, getters: true });

const out = {};
for (const [name, { make, options }] of Object.entries(values)) out[name] = inspect(make(), options);
process.stdout.write(JSON.stringify(out, null, 1).replace(/[\ud800-\udfff]/g, (c) => c) + '\n');
