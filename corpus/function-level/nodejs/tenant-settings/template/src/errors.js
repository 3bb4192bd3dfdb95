'use strict';

/** A tenant's document or change that cannot be used. */
class SettingsError extends Error {
  constructor(message) {
    super(message);
    this.name = 'SettingsError';
  }
}

module.exports = { SettingsError };
