'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { createApp } = require('../../src/app');

const agent = new http.Agent({ keepAlive: true });
const SECRET = 'key-5d1c77';

let server;
let base;

/** What a customer is told: everything in the response. */
const told = (target) =>
  new Promise((resolve) => {
    const { port } = server.address();
    const headers = { 'x-session': 's-1' };
    const request = http.request({ agent, host: '127.0.0.1', port, path: target, headers });
    request.on('error', () => resolve(''));
    request.on('response', (response) => {
      let text = JSON.stringify(response.headers);
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', () => resolve(text));
      response.on('end', () => resolve(text));
    });
    request.end();
  });

const expectNotTold = async (targets) => {
  for (const target of targets) {
    assert.ok(!(await told(target)).includes(SECRET), `a secret is told at ${target}`);
  }
  assert.ok((await told('/exports/journal.csv')).includes('date;amount'), 'the service has ended');
};

/** Files that are not of the account, by their paths from the folder of the service. */
const OTHERS = [
  'exports/acme-holding/latest/journal.csv',
  'exports-internal/keys.csv',
  'settings.json',
];

/** Where such a file is, from a folder so many steps below the folder of the service. */
const ways = (up) =>
  OTHERS.flatMap((other) => [
    up.repeat(2) + other,
    up.repeat(3) + other,
    up.repeat(2) + other.replace(/^exports\//, ''),
    up + other.replace(/^exports\//, ''),
  ]);

describe('exports', () => {
  before((done) => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'service-'));
    const root = path.join(base, 'exports');
    fs.mkdirSync(path.join(root, 'acme', 'latest', 'receipts'), { recursive: true });
    fs.mkdirSync(path.join(root, 'acme', '2026-02'));
    fs.writeFileSync(path.join(root, 'acme', 'latest', 'journal.csv'), 'date;amount\n');
    for (const other of OTHERS) {
      const file = path.join(base, other);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, SECRET);
    }
    server = createApp(root, new Map([['s-1', 'acme']])).listen(0, '127.0.0.1', done);
  });

  after((done) => {
    agent.destroy();
    server.close(done);
  });

  describe('no path leads to files of others', () => {
    for (const up of [
      '../',
      '/../',
      './../',
      'receipts/../../',
      '..//',
      '....//',
      '..././',
      '..%2f',
      '%2e%2e/',
      '%2e%2e%2f',
      '.%2E/',
      '%2E.%2F',
      '%252e%252e/',
      '..%252f',
      '%252e%252e%252f',
      '%25252e%25252e%25252f',
      '..%5c',
      '..%00/',
      '%00../',
    ]) {
      it(`by ${up}`, async () => {
        await expectNotTold(ways(up).map((way) => `/exports/${way}`));
      });
    }

    it('that is absolute', async () => {
      for (const other of OTHERS) {
        const file = path.join(base, other);
        await expectNotTold([
          `/exports/${file}`,
          `/exports/${encodeURIComponent(file)}`,
          `/exports/${encodeURIComponent(encodeURIComponent(file))}`,
          `/exports/%00${file}`,
          `/exports/file:%2f%2f${encodeURIComponent(file)}`,
        ]);
      }
    });
  });

  it('no path leads to a backup of the folder', async () => {
    // The folder's whole path is found in those of the files of its backup.
    const backup = path.join(base, 'backup', base, 'exports', 'acme', 'latest');
    fs.mkdirSync(backup, { recursive: true });
    fs.writeFileSync(path.join(backup, 'keys.csv'), SECRET);
    const way = `backup${path.join(base, 'exports', 'acme', 'latest', 'keys.csv')}`;
    for (const up of ['../', '..%2f', '%2e%2e/', 'receipts/../../../', '%252e%252e%252f']) {
      await expectNotTold([`/exports/${up.repeat(3)}${way}`, `/exports/${up}..%2f..%2f${way}`, `/exports/${up}../../${way}`]);
    }
  });

  describe('no version leads to files of others', () => {
    const targets = (version, name) =>
      ['version', 'version[]', 'version=latest&version', 'version[name]'].map(
        (field) => `/exports/${name}?${field}=${version}`,
      );

    for (const up of ['../', '..%2f', '%2e%2e%2f', '%252e%252e%252f', '....//', 'latest/../../', '2026-02/../../']) {
      it(`by ${up}`, async () => {
        for (const way of ways(up)) {
          const at = way.lastIndexOf('/');
          await expectNotTold(targets(way.slice(0, at), way.slice(at + 1)));
        }
      });
    }

    for (const version of ['..', '../..', '../../..', '%2e%2e', '.', '', '/', 'latest%00']) {
      it(`with a path beside: ${version || 'none'}`, async () => {
        for (const other of OTHERS) {
          await expectNotTold([
            ...targets(version, other),
            ...targets(version, other.replace('exports/', '')),
            ...targets(version, `..%2f${other.replace('exports/', '')}`),
          ]);
        }
      });
    }

    it('that is absolute', async () => {
      for (const other of OTHERS) {
        const file = path.join(base, other);
        await expectNotTold(targets(encodeURIComponent(path.dirname(file)), path.basename(file)));
        await expectNotTold(targets(encodeURIComponent(`../../../..${path.dirname(file)}`), path.basename(file)));
      }
    });
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
