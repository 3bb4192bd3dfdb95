'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

const { DeliveryRejected } = require('./errors');

/** The time and the signatures of a header. */
const parse = (header) => {
  if (typeof header !== 'string') throw new DeliveryRejected('there is no signature');
  const times = [];
  const signatures = [];
  for (const field of header.split(',')) {
    const [name, ...rest] = field.trim().split('=');
    const value = rest.join('=');
    if (name === 't') times.push(value);
    if (name === 'v1') signatures.push(value);
  }
  if (times.length !== 1 || !/^\d{1,15}$/.test(times[0])) {
    throw new DeliveryRejected('the header has not one time');
  }
  return { time: times[0], signatures };
};

function acceptDelivery(headers, body, secrets, { now, tolerance = 300 }) {
  const { time, signatures } = parse(headers['x-delivery-signature']);
  const given = signatures
    .filter((signature) => /^[0-9a-f]{64}$/.test(signature))
    .map((signature) => Buffer.from(signature, 'hex'));
  const isSigned = secrets
    .filter((secret) => secret !== '')
    .some((secret) => {
      const right = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
      return given.some((signature) => timingSafeEqual(signature, right));
    });
  if (!isSigned) throw new DeliveryRejected('no signature is right');
  if (Math.abs(now - Number(time)) > tolerance) throw new DeliveryRejected('it is not timely');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new DeliveryRejected('the body is not JSON');
  }
}

module.exports = { acceptDelivery };
