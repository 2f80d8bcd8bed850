// What a dump says of a value: all of it, but for what the options and this Node's habits leave out.
//
// A value comes with a description: { value, empty, inside(dump, level) }. `inside` tells in tagged arrays
// what is printed when the value is entered; an empty one is printed whole at any depth.
'use strict';
const { inspect } = require('util');

// Majors differ, and so do their releases: what this Node does is asked of it.
const NUMBERS_CIRCLES = /\*1/.test(inspect((() => { const o = {}; o.o = o; return o; })()));
const CUTS_COLLECTIONS = /more item/.test(inspect(new Set([1, 2]), { maxArrayLength: 1 }));
const SIZES_COLLECTIONS = inspect(new Map()) === 'Map(0) {}';
const HIDES_LENGTHS = /\[byteLength\]/.test(inspect(new ArrayBuffer(1)));
const LONGEST_STRING = /more/.test(inspect('x'.repeat(10001))) ? 10000 : Infinity;

// `[Function]` is a function with properties of its own that are too deep, and in Node 12 also any function
// without a name: it is taken for the one below the depth of console.log, and for the other above.
const isUnnamed = (printed) => /^\[(Async)?(Generator)?Function\]$/.test(printed);
const unnamed = (printed, level) => (level > 2 ? ['omitted', printed] : ['function', printed, []]);

class DumpOf {
  constructor({ depth = 2, maxArrayLength = 100, maxStringLength = LONGEST_STRING, showHidden = false } = {}) {
    Object.assign(this, { depth, maxArrayLength, maxStringLength, showHidden });
    this.path = []; // the descriptions that are being told
    this.circles = new Map();
  }

  tell(made, level = 0) {
    const printed = made.of || made; // of a proxy, its target
    if (this.path.includes(printed)) {
      if (!this.circles.has(printed)) this.circles.set(printed, this.circles.size + 1);
      return ['circular', NUMBERS_CIRCLES ? this.circles.get(printed) : 0];
    }
    if (made.empty && !(this.showHidden && made.hides)) return made.inside(this, level);
    if (level > this.depth) {
      if (made.tooDeep) return made.tooDeep();
      const name = inspect(made.value, { depth: -1, showHidden: this.showHidden });
      return isUnnamed(name) ? unnamed(name, level) : ['omitted', name];
    }
    this.path.push(printed);
    const told = made.inside(this, level + 1);
    this.path.pop();
    return this.circles.has(printed) && NUMBERS_CIRCLES ? ['ref', this.circles.get(printed), told] : told;
  }

  string(s) {
    const more = s.length - this.maxStringLength;
    return more > 0 ? ['cut', s.slice(0, this.maxStringLength), more] : ['string', s];
  }

  // What stands between the brackets of an array: a description each, or a hole.
  items(list, level, longest = this.maxArrayLength) {
    const told = [];
    let index = 0;
    while (index < list.length && told.length < longest) {
      if (list[index]) {
        told.push(this.tell(list[index++], level));
      } else {
        const first = index;
        while (index < list.length && !list[index]) index++;
        told.push(['holes', index - first]);
      }
    }
    if (index < list.length) told.push(['more', list.length - index]);
    return told;
  }

  entries(list, tellOne) { // of maps and sets
    const longest = CUTS_COLLECTIONS ? this.maxArrayLength : Infinity;
    const told = list.slice(0, longest).map(tellOne);
    if (list.length > longest) told.push(['more', list.length - longest]);
    return told;
  }

  fields(list, level) {
    return list.map(([key, made]) => [key, this.tell(made, level)]);
  }
}

module.exports = { DumpOf, isUnnamed, unnamed, HIDES_LENGTHS, SIZES_COLLECTIONS };
