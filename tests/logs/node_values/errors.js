// Random errors: stacks, messages, classes, causes, aggregates, and their own properties.
'use strict';
const { inspect, types } = require('util');
const { below, happens, pick, times } = require('./chance');
const { kinds, make, putFields, within } = require('./containers');
const { aString, makeLeaf } = require('./leaves');

const bare = (error, value) => { error.stack = 'Error'; return Object.defineProperty(error, ...value); };
const SHOWS_CAUSE = /cause/.test(inspect(bare(new Error(), ['cause', { value: 1 }])));
const SHOWS_ERRORS = /errors/.test(inspect(bare(new Error(), ['errors', { value: [] }])));
const COLLAPSES = /collapsed/.test(inspect(Object.assign(new Error('m'), { stack: 'Error: m' + '\n    at f (a.js:1:2)'.repeat(30) })));

let line = 0; // no two frames are alike, unless they are meant to be
const FRAMES = [(n) => `f (file:///app/index.mjs:${n}:2)`, (n) => `async Runtime.handleOnce (/var/runtime/(x)/Runtime.js:${n}:25)`,
  (n) => `/var/task/index.js:${n}:20`, (n) => `eval (eval at g (/a.js:1:1), <anonymous>:${n}:7)`, (n) => `new Foo [as bar] (/a.js:${n}:1)`,
  (n) => `Object.<anonymous> (/var/task/node_modules/@a/b/index.js:${n}:3)`, (n) => `processTicksAndRejections (node:internal/process/task_queues:${n}:5)`,
  (n) => `async Promise.all (index ${n})`, (n) => `async file:///var/task/handler.mjs:${n}:3`, (n) => `C:\\app\\x, y.js:${n}:1`,
  (n) => `Tx.[Symbol.iterator] (/a{b}.js:${n}:1)`, (n) => `async Promise.allSettled (index ${n})`];
const ANONYMOUS = ['Array.map (<anonymous>)', '<anonymous>', 'new Promise (<anonymous>)', 'JSON.parse (<anonymous>)', 'String.replace (native)'];
const frame = () => `at ${happens(0.15) ? pick(ANONYMOUS) : pick(FRAMES)(++line)}`;
const unique = () => `at ${pick(FRAMES)(++line)}`;

const MESSAGES = ['plain', "can't [read] {x}", 'a: b, c', '', 'two\n  lines, [ 1 ]\n\nand more', '"quoted" }', 'Error: again', '日本',
  'Unexpected token } in JSON at position 5', 'connect ECONNREFUSED 127.0.0.1:3306', '[ 1, 2 ]', 'ends with a colon:', "a 'quoted', b",
  'Validation failed: {\n  "a": [\n    1\n  ]\n}', 'path: /a/b.js:1:2', 'undefined', 'x => y', '<ref *1> [Circular *1]', 'trailing space '];

class Odd extends TypeError {}
class SyncError extends Error {}
class Tagged extends Error { get [Symbol.toStringTag]() { return 'tag'; } }
class ResourceNotFoundException extends Error {}
// Each: how the value is made, what its stack begins with, and what Node makes of that.
const CLASSES = [
  () => [new Error(), 'Error', 'Error'], () => [new Error(), 'Error', 'Error'], () => [new TypeError(), 'TypeError', 'TypeError'],
  () => [new RangeError(), 'RangeError', 'RangeError'], () => [new Odd(), 'TypeError', 'Odd [TypeError]'],
  () => [new SyncError(), 'Error', 'SyncError'], () => [new Tagged(), 'Error', 'Tagged [tag] [Error]'],
  () => [Object.setPrototypeOf(new TypeError(), null), 'TypeError', '[TypeError: null prototype]'],
  () => [Object.defineProperty(new ResourceNotFoundException(), 'name', { value: 'ResourceNotFoundException', configurable: true }),
    'ResourceNotFoundException', 'ResourceNotFoundException'],
  () => [new TypeError(), 'TypeError [ERR_INVALID_ARG_TYPE]', 'TypeError [ERR_INVALID_ARG_TYPE]'],
];
const RESERVED = new Set(['name', 'message', 'stack', 'cause', 'errors', 'toString']);
const besideErrors = (name) => !RESERVED.has(name);

const hide = (target, name, value, enumerable = false) => Object.defineProperty(target, name, { value, enumerable, configurable: true, writable: true });

// Frames of an error that was thrown while its cause was known: the outer part is the same and is cut.
function sharedFrames(inner) {
  const shared = Array.from({ length: 4 + below(4) }, unique);
  inner.push(...shared);
  const own = [unique()];
  return { printed: own.concat(shared), kept: [...own, shared[0], `... ${shared.length - 2} lines matching cause stack trace ...`, shared[shared.length - 1]] };
}
// A function that calls itself: since Node 24 its frames are told once.
function repeatedFrames() {
  const again = unique();
  const repeats = 10 + below(10);
  const [before, after] = [unique(), unique()];
  const printed = [before, ...Array(repeats).fill(again), after];
  const told = `... collapsed ${repeats - 1} duplicate lines matching above 1 lines ${repeats - 1} times...`;
  return { printed, kept: COLLAPSES ? [before, again, told, after] : printed };
}
function someFrames() {
  if (happens(0.03)) return repeatedFrames();
  const printed = times(5, frame).concat(frame());
  return { printed, kept: printed };
}

// A cause that is an error stands in no other place, as one's frames are left out of the other's.
function besidesErrors(depth) {
  const made = make(depth);
  return types.isNativeError(made.value) || types.isProxy(made.value) ? makeLeaf() : made;
}
function anError(depth) { return within({}, (made) => fillError(made, depth, null)); }
function fillError(made, depth, given) {
  const [error, began, begins] = pick(CLASSES)();
  const message = pick(MESSAGES);
  hide(error, 'message', message);
  const rest = message && `: ${message}`;
  const frameless = !given && happens(0.15);
  const causeFrames = [unique()];
  const overlaps = SHOWS_CAUSE && !given && !frameless && happens(0.03);
  const { printed, kept } = frameless ? { printed: [], kept: [] } : given ? { printed: given, kept: given }
    : overlaps ? sharedFrames(causeFrames) : someFrames();
  hide(error, 'stack', [began + rest, ...printed.map((text) => `    ${text}`)].join('\n'));
  made.value = error;
  const fields = happens(0.5) ? [] : putFields(error, depth, 4, { allowed: besideErrors });
  if (happens(0.1)) {
    hide(error, 'code', 'E_CODE', true);
    if (!fields.some(([key]) => key[1] === 'code')) addField(fields, error, 'code', aString('E_CODE'));
  }
  if (!overlaps && happens(0.05) && error instanceof Error && !message.includes('\n')) {
    hide(error, 'name', 'SyncFailure', true);
    addField(fields, error, 'name', aString('SyncFailure'));
    if (began !== 'TypeError [ERR_INVALID_ARG_TYPE]') error.stack = error.stack.replace(began, 'Custom failure');
    return finish(made, fields, began === 'TypeError [ERR_INVALID_ARG_TYPE]' ? began + rest : 'Custom failure' + rest, kept, frameless);
  }
  const hidden = [];
  if (overlaps || happens(0.08)) {
    const cause = overlaps ? within({}, (inner) => fillError(inner, depth + 1, causeFrames)) : happens(0.5) ? anError(depth + 1) : besidesErrors(depth + 1);
    hide(error, 'cause', cause.value);
    if (SHOWS_CAUSE) hidden.push([['hidden', 'cause'], cause]);
  }
  if (happens(0.05)) {
    const errors = times(4, () => anError(depth + 2));
    hide(error, 'errors', errors.map((one) => one.value));
    const list = { value: error.errors, empty: errors.length === 0, inside: (dump, level) => ['array', '', dump.items(errors, level), []] };
    if (SHOWS_ERRORS) hidden.push([['hidden', 'errors'], list]);
  }
  return finish(made, fields.concat(hidden), begins + rest, kept, frameless);
}
function addField(fields, error, name, made) {
  const names = Reflect.ownKeys(error).filter((key) => typeof key === 'string');
  const before = new Set(names.slice(0, names.indexOf(name)));
  const place = fields.findIndex(([key]) => key[0] === 'symbol' || !before.has(key[1]));
  fields.splice(place < 0 ? fields.length : place, 0, [['string', name], made]);
}
function finish(made, fields, heading, kept, frameless) {
  made.empty = fields.length === 0;
  // Without message and stack an error looks like one that is too deep to print.
  const bareName = frameless && /^[\w$]+(?: \[[^\]]*\])*$/.test(heading);
  made.inside = (dump, level) => [bareName ? 'bare' : 'error', heading, kept, dump.fields(fields, level)];
  return made;
}

kinds.push(anError, anError);

module.exports = { anError };
