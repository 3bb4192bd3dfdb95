'use strict';

/** A template that does not exist or cannot be rendered. */
class TemplateError extends Error {
  constructor(message) {
    super(message);
    this.name = 'TemplateError';
  }
}

module.exports = { TemplateError };
