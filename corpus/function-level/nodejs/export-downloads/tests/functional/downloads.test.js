'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { createApp } = require('../../src/app');

const SESSIONS = new Map([['s-1', 'acme'], ['s-2', 'acme-holding']]);
const BYTES = Buffer.from(Array.from({ length: 200000 }, (_, index) => (index * 7) % 256));

let server;
let root;

const write = (place, content) => {
  const file = path.join(root, place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
};

/** The response to a request, whose path is sent as it is. */
const send = (target, { method = 'GET', session = 's-1' } = {}) =>
  new Promise((resolve, reject) => {
    const { port } = server.address();
    const headers = { 'x-session': session, connection: 'close' };
    const request = http.request({ host: '127.0.0.1', port, path: target, method, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, headers: fields } = response;
        resolve({ status, fields, body: Buffer.concat(chunks) });
      });
    });
    request.end();
  });

const NAMES = [
  'March 1 – 15.zip',
  '100%.csv',
  'a+b&c=d.csv',
  'what? #1.csv',
  'from..to.csv',
  'all...',
  'back\\slash.csv',
  "it's (2) ~ * [x].csv",
];

describe('exports', () => {
  before((done) => {
    root = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'service-')), 'exports');
    write('acme/latest/journal.csv', 'date;amount\n');
    write('acme/latest/empty.csv', '');
    write('acme/latest/receipts/all.zip', BYTES);
    for (const name of NAMES) write(`acme/latest/receipts/${name}`, `this is ${name}`);
    write('acme/2026-02/journal.csv', 'of February\n');
    write('acme/2026-02/old.csv', 'old\n');
    write('acme-holding/latest/journal.csv', 'of the holding\n');
    server = createApp(root, SESSIONS).listen(0, '127.0.0.1', done);
  });

  after((done) => {
    server.close(done);
  });

  describe('a file is sent', () => {
    it('as a download', async () => {
      const { status, fields, body } = await send('/exports/journal.csv');
      assert.equal(status, 200);
      assert.match(fields['content-disposition'], /^attachment\b/i);
      assert.equal(body.toString(), 'date;amount\n');
    });

    it('with all its bytes', async () => {
      const { status, body } = await send('/exports/receipts/all.zip');
      assert.equal(status, 200);
      assert.ok(body.equals(BYTES));
    });

    it('that is empty', async () => {
      const { status, body } = await send('/exports/empty.csv');
      assert.equal(status, 200);
      assert.equal(body.length, 0);
    });

    for (const name of NAMES) {
      it(`by its encoded name: ${name}`, async () => {
        const { status, body } = await send(`/exports/receipts/${encodeURIComponent(name)}`);
        assert.equal(status, 200);
        assert.equal(body.toString(), `this is ${name}`);
      });
    }

    it('of another version', async () => {
      const { status, body } = await send('/exports/journal.csv?version=2026-02');
      assert.equal(status, 200);
      assert.equal(body.toString(), 'of February\n');
      assert.equal((await send('/exports/journal.csv?version=latest')).body.toString(), 'date;amount\n');
    });

    it('of the account that is signed in', async () => {
      const { status, body } = await send('/exports/journal.csv', { session: 's-2' });
      assert.equal(status, 200);
      assert.equal(body.toString(), 'of the holding\n');
    });

    it('without a body to HEAD', async () => {
      const { status, body } = await send('/exports/journal.csv', { method: 'HEAD' });
      assert.equal(status, 200);
      assert.equal(body.length, 0);
    });
  });

  describe('there is none', () => {
    for (const target of [
      '/exports/none.csv',
      '/exports/receipts/none.csv',
      '/exports/none/journal.csv',
      '/exports/old.csv',
      '/exports/receipts',
      '/exports/',
      '/exports',
      '/exports/journal.csv?version=2026-01',
      '/exports/empty.csv?version=2026-02',
    ]) {
      it(`at ${target}`, async () => {
        assert.equal((await send(target)).status, 404);
      });
    }

    it('that another account has', async () => {
      assert.equal((await send('/exports/empty.csv', { session: 's-2' })).status, 404);
    });
  });

  describe('a malformed path', () => {
    for (const target of ['/exports/100%.csv', '/exports/receipts/%zz', '/exports/%ff.csv']) {
      it(`is refused: ${target}`, async () => {
        assert.equal((await send(target)).status, 400);
        assert.equal((await send('/exports/journal.csv')).status, 200);
      });
    }
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
