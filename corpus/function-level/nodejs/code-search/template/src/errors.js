'use strict';

/** What git cannot do, such as reading a revision that does not exist. */
class GitError extends Error {
  constructor(message) {
    super(message);
    this.name = 'GitError';
  }
}

module.exports = { GitError };
