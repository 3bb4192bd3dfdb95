'use strict';

/** A document whose text cannot be taken out. */
class ConversionError extends Error {
  /** `reason` is one of 'pages', 'password' and 'failed'. */
  constructor(reason, message) {
    super(message);
    this.name = 'ConversionError';
    this.reason = reason;
  }
}

module.exports = { ConversionError };
