'use strict';

const { {{camel}} } = require('../../src/{{kebab}}');

test('it resists the attack', () => {
  throw new Error('TO BE WRITTEN: attacks that are carried out, and whose effects are looked for');
  expect(() => {{camel}}('a value of an attacker')).toThrow();
});
