'use strict';

/** A delivery that is not accepted. */
class DeliveryRejected extends Error {
  constructor(message) {
    super(message);
    this.name = 'DeliveryRejected';
  }
}

module.exports = { DeliveryRejected };
