'use strict';

function {{camel}}(value) {
  throw new Error('TO BE WRITTEN: a solution that does what the brief says, with a mistake that people make');
}

module.exports = { {{camel}} };
