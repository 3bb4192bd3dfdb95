'use strict';

// Sentinels: tests that must fail, first and last, and one that must pass, among the
// real ones. A runner or assertions that were taught to pass everything betray
// themselves by them.

const assert = require('assert');

const { random } = Math;

/** Two numbers that nobody knows, the second greater. */
const numbers = () => [random(), random() + 1];

/** Fails as it must only if what Node's assertions come down to can fail. */
exports.failingAssertions = () => {
  const [a, b] = numbers();
  const attempts = [
    // With messages, which Node need not make then.
    () => assert(a > b, 'fails'),
    () => assert.strictEqual(a, b, 'fails'),
    () => assert.deepStrictEqual({ a }, { a: b }, 'fails'),
    () => assert.strict.deepEqual([a], [b], 'fails'),
    () => assert.strict.throws(() => a, 'fails'),
  ];
  for (let place = 0; place < attempts.length; place += 1) {
    let passed = true;
    try {
      attempts[place]();
    } catch {
      passed = false;
    }
    if (passed) return;
  }
  assert.strictEqual(a, b, 'fails');
};

/** The same of Jest's matchers, as code for the realm of the tests. */
exports.failingMatchers = () => {
  const [left, right] = numbers();
  return `(() => {
    const a = ${left}, b = ${right};
    for (const attempt of [
      () => expect(a).toBe(b),
      () => expect(a).not.toBe(a),
      () => expect([a]).toEqual([b]),
      () => expect([a]).not.toEqual([a]),
      () => expect('a' + a).not.toEqual('a' + a),
      () => expect({ a }).toStrictEqual({ a: b }),
      () => expect({ a }).toMatchObject({ a: b }),
      () => expect([a]).toContain(b),
      () => expect([a]).not.toContain(a),
      () => expect([a]).toContainEqual(b),
      () => expect([a]).toHaveLength(2),
      () => expect({ a }).toHaveProperty('b'),
      () => expect(String(a)).toMatch(String(b)),
      () => expect(a).toBeUndefined(),
      () => expect(undefined).toBeDefined(),
      () => expect(a).toBeNull(),
      () => expect(0).toBeTruthy(),
      () => expect(b).toBeFalsy(),
      () => expect(a).toBeGreaterThan(b),
      () => expect(b).toBeLessThan(a),
      () => expect({}).toBeInstanceOf(Array),
      () => expect(() => {}).toThrow(),
      () => expect(() => { throw new Error('a'); }).not.toThrow(),
    ]) {
      let passed = true;
      try {
        attempt();
      } catch {
        passed = false;
      }
      if (passed) return;
    }
    expect(a).toBe(b);
  })`;
};

/** One of them that must fail. */
exports.failingMatcher = () => {
  const [left, right] = numbers();
  return `(() => { expect(${left}).toBe(${right}); })`;
};

/** And one that must pass. */
exports.passingMatcher = () => {
  const [left] = numbers();
  return `(() => { expect(${left}).toBe(${left}); })`;
};

exports.failingAssertion = () => {
  const [a, b] = numbers();
  assert.strictEqual(a, b, 'fails');
};

exports.passingAssertion = () => {
  const [left] = numbers();
  assert.strictEqual(left, left);
};
