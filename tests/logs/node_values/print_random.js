// Prints random values as this Node's console.log would, one JSON object a line: the message, and for each
// dump in it where it stands and what it says.
// Usage: node print_random.js <seed> <count>
'use strict';
const util = require('util');
const { below, happens, pick, seed } = require('./chance');
const { make, makePlain, forget } = require('./containers');
const { DumpOf } = require('./dump_of');
require('./errors');
const { loadModules } = require('./oddities');

const BEFORE = ['Start syncing the balance', 'a: b', '{', "it's [ 1 ]", 'Error', '100', 'سلام'];
const AFTER = ['arn:aws:sns:eu-west-1:1:topic', 'and on', "it's", '/again', '- done', '5 ms', '😀'];

const characters = (s) => Array.from(s).length; // as Python counts them
// A date and an object are two arguments, or the one has the other's properties: both are printed alike, and
// the reader takes them for two. So it does with regular expressions and boxed values.
const { isDate, isRegExp, isBoxedPrimitive } = util.types;
const printed = (made) => (made.of || made).value; // of a proxy, its target
function makeRoot() {
  for (;;) {
    const made = make(0);
    const value = printed(made);
    if (made.custom) continue; // at the root text like any other
    if (made.empty || !(isDate(value) || isRegExp(value) || isBoxedPrimitive(value))) return made;
  }
}
// An error or a function takes an object that follows as its own properties, for the same reason.
const takesWhatFollows = (value) => typeof value === 'function' || util.types.isNativeError(value);

function asConsoleLog() { // console.log(text, value, …): default options
  const made = [makeRoot()];
  const args = [made[0].value];
  if (happens(0.5)) args.unshift(pick(BEFORE));
  if (happens(0.4)) {
    if (happens(0.5) || takesWhatFollows(printed(made[0]))) args.push(pick(AFTER));
    if (happens(0.5)) { made.push(makeRoot()); args.push(made[1].value); }
  }
  const dumps = [];
  for (const one of made) {
    const before = args.slice(0, args.indexOf(one.value));
    if (typeof one.value === 'string') continue; // printed as it is
    const start = before.length ? characters(util.format(...before)) + 1 : 0;
    dumps.push({ start, says: new DumpOf().tell(one), end: characters(util.format(...before, one.value)) });
  }
  return { printed: util.format(...args), dumps, plain: args.length === 1 };
}
function asFormat() { // console.log('… %o …', value)
  const [directive, options] = pick([['%o', { showHidden: true, depth: 4 }], ['%O', {}], ['%O', {}]]);
  const made = directive === '%o' ? makePlain(0) : makeRoot();
  const [noise, ...values] = pick([[''], ['%d%% ', 5], ['%s, ', 'it\'s'], ['%j ', { a: '}' }], ['%i ', 1.5], ['%c', 'css'], ['%f ', 0.5]]);
  const before = `${noise}text `;
  const after = takesWhatFollows(printed(made)) ? ' after' : pick(['', ' after', ')', ', x']);
  const dump = new DumpOf(options);
  const start = characters(util.format(before, ...values));
  return { printed: util.format(`${before}${directive}${after}`, ...values, made.value),
    dumps: [{ start, says: dump.tell(made), end: characters(util.format(`${before}${directive}`, ...values, made.value)) }] };
}
function asOptions() { // util.inspect(value, …): layouts that an application may set
  const made = makeRoot();
  const chosen = { depth: pick([Infinity, Infinity, 0, 1, 4]), maxArrayLength: pick([Infinity, 100, 3, 1, 0]), maxStringLength: pick([Infinity, 20, 1]),
    breakLength: pick([20, 40, 80, 128, Infinity]), compact: pick([false, 0, 1, 3, 6]) };
  const text = util.inspect(made.value, { ...chosen, colors: happens(0.3) });
  return { printed: text, dumps: [{ start: 0, says: new DumpOf(chosen).tell(made), end: characters(text) }] };
}

async function main() {
  seed(Number(process.argv[2]));
  await loadModules();
  for (let n = Number(process.argv[3]); n > 0; n--) {
    forget();
    const which = below(10);
    const made = which < 6 ? asConsoleLog() : which < 7 ? asFormat() : asOptions();
    if (!process.stdout.write(JSON.stringify(made) + '\n')) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
process.on('unhandledRejection', () => {});
main().catch((error) => { console.error(error); process.exitCode = 1; });
