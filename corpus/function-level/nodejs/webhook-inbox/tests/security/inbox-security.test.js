'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');

const { DeliveryRejected } = require('../../src/errors');
const { acceptDelivery } = require('../../src/inbox');

const NOW = 1767225600;
const SECRET = 'whsec_6b1f';
const body = Buffer.from('{"id":"pay_1","amount":1250}');
const forged = Buffer.from('{"id":"pay_1","amount":9999}');

const sign = (content, secret = SECRET, t = NOW) =>
  createHmac('sha256', secret).update(`${t}.`).update(content).digest('hex');

const rejects = (value, content, secrets = [SECRET]) =>
  assert.throws(
    () => acceptDelivery({ 'x-delivery-signature': value }, content, secrets, { now: NOW }),
    DeliveryRejected,
  );

describe('a forged delivery is rejected', () => {
  it('under the signature of another body', () => {
    rejects(`t=${NOW},v1=${sign(body)}`, forged);
  });

  it('under no signature at all', () => {
    rejects(`t=${NOW},v1=`, forged);
    rejects(`t=${NOW},v1=,v1=`, forged);
  });

  it('under what is not hexadecimal', () => {
    for (const value of ['zz', 'z'.repeat(64), ' ', 'undefined', '0x']) {
      rejects(`t=${NOW},v1=${value}`, forged);
    }
  });

  for (const length of [1, 2, 8, 62]) {
    it(`under ${length} digits of the right signature`, () => {
      rejects(`t=${NOW},v1=${sign(forged).slice(0, length)}`, forged);
    });
  }

  it('under a signature that is right in a part', () => {
    const right = sign(forged);
    for (const length of [8, 32, 62]) {
      const other = (digits) => digits.replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
      rejects(`t=${NOW},v1=${right.slice(0, length)}${other(right.slice(length))}`, forged);
      rejects(`t=${NOW},v1=${other(right.slice(0, length))}${right.slice(length)}`, forged);
    }
  });

  it('under the right signature and more', () => {
    rejects(`t=${NOW},v1=${sign(body)}00`, body);
  });

  it('under the secret of a slot that is not in use', () => {
    rejects(`t=${NOW},v1=${sign(forged, '')}`, forged, [SECRET, '']);
    rejects(`t=${NOW},v1=${sign(forged, '')}`, forged, ['']);
  });

  it('under a signature of another version', () => {
    rejects(`t=${NOW},v0=${sign(forged)},v1=${'0'.repeat(64)}`, forged);
  });
});

describe('a delivery that was recorded is rejected', () => {
  const old = NOW - 86400;
  const recorded = sign(body, SECRET, old);

  it('when it is sent again later', () => {
    rejects(`t=${old},v1=${recorded}`, body);
    rejects(`t=${NOW - 301},v1=${sign(body, SECRET, NOW - 301)}`, body);
  });

  it('when its time lies in the future', () => {
    rejects(`t=${NOW + 301},v1=${sign(body, SECRET, NOW + 301)}`, body);
  });

  it('under a time of its own', () => {
    rejects(`t=${NOW},v1=${recorded}`, body);
  });

  it('with a second time beside the one that was signed', () => {
    rejects(`t=${old},v1=${recorded},t=${NOW}`, body);
    rejects(`t=${NOW},t=${old},v1=${recorded}`, body);
    rejects(`t=${NOW},v1=${recorded},t=${old}`, body);
  });

  it('with its time moved into the body', () => {
    const moved = Buffer.concat([Buffer.from(`${String(NOW).slice(-2)}.`), body]);
    rejects(`t=${String(NOW).slice(0, -2)},v1=${sign(moved, SECRET, String(NOW).slice(0, -2))}`, moved);
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
