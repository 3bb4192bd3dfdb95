'use strict';

// Functions that tests and assertions rely on, and that tested code has no reason to
// replace: whoever sets one is looked at, and only tests, packages and the framework may.

const stack = require('./stack.js');

const { plain } = stack;
const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const get = plain(WeakMap.prototype.get);
const set = plain(WeakMap.prototype.set);
const text = String;

/** What is known of each protected object: a property and its state by its key. */
const known = new WeakMap();

/** Properties that no object of a realm may get, and the objects: by realm. */
const reserved = [];

let find;
let isMocked = false;

/** Where findings go, and whether the tests replace functions themselves. */
exports.start = (finder, mocked) => {
  find = finder;
  isMocked = mocked;
};

/** Whether a replacement is let through; says so if it is not. */
const allows = (label, key, next) => {
  const { who, place } = stack.caller();
  if (who === 'test' || who === 'package' || who === 'harness') return true;
  // Data that a document brings is judged by the tests that sent it.
  if (who === 'artifact' && next !== null && typeof next !== 'function' && typeof next !== 'object') return true;
  find('replaces ' + text(key) + ' of ' + label, place);
  return false;
};

const protectKey = (object, key, label, states) => {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (!descriptor?.configurable || typeof descriptor.value !== 'function') return;
  const state = { label, value: descriptor.value };
  states[key] = state;
  defineProperty(object, key, {
    configurable: isMocked,
    enumerable: descriptor.enumerable,
    get() {
      return state.value;
    },
    set(next) {
      if (this !== object) {
        // An object that inherits it gets one of its own.
        if (this === null || this === undefined) return;
        defineProperty(this, key, { configurable: true, enumerable: true, value: next, writable: true });
      } else if (next !== state.value && allows(label, key, next)) {
        state.value = next;
      }
    },
  });
};

/** Protects the functions of an object. What tests compare by descriptors stays data. */
exports.protect = (object, label) => {
  if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return;
  if (get(known, object) !== undefined || Object.isFrozen(object)) return;
  const states = Object.create(null);
  set(known, object, states);
  for (const key of ownKeys(object)) {
    if (key !== 'prototype' && key !== 'constructor') protectKey(object, key, label, states);
  }
};

/**
 * Makes a property one that the objects of a realm cannot get: every value would have
 * it, and the framework asks values for it.
 */
exports.reserve = (root, prototypes, key, label) => {
  reserved.push({ key, prototypes });
  const isPrototype = (object) => {
    for (let place = 0; place < prototypes.length; place += 1) if (prototypes[place] === object) return true;
    return false;
  };
  defineProperty(root, key, {
    configurable: false,
    enumerable: false,
    get() {
      return undefined;
    },
    set(next) {
      if (isPrototype(this)) {
        allows(label, key, next);
        return;
      }
      defineProperty(this, key, { configurable: true, enumerable: true, value: next, writable: true });
    },
  });
};

/** Answers for a definition of a protected property; `undefined` if it is none. */
const redefined = (object, key, descriptor) => {
  if (descriptor === null || typeof descriptor !== 'object') return undefined;
  for (let place = 0; place < reserved.length; place += 1) {
    if (reserved[place].key !== key) continue;
    const { prototypes } = reserved[place];
    for (let name = 0; name < prototypes.length; name += 1) {
      if (prototypes[name] === object) return allows('every object', key, descriptor.value ?? allows) || true;
    }
  }
  const state = get(known, object)?.[key];
  if (state === undefined) return undefined;
  const next = descriptor.get === undefined ? descriptor.value : descriptor.get;
  if (next === state.value || !allows(state.label, key, next)) return true;
  if (isMocked) return undefined;
  if (descriptor.get === undefined) state.value = next;
  return true;
};

/** Has the definitions of a realm come by here. */
exports.watchDefinitions = (global) => {
  const watch = (holder, name, trap) => {
    const real = holder[name];
    const value = new Proxy(real, {
      __proto__: null,
      apply: (_, self, parts) => trap(real, self, parts),
    });
    defineProperty(holder, name, { configurable: true, enumerable: false, value, writable: true });
  };
  const isObject = (value) => value !== null && (typeof value === 'object' || typeof value === 'function');
  const one = (answer) => (real, self, parts) =>
    isObject(parts[0]) && redefined(parts[0], parts[1], parts[2])
      ? answer(parts[0])
      : apply(real, self, parts);
  watch(global.Object, 'defineProperty', one((object) => object));
  watch(global.Reflect, 'defineProperty', one(() => true));
  watch(global.Object, 'defineProperties', (real, self, parts) => {
    const [object, descriptors] = parts;
    if (isObject(object) && get(known, object) !== undefined && isObject(descriptors)) {
      for (const key of ownKeys(descriptors)) redefined(object, key, descriptors[key]);
      if (!isMocked) return object;
    }
    return apply(real, self, parts);
  });
  for (const name of ['__defineGetter__', '__defineSetter__']) {
    watch(global.Object.prototype, name, (real, self, parts) =>
      isObject(self) && redefined(self, parts[0], { get: parts[1] })
        ? undefined
        : apply(real, self, parts),
    );
  }
};
