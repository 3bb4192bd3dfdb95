'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { renderMail } = require('../../src/mail-templates');

const SECRET = 'key-5d1c77';

let base;
let root;

const write = (place, content) => {
  const file = path.join(base, place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
};

const link = (place, target) => {
  const file = path.join(root, 'acme', place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.symlinkSync(target.replace('BASE', base), file);
};

/** What a tenant is told, in a mail or by an error. */
const told = (name, options) => {
  try {
    return renderMail(root, 'acme', name, {}, options);
  } catch (error) {
    return String(error);
  }
};

/** No way of asking for a template tells the secret. */
const expectNotTold = (name, locale = 'en') => {
  write('templates/acme/en/asks.txt', `{{> ${name}}}`);
  for (const options of [{ locale }, { locale: 'de' }, {}]) {
    expect(told(name, options)).not.toContain(SECRET);
    expect(told('asks', options)).not.toContain(SECRET);
  }
  expect(told('mail')).toBe('own mail');
};

/** Files that are not of the tenant, from the folder of the platform. */
const OTHERS = [
  'templates/acme-holding/en/mail.txt',
  'templates/zeta/en/offers/secret.txt',
  'templates/notes.txt',
  'platform/settings.txt',
];

beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'platform-')));
  root = path.join(base, 'templates');
  write('templates/acme/en/mail.txt', 'own mail');
  write('templates/acme/de/mail.txt', 'own mail');
  for (const other of OTHERS) write(other, SECRET);
});

describe('a link to a file of others is not followed', () => {
  test.each(OTHERS)('absolute, to %s', (other) => {
    link('en/a.txt', `BASE/${other}`);
    link('de/sub/b.txt', `BASE/${other}`);
    expectNotTold('a');
    expectNotTold('sub/b', 'de');
  });

  test.each(OTHERS)('relative, to %s', (other) => {
    link('en/a.txt', `../../../${other}`);
    link('en/sub/b.txt', `../../../../${other}`);
    expectNotTold('a');
    expectNotTold('sub/b');
  });

  test.each(OTHERS)('by other links, to %s', (other) => {
    link('en/a.txt', 'b.txt');
    link('en/b.txt', '../de/c.txt');
    link('de/c.txt', `../../../${other}`);
    expectNotTold('a');
    expectNotTold('b');
  });
});

test.each(['en/secret', 'de/sub/secret'])('a link to a backup of the tenant is not followed: %s', (name) => {
  // The whole path of the tenant's folder is found in those of the files of its backup.
  const backup = `backup${root}/acme/${name}.txt`;
  write(backup, SECRET);
  link('en/a.txt', `BASE/${backup}`);
  link('en/sub', `BASE/${path.dirname(backup)}`);
  expectNotTold('a');
  expectNotTold('sub/secret');
});

describe('a link to a folder of others is not followed', () => {
  test.each(OTHERS)('to the folder of %s', (other) => {
    const name = path.basename(other, '.txt');
    link('en/sub', `BASE/${path.dirname(other)}`);
    link('fr', `../../${path.dirname(other)}`);
    expectNotTold(`sub/${name}`);
    expectNotTold(name, 'fr');
  });

  test.each(OTHERS)('to the folder that all have in common, for %s', (other) => {
    const name = other.replace(/\.txt$/, '');
    link('en/sub', '../../..');
    link('it', 'BASE');
    link('es', 'it');
    expectNotTold(`sub/${name}`);
    expectNotTold(name, 'it');
    expectNotTold(name, 'es');
  });

  test.each(OTHERS)('by links in the middle, for %s', (other) => {
    const name = other.replace(/\.txt$/, '');
    link('en/one', 'two/three');
    link('en/two', '../de');
    link('de/three', `../../../${path.dirname(other)}`);
    link('en/own.txt', `one/${path.basename(other)}`);
    expectNotTold(`one/${path.basename(name)}`);
    expectNotTold(`two/three/${path.basename(name)}`);
    expectNotTold('own');
  });
});

describe('no name leads to files of others', () => {
  const WAYS = ['../../../', '../../../templates/../', 'sub/../../../../', './/..//..//..//'];

  test.each(WAYS)('upwards, by %s', (way) => {
    fs.mkdirSync(path.join(root, 'acme/en/sub'));
    for (const other of OTHERS) {
      const name = other.replace(/\.txt$/, '');
      expectNotTold(way + name);
      expectNotTold(`${way}${other}\0`);
    }
  });

  test('upwards, to a tenant whose name begins alike', () => {
    expectNotTold('../../acme-holding/en/mail');
    expectNotTold('en/mail', '../acme-holding');
    expectNotTold('../acme-holding/en/mail', '.');
  });

  test('absolute', () => {
    for (const other of OTHERS) {
      const file = path.join(base, other);
      expectNotTold(file.replace(/\.txt$/, ''));
      expectNotTold(`${file}\0`);
      expectNotTold(path.basename(file, '.txt'), path.dirname(file));
    }
  });

  test('beside a locale', () => {
    for (const other of OTHERS) {
      const name = path.basename(other, '.txt');
      const folder = path.dirname(other);
      for (const way of ['../..', 'de/../../..', '/../..', './../..', '..//..']) {
        expectNotTold(name, `${way}/${folder}`);
        expectNotTold(other.replace(/\.txt$/, ''), way);
        expectNotTold(`../${other}`.replace(/\.txt$/, ''), `${way}/templates`);
      }
    }
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
