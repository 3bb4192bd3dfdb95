'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ConversionError } = require('../../src/errors');
const { pdfText } = require('../../src/pdf-text');

let folder;

/** Writes a document with these pages, and returns its path. */
const document = (name, pages, keys = []) => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const lines = ['%PDF-1.7', ...keys, '', ''];
  fs.writeFileSync(file, lines.join('\n') + pages.map((page) => `${page}\f`).join(''));
  return file;
};

const fails = (promise, reason) =>
  assert.rejects(promise, (error) => error instanceof ConversionError && error.reason === reason);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'archive-'));
});

describe('the text of a document', () => {
  it('is that of all its pages', async () => {
    const file = document('contract.pdf', ['Rent\n', 'Grüße 💶\n']);
    assert.equal(await pdfText(file), 'Rent\n\fGrüße 💶\n\f');
    assert.equal(await pdfText(file, {}), 'Rent\n\fGrüße 💶\n\f');
  });

  for (const name of [
    'two words.pdf',
    "Müller's contract (2).pdf",
    'Rent & costs/2026; final/it is <here>.pdf',
    '-f 2.pdf',
    '# *.pdf',
  ]) {
    it(`is found in ${name}`, async () => {
      assert.equal(await pdfText(document(name, ['Rent'])), 'Rent\f');
    });
  }

  it('may be empty', async () => {
    assert.equal(await pdfText(document('empty.pdf', [])), '');
  });

  it('may be long', async () => {
    const page = 'All work and no play.\n'.repeat(6000);
    const text = await pdfText(document('long.pdf', Array(20).fill(page)));
    assert.equal(text.length, 20 * (page.length + 1));
    assert.ok(text.endsWith('no play.\n\f'));
  });

  it('comes with warnings too', async () => {
    assert.equal(await pdfText(document('old.pdf', ['Rent'], ['warning odd font'])), 'Rent\f');
  });

  it('leaves no files behind', async () => {
    const file = document('contract.pdf', ['Rent']);
    const before = fs.readdirSync(os.tmpdir()).sort();
    await pdfText(file);
    assert.deepEqual(fs.readdirSync(os.tmpdir()).sort(), before);
    assert.deepEqual(fs.readdirSync(folder), ['contract.pdf']);
  });
});

describe('pages', () => {
  const pages = ['one', 'two', 'three', 'four'];

  for (const [first, last, text] of [
    ['2', '3', 'two\fthree\f'],
    ['3', null, 'three\ffour\f'],
    [null, '2', 'one\ftwo\f'],
    ['1', '1', 'one\f'],
    ['4', '99', 'four\f'],
    [null, '10', 'one\ftwo\fthree\ffour\f'],
    ['2', '10', 'two\fthree\ffour\f'],
  ]) {
    it(`from ${first} to ${last}`, async () => {
      assert.equal(await pdfText(document('pages.pdf', pages), { first, last }), text);
    });
  }

  for (const [first, last] of [
    ['0', null],
    [null, '0'],
    ['-1', null],
    ['two', '3'],
    ['', '3'],
    ['1', 'x'],
    ['3', '2'],
    ['10', '9'],
  ]) {
    it(`are none from ${first} to ${last}`, async () => {
      await fails(pdfText(document('pages.pdf', pages), { first, last }), 'pages');
    });
  }
});

describe('a password', () => {
  for (const password of ['geheim', 'two words', "it's #1; & (more)", '-q', 'größer > 1']) {
    it(`opens a document: ${password}`, async () => {
      const file = document('closed.pdf', ['Rent', 'Costs'], [`password ${password}`]);
      assert.equal(await pdfText(file, { password }), 'Rent\fCosts\f');
      assert.equal(await pdfText(file, { password, first: '2', last: '2' }), 'Costs\f');
    });
  }

  it('is of no matter to an open document', async () => {
    assert.equal(await pdfText(document('open.pdf', ['Rent']), { password: 'geheim' }), 'Rent\f');
  });

  it('may be wrong or missing', async () => {
    const file = document('closed.pdf', ['Rent'], ['password geheim']);
    await fails(pdfText(file, { password: 'Geheim' }), 'password');
    await fails(pdfText(file, { password: null }), 'password');
    await fails(pdfText(file), 'password');
  });
});

describe('a failure', () => {
  it('is a file that is missing', async () => {
    await fails(pdfText(path.join(folder, 'gone.pdf')), 'failed');
  });

  it('is a file that is no document', async () => {
    const file = path.join(folder, 'letter.pdf');
    fs.writeFileSync(file, 'Dear Sir or Madam\n');
    await fails(pdfText(file, { first: '1' }), 'failed');
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
