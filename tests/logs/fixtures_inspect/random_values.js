// Prints random values with this Node's util.inspect, one JSON object a line: the text, and what it says.
// Usage: node random_values.js <seed> <count>
// What a value is, is told in tagged arrays: ['string', s], ['number', digits], ['array', items, fields], …
'use strict';
const { inspect } = require('util');

const MAJOR = Number(process.versions.node.split('.')[0]);
let state = Number(process.argv[2]) >>> 0;
const COUNT = Number(process.argv[3]);

function random() { // mulberry32: the same values on every Node
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (choices) => choices[below(choices.length)];

const PIECES = ["'", '"', '`', '${', '\\', '\n', '\n', '\r', '\t', '\0', '\x1b', '\x7f', '\x9f', '\u2028', ' + ', ', ', ': ',
  ' => ', '{ ', ' }', '[ ', ' ]', '...', ' more items', '😀', '\ud800', '\udc00', 'سلام', '日本', 'é', 'at f (a.js:1:2)', '<ref *1> ',
  'undefined', 'a', 'key', 'Error: ', 'some words that make a line long ', '12', '-', '/', '//', '[Object]', 'x'.repeat(30)];
function text(longest) {
  let s = '';
  for (let n = below(longest); n > 0; n--) s += pick(PIECES);
  return s;
}
const NUMBERS = [0, -0, NaN, Infinity, -Infinity, 0.1 + 0.2, 2 ** 53, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 12345678901234567000];
function number() {
  const kind = below(4);
  if (kind === 0) return pick(NUMBERS);
  if (kind === 1) return below(1000) - 500;
  if (kind === 2) return Math.round(random() * 1e8) / 1e3;
  return (random() - 0.5) * 10 ** (below(60) - 30);
}
class Tx {}
class Weird$Name extends Tx {}

function leaf() {
  switch (below(13)) {
    case 0: return [null, ['null']];
    case 1: return [undefined, ['undefined']];
    case 2: { const b = random() < 0.5; return [b, ['boolean', b]]; }
    case 3: { const n = BigInt(below(1e9)) * BigInt(below(1e9)) - 5n; return [n, ['bigint', String(n)]]; }
    case 4: { const d = new Date(random() < 0.1 ? NaN : Math.round((random() - 0.3) * 1e13)); return [d, ['date', isNaN(d) ? 'Invalid Date' : d.toISOString()]]; }
    case 5: { const s = Symbol(pick(['s', '', 'a b', 'x(y)', 'Symbol.iterator'])); return [s, ['symbol', s.toString()]]; }
    case 6: { const r = new RegExp(pick(["a\"b'c", '[/\\]}]', '(?:)', 'x{2,}', '\\/', '[\\[`]+']), pick(['', 'g', 'gi'])); return [r, ['regexp', String(r)]]; }
    case 7: case 8: case 9: { const n = number(); return [n, ['number', Object.is(n, -0) ? '-0' : String(n)]]; }
    default: { const s = text(8); return [s, ['string', s]]; }
  }
}
const KEYS = ['id', 'userId', 'a_b', '_x', '$d', 'a-b', "it's", '3', '', 'new\nline', '日本', 'undefined', 'Error', 'a b', 'q"\'`', 'constructor_'];
function fields(depth, target, most) {
  const told = new Map();
  for (let n = below(most); n > 0; n--) {
    const key = random() < 0.05 ? Symbol.for(pick(['k', "it's", 'x)'])) : random() < 0.8 ? pick(KEYS) : text(4);
    if (key === '__proto__') continue;
    const [value, saying] = make(depth + 1);
    target[key] = value;
    told.set(key, saying);
  }
  return Reflect.ownKeys(target).filter((k) => told.has(k)).map((k) => [typeof k === 'symbol' ? ['symbol', k.toString()] : ['string', k], told.get(k)]);
}
const FRAMES = ['f (file:///app/index.mjs:1:2)', 'async Runtime.handleOnce (/var/runtime/(x)/Runtime.js:73:25)', 'Array.map (<anonymous>)',
  '/var/task/index.js:10:20', 'eval (eval at g (/a.js:1:1), <anonymous>:1:7)', 'async Promise.all (index 0)', 'new Foo [as bar] (/a.js:1:1)', '<anonymous>'];
const MESSAGES = ['plain', "can't [read] {x}", 'a: b, c', '', 'two\n  lines, [ 1 ]\n\nand more', '"quoted" }', 'Error: again', '日本'];
function error(depth) {
  const e = new (pick([Error, TypeError, RangeError]))(pick(MESSAGES));
  const heading = e.message ? `${e.name}: ${e.message}` : e.name;
  const frames = Array.from({ length: 1 + below(4) }, () => `at ${pick(FRAMES)}`);
  e.stack = [heading, ...frames.map((f) => `    ${f}`)].join('\n');
  return [e, ['error', heading, frames, random() < 0.5 ? [] : fields(depth, e, 4)]];
}
function many(depth, most) {
  const made = [];
  for (let n = below(most); n > 0; n--) made.push(make(depth + 1));
  return made;
}
const asKey = (value, saying) => (value === 0 ? ['number', '0'] : saying); // maps and sets hold no -0
function make(depth) {
  const kind = depth > 5 ? 99 : below(depth === 0 ? 8 : 20);
  if (kind <= 2) { const o = {}; return [o, ['object', '', fields(depth, o, 7)]]; }
  if (kind === 3) {
    const made = random() < 0.3 ? Array.from({ length: below(40) }, () => random() < 0.5 ? leaf() : [7, ['number', '7']]) : many(depth, 9);
    const a = made.map(([v]) => v);
    return [a, ['array', '', made.map(([, s]) => s), []]];
  }
  if (kind === 4) {
    const made = many(depth, 5);
    const a = made.map(([v]) => v);
    const extra = {};
    const told = fields(depth, extra, 3).filter(([k]) => !/^\d+$|Error/.test(k[1])); // an index is an item, and [ Error: … ] may be an error
    for (const [k] of told) if (k[0] === 'string') a[k[1]] = extra[k[1]];
    return [a, ['array', '', made.map(([, s]) => s), told.filter(([k]) => k[0] === 'string')]];
  }
  if (kind === 5) { const t = random() < 0.5 ? new Tx() : new Weird$Name(); return [t, ['object', t.constructor.name, fields(depth, t, 5)]]; }
  if (kind === 6) {
    const entries = new Map();
    for (const [[k, ks], [v, vs]] of many(depth, 5).map((key) => [key, make(depth + 1)])) entries.set(k, [v, asKey(k, ks), vs]);
    const m = new Map([...entries].map(([k, [v]]) => [k, v]));
    return [m, ['map', MAJOR < 14 ? 'Map' : `Map(${m.size})`, [...entries].map(([, [, ks, vs]]) => [ks, vs])]];
  }
  if (kind === 7) {
    const entries = new Map(many(depth, 5).map(([v, s]) => [v, asKey(v, s)]));
    return [new Set(entries.keys()), ['set', MAJOR < 14 ? 'Set' : `Set(${entries.size})`, [...entries.values()]]];
  }
  if (kind === 9) return error(depth);
  if (kind === 8) { const o = Object.create(null); return [o, ['object', '[Object: null prototype]', fields(depth, o, 4)]]; }
  return leaf();
}
function options() {
  const chosen = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity };
  if (random() < 0.5) return chosen;
  chosen.breakLength = pick([20, 40, 80, 128, Infinity]);
  chosen.compact = pick([false, 0, 1, 3, 6]);
  chosen.colors = random() < 0.3;
  return chosen;
}
for (let n = 0; n < COUNT; n++) {
  const chosen = options();
  const [value, says] = make(0);
  process.stdout.write(JSON.stringify({ printed: inspect(value, chosen), says, plain: chosen.breakLength === undefined }) + '\n');
}
