// Random values without anything inside.
'use strict';
const { inspect } = require('util');
const { below, bigint, digits, happens, longText, number, pick, random, symbol, text } = require('./chance');

const leaf = (value, told) => ({ value, empty: true, inside: () => told });
const aNumber = (n) => leaf(n, ['number', digits(n)]);
const aString = (s) => ({ value: s, empty: true, inside: (dump) => dump.string(s) });

const REGEXPS = ["a\"b'c", '[/\\]}]', '(?:)', 'x{2,}', '\\/', '[\\[`]+', '^[\\w.]+@\\w+$', ' ', "it's", ', a: 1 }', '日本|é', '[^/]*\\\\'];
function aRegExp() {
  const source = pick(REGEXPS);
  try {
    return new RegExp(source, pick(['', 'g', 'gi', 'u', 'msy']));
  } catch (error) {
    return new RegExp(source); // unicode mode is stricter
  }
}
function aDate() {
  return new Date(happens(0.1) ? NaN : happens(0.1) ? pick([8.64e15, -8.64e15, -1, 0]) : Math.round((random() - 0.3) * 1e13));
}
const dateText = (d) => (isNaN(d) ? 'Invalid Date' : d.toISOString());

const CUSTOM = ["new ObjectId('65a')", 'new ObjectId("65a")', "ObjectId('65a')", 'Moment<2020-01-01T00:00:00+03:00>', "new UUID('1-2')",
  'new Long("12", true)', "new Timestamp({ t: 1, i: 2 })", 'Binary.createFromBase64("aGk=", 0)', 'new Decimal128("12.50")', 'Decimal<1.5>'];
function aCustom() {
  const printed = pick(CUSTOM);
  return { ...leaf({ [inspect.custom]: () => printed }, ['custom', printed]), custom: true };
}

function makeLeaf() {
  switch (below(17)) {
    case 0: return leaf(null, ['null']);
    case 1: return leaf(undefined, ['undefined']);
    case 2: { const b = happens(0.5); return leaf(b, ['boolean', b]); }
    case 3: { const n = bigint(); return leaf(n, ['bigint', String(n)]); }
    case 4: { const d = aDate(); return leaf(d, ['date', dateText(d)]); }
    case 5: { const s = symbol(); return leaf(s, ['symbol', s.toString()]); }
    case 6: { const r = aRegExp(); return leaf(r, ['regexp', String(r)]); }
    case 7: return happens(0.3) ? aCustom() : aString(text(4));
    case 8: case 9: case 10: return aNumber(number());
    case 11: return aString(happens(0.01) ? longText() : text(30));
    default: return aString(text(8));
  }
}
// What %o, which shows hidden properties too, prints without any.
function makePlainLeaf() {
  switch (below(6)) {
    case 0: return leaf(null, ['null']);
    case 1: return leaf(undefined, ['undefined']);
    case 2: { const n = bigint(); return leaf(n, ['bigint', String(n)]); }
    case 3: { const d = aDate(); return leaf(d, ['date', dateText(d)]); }
    case 4: return aNumber(number());
    default: return aString(text(8));
  }
}

module.exports = { leaf, aNumber, aString, aRegExp, aDate, dateText, makeLeaf, makePlainLeaf };
