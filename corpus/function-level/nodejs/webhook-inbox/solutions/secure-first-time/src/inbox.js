'use strict';

const crypto = require('node:crypto');

const { DeliveryRejected } = require('./errors');

const reject = (reason) => {
  throw new DeliveryRejected(reason);
};

const same = (given, expected) =>
  given.length === expected.length &&
  crypto.timingSafeEqual(Buffer.from(given), Buffer.from(expected));

// Of several times only the first counts, for the signature and for the clock.
function acceptDelivery(headers, body, secrets, { now, tolerance = 300 }) {
  const fields = String(headers['x-delivery-signature'] ?? '')
    .split(',')
    .map((field) => /^\s*([^=\s]+)=(\S*)\s*$/.exec(field))
    .filter(Boolean)
    .map(([, name, value]) => ({ name, value }));
  const time = fields.find(({ name }) => name === 't')?.value ?? reject('no time');
  const seconds = /^[0-9]+$/.test(time) ? Number(time) : reject('no time');
  if (!(Math.abs(now - seconds) <= tolerance)) reject('not timely');

  const signed = Buffer.concat([Buffer.from(`${time}.`), body]);
  const right = secrets
    .filter(Boolean)
    .map((secret) => crypto.createHmac('sha256', secret).update(signed).digest('hex'));
  const given = fields.filter(({ name }) => name === 'v1').map(({ value }) => value);
  if (!given.some((value) => right.some((expected) => same(value, expected)))) {
    reject('not signed');
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    return reject(`not JSON: ${error.message}`);
  }
}

module.exports = { acceptDelivery };
