'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');

const { DeliveryRejected } = require('../../src/errors');
const { acceptDelivery } = require('../../src/inbox');

const NOW = 1767225600;
const SECRET = 'whsec_6b1f';
const NEXT = 'whsec_c0de';

const sign = (body, secret = SECRET, t = NOW) =>
  createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex');

const header = (value) => ({ host: 'inbox.example', 'x-delivery-signature': value });

const accept = (value, body, secrets = [SECRET], options = { now: NOW }) =>
  acceptDelivery(header(value), body, secrets, options);

describe('a delivery', () => {
  const payment = { id: 'pay_1', amount: 1250, note: 'Grüße 💶' };
  const body = Buffer.from(JSON.stringify(payment));

  it('that is signed is accepted', () => {
    assert.deepEqual(accept(`t=${NOW},v1=${sign(body)}`, body), payment);
  });

  it('may have spaces between its fields, and fields of other versions', () => {
    const value = ` t=${NOW} , v0=00ff, v1=${sign(body)} ,v2=a=b`;
    assert.deepEqual(accept(value, body), payment);
  });

  it('may be signed under each of the secrets', () => {
    for (const secret of [SECRET, NEXT]) {
      const value = `t=${NOW},v1=${sign(body, secret)}`;
      assert.deepEqual(accept(value, body, [SECRET, NEXT]), payment);
    }
    assert.deepEqual(accept(`t=${NOW},v1=${sign(body, NEXT)}`, body, ['', NEXT]), payment);
  });

  it('may have several signatures, of which one is right', () => {
    const value = `t=${NOW},v1=${sign(body, NEXT)},v1=${sign(body)}`;
    assert.deepEqual(accept(value, body), payment);
  });

  it('may be any JSON', () => {
    for (const text of ['[1,2]', '"text"', '0', 'null', ' {}\n']) {
      const content = Buffer.from(text);
      const value = `t=${NOW},v1=${sign(content)}`;
      assert.deepEqual(accept(value, content), JSON.parse(text));
    }
  });

  it('is taken as the bytes it was sent as', () => {
    const content = Buffer.from('{ "b": 1,\r\n\t"a": [ 1.0 ] }');
    assert.deepEqual(accept(`t=${NOW},v1=${sign(content)}`, content), { b: 1, a: [1] });
  });

  for (const late of [-300, -1, 1, 300]) {
    it(`signed at ${late} s is timely`, () => {
      const t = NOW + late;
      assert.deepEqual(accept(`t=${t},v1=${sign(body, SECRET, t)}`, body), payment);
    });
  }

  it('is as timely as the tolerance says', () => {
    const t = NOW - 900;
    const value = `t=${t},v1=${sign(body, SECRET, t)}`;
    assert.deepEqual(accept(value, body, [SECRET], { now: NOW, tolerance: 900 }), payment);
  });
});

describe('what is rejected', () => {
  const body = Buffer.from('{"id":"pay_1"}');
  const rejects = (value, content = body, secrets = [SECRET]) =>
    assert.throws(() => accept(value, content, secrets), DeliveryRejected);

  it('has no header', () => {
    assert.throws(() => acceptDelivery({}, body, [SECRET], { now: NOW }), DeliveryRejected);
  });

  it('has a header of another form', () => {
    for (const value of ['', 'v1', `v1=${sign(body)}`, `t=${NOW}`, `t=soon,v1=${sign(body)}`]) {
      rejects(value);
    }
  });

  it('is signed under another secret', () => {
    rejects(`t=${NOW},v1=${sign(body, 'another')}`);
    rejects(`t=${NOW},v1=${sign(body)}`, body, []);
  });

  it('is not JSON', () => {
    const text = Buffer.from('id=pay_1');
    rejects(`t=${NOW},v1=${sign(text)}`, text);
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
