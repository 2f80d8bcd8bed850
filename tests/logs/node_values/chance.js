// Chance from a seed, the same on every Node, and the texts, numbers and keys that values are made of.
'use strict';

let state = 0;
function seed(number) { state = number >>> 0; }
function random() { // mulberry32
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (choices) => choices[below(choices.length)];
const happens = (probability) => random() < probability;
function times(most, make) {
  const made = [];
  for (let n = below(most); n > 0; n--) made.push(make());
  return made;
}

const PIECES = ["'", '"', '`', '${', '\\', '\n', '\n', '\r', '\t', '\b', '\f', '\v', '\0', '\x1b', '\x7f', '\x9f', '\u2028', ' + ',
  ', ', ': ', ' => ', '{ ', ' }', '[ ', ' ]', '...', ' more items', '... 1 more item', '😀', '\ud800', '\udc00', 'سلام', '日本', 'é',
  'at f (a.js:1:2)', '\n    at f (a.js:1:2)', '<ref *1> ', '[Circular *1]', 'undefined', 'a', 'key', 'Error: ', '\\n', "' +\n  '",
  'some words that make a line long ', '12', '-', '/', '//', '[Object]', '\x1b[31m', 'x'.repeat(30), '{"json":"it\'s"}', '\ufeff', '\u202e'];
function text(longest) {
  return times(longest, () => pick(PIECES)).join('');
}
const LONG_LINES = ['x'.repeat(700) + '\n', "it's a line\n", 'سلام '.repeat(90), '😀"`', '\\'.repeat(40), '\n'];
function longText() { // around the ten thousand characters after which strings are cut since Node 16
  let s = '';
  for (const longest = 9990 + below(600); s.length < longest;) s += pick(LONG_LINES);
  return happens(0.5) ? s : s.slice(0, 9998 + below(5));
}

const NUMBERS = [0, -0, NaN, Infinity, -Infinity, 0.1 + 0.2, 2 ** 53, 1e21, -1e21, 1e-7, -1e-7, 5e-324, 1.7976931348623157e308,
  12345678901234567000, 79936.13636363637, 0.40000000000005, 5.684341886080802e-14];
function number() {
  const kind = below(4);
  if (kind === 0) return pick(NUMBERS);
  if (kind === 1) return below(1000) - 500;
  if (kind === 2) return Math.round(random() * 1e8) / 1e3;
  return (random() - 0.5) * 10 ** (below(60) - 30);
}
const digits = (n) => (Object.is(n, -0) ? '-0' : String(n));
const bigint = () => BigInt(below(1e9)) ** BigInt(below(4)) - 5n;

const KEYS = ['id', 'userId', 'a_b', '_x', '$d', 'a-b', "it's", '3', '007', '', 'new\nline', '日本', 'undefined', 'Error', 'a b', 'q"\'`',
  'constructor_', '__proto__', 'NaN', 'Map', 'at f (a.js:1:2)', 'Symbol(k)', '[a]', '$metadata', 'x'.repeat(90), 'toString', 'a.b', '-1', '1.5'];
const key = () => (happens(0.8) ? pick(KEYS) : text(4));
const SYMBOLS = ['s', '', 'a b', 'x(y)', 'Symbol.iterator', "it's", 'a, b: c', 'a] b', '日本', '{ x }', 'k'];
const symbol = () => (happens(0.1) ? Symbol.iterator : happens(0.1) ? Symbol() : Symbol(pick(SYMBOLS)));

module.exports = { seed, random, below, pick, happens, times, text, longText, number, digits, bigint, key, symbol };
