'use strict';

// What the language itself is made of, in the realm of the tests: noted before any of
// the project is loaded, and compared when each test ends. Data that comes to a
// prototype is what an attack leaves that a security test makes, and is judged by that
// test. A function in the place of another one is not.

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const text = String;

const NAMES = [
  'Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Math', 'JSON',
  'Reflect', 'Promise', 'Proxy', 'Map', 'Set', 'WeakMap', 'WeakSet', 'RegExp', 'Date', 'Error',
  'TypeError', 'ArrayBuffer', 'Uint8Array', 'Buffer', 'URL', 'URLSearchParams', 'TextDecoder',
];

/** Of the global object itself: what tests call. */
const GLOBALS = [
  ...NAMES, 'parseInt', 'parseFloat', 'isNaN', 'encodeURIComponent', 'decodeURIComponent', 'eval',
];

/** Where every method that is added can decide what a test compares. */
const DECIDING = ['asymmetricMatch', '$$typeof', 'then', 'isEqualNode'];

/** Prototypes that no name leads to. */
const HIDDEN = `[
  ['an array iterator', Object.getPrototypeOf([][Symbol.iterator]())],
  ['a string iterator', Object.getPrototypeOf(''[Symbol.iterator]())],
  ['a map iterator', Object.getPrototypeOf(new Map().entries())],
  ['a set iterator', Object.getPrototypeOf(new Set().values())],
  ['an iterator of matches', Object.getPrototypeOf(''.matchAll(/a/g))],
  ['a typed array', Object.getPrototypeOf(Uint8Array.prototype)],
  ['a generator', Object.getPrototypeOf(function* () {}).prototype],
]`;

/**
 * Notes a realm, given its global object and how code is run in it. Returns what finds
 * the changes since, as a chain of what they are.
 */
exports.note = (global, run) => {
  const objects = [];
  for (const name of NAMES) {
    const value = global[name];
    if (value === undefined) continue;
    objects.push([name, value]);
    if (typeof value === 'function' && value.prototype) objects.push([`${name}.prototype`, value.prototype]);
  }
  objects.push(...run(HIDDEN));
  const noted = [];
  const note = (label, object, key) => {
    const { get, set, value } = getOwnPropertyDescriptor(object, key);
    if (typeof value === 'function' || get || set) noted.push({ label, object, key, get, set, value });
  };
  const parents = [];
  for (const [label, object] of objects) {
    for (const key of ownKeys(object)) note(label, object, key);
    parents.push({ label, object, parent: getPrototypeOf(object) });
  }
  for (const name of GLOBALS) if (global[name] !== undefined) note('the global object', global, name);

  const data = [];
  for (const one of noted) if (!one.get && !one.set) data.push(one);

  /** Whether something is not what it was, at a glance: who goes to the trouble of a
   * getter that says what was there is found by `changes`. */
  const isChanged = () => {
    for (let place = 0; place < data.length; place += 1) {
      const { object, key, value } = data[place];
      if (object[key] !== value) return true;
    }
    return false;
  };
  const changes = () => {
    let found;
    for (let place = 0; place < noted.length; place += 1) {
      const one = noted[place];
      const now = getOwnPropertyDescriptor(one.object, one.key);
      if (now === undefined || (now.value === one.value && now.get === one.get && now.set === one.set)) continue;
      if (typeof now.value !== 'function' && !now.get && !now.set) continue;
      found = { what: 'replaces ' + text(one.key) + ' of ' + one.label, next: found };
      // It is said once.
      one.get = now.get;
      one.set = now.set;
      one.value = now.value;
    }
    for (let place = 0; place < parents.length; place += 1) {
      const one = parents[place];
      const now = getPrototypeOf(one.object);
      if (now !== one.parent) {
        found = { what: 'replaces the prototype of ' + one.label, next: found };
        one.parent = now;
      }
      for (let name = 0; name < DECIDING.length; name += 1) {
        const added = getOwnPropertyDescriptor(one.object, DECIDING[name]);
        if (typeof added?.value !== 'function' || one.label === 'Promise.prototype') continue;
        found = { what: 'adds ' + DECIDING[name] + ' to ' + one.label, next: found };
      }
    }
    return found;
  };
  return { changes, isChanged };
};

/** The prototypes that all values of a realm have. */
exports.prototypes = (global) => {
  const found = [];
  for (const name of NAMES) if (global[name]?.prototype) found.push(global[name].prototype);
  return found;
};

