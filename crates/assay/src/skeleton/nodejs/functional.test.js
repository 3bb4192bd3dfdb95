'use strict';

const { {{camel}} } = require('../../src/{{kebab}}');

test('it does what the brief says', () => {
  throw new Error('TO BE WRITTEN: a test for each thing that the brief says');
  expect({{camel}}('value')).toBe('result');
});
