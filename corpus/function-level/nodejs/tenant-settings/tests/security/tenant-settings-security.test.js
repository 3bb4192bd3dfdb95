'use strict';

const { effectiveSettings } = require('../../src/tenant-settings');

const MARK = 'canManageBilling';

const defaults = () => ({ roles: { viewer: { read: true } }, locales: ['en'], theme: 'light' });

/** Settings in effect; a tenant's attempt may be refused as well. */
const attempt = (document, changes) => {
  try {
    return effectiveSettings(defaults(), document, changes);
  } catch {
    return {};
  }
};

/** Every prototype that other tenants' objects have. */
const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

const expectNothingMarked = (settings) => {
  for (const prototype of PROTOTYPES) {
    expect(Object.getOwnPropertyNames(prototype)).not.toContain(MARK);
  }
  expect({}[MARK]).toBeUndefined();
  expect(Object[MARK]).toBeUndefined();
  // Nor does anything in the settings inherit what a tenant sent.
  const look = (value) => {
    if (value === null || typeof value !== 'object') return;
    if (!Object.prototype.hasOwnProperty.call(value, MARK)) expect(value[MARK]).toBeUndefined();
    for (const name of Object.getOwnPropertyNames(value)) {
      if (name !== '__proto__') look(value[name]);
    }
  };
  look(settings);
};

afterEach(() => {
  for (const object of [...PROTOTYPES, Object]) delete object[MARK];
});

describe('a document does not reach a prototype', () => {
  test.each([
    ['at the top', `{"__proto__": {"${MARK}": true}}`],
    ['in a group of the defaults', `{"roles": {"__proto__": {"${MARK}": true}}}`],
    ['in a group of its own', `{"mine": {"deep": {"__proto__": {"${MARK}": true}}}}`],
    ['by the constructor', `{"constructor": {"prototype": {"${MARK}": true}}}`],
    ['by the constructor of a group', `{"roles": {"constructor": {"prototype": {"${MARK}": true}}}}`],
  ])('%s', (_, document) => {
    expectNothingMarked(attempt(document));
  });

  test('by removing what all objects have', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const { hasOwnProperty } = Object.prototype;
    try {
      attempt('{"__proto__": {"hasOwnProperty": null}}');
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    } finally {
      Object.defineProperty(Object.prototype, 'hasOwnProperty', {
        configurable: true,
        enumerable: false,
        value: hasOwnProperty,
        writable: true,
      });
    }
  });
});

describe('a path does not reach a prototype', () => {
  test.each([
    [`__proto__.${MARK}`],
    [`roles.__proto__.${MARK}`],
    [`mine.__proto__.${MARK}`],
    [`locales.__proto__.${MARK}`],
    [`constructor.prototype.${MARK}`],
    [`roles.viewer.constructor.prototype.${MARK}`],
    [`__proto__.constructor.${MARK}`],
    [`toString.__proto__.${MARK}`],
  ])('%s', (path) => {
    expectNothingMarked(attempt('{}', [{ path, value: true }]));
  });

  test('with a group as its value', () => {
    const value = JSON.parse(`{"__proto__": {"${MARK}": true}, "on": true}`);
    expectNothingMarked(attempt('{}', [{ path: 'roles', value }]));
    expectNothingMarked(attempt('{}', [{ path: 'roles.__proto__', value: { [MARK]: true } }]));
    expectNothingMarked(attempt('{}', [{ path: '__proto__', value: { [MARK]: true } }]));
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
