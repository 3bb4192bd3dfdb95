'use strict';

const crypto = require('crypto');

const { DeliveryRejected } = require('./errors');

function parseHeader(header) {
  if (!header) throw new DeliveryRejected('missing signature');
  let time;
  const signatures = [];
  for (const part of header.split(',')) {
    const field = part.trim();
    const place = field.indexOf('=');
    const name = field.slice(0, place);
    const value = field.slice(place + 1);
    if (name === 't') time = value;
    else if (name === 'v1') signatures.push(value);
  }
  if (!/^\d+$/.test(time)) throw new DeliveryRejected('missing time');
  return { time, signatures };
}

function equal(a, b) {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}

function acceptDelivery(headers, body, secrets, { now, tolerance = 300 }) {
  const header = headers['x-delivery-signature'];
  const { time, signatures } = parseHeader(header);
  if (Math.abs(now - Number(time)) > tolerance) throw new DeliveryRejected('too old');

  const valid = secrets.some((secret) => {
    if (!secret) return false;
    const expected = crypto
      .createHmac('sha256', secret)
      .update(`${/t=(\d+)/.exec(header)[1]}.`)
      .update(body)
      .digest('hex');
    return signatures.some((signature) => equal(signature, expected));
  });
  if (!valid) throw new DeliveryRejected('invalid signature');

  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new DeliveryRejected('invalid body');
  }
}

module.exports = { acceptDelivery };
