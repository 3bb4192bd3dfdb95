'use strict';

function {{camel}}(value) {
  throw new Error('TO BE WRITTEN: a solution that does what the brief says, and that no attack harms');
}

module.exports = { {{camel}} };
