'use strict';

/** A search that cannot be carried out. */
class FinderError extends Error {
  constructor(message) {
    super(message);
    this.name = 'FinderError';
  }
}

module.exports = { FinderError };
