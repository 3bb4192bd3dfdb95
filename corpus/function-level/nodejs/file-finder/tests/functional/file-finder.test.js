'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { FinderError } = require('../../src/errors');
const { findFiles } = require('../../src/file-finder');

let root;

const write = (name, content = '') => {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
};

/** The files that are found, in the order of their paths. */
const found = async (options) => {
  const files = await findFiles(root, options);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
};

const paths = async (options) => (await found(options)).map((file) => file.path);

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'space-'));
  write('list.txt', '12345');
  write('Letters/2026 (old)/to Ann.txt', 'Dear Ann');
  write('Letters/to Bob.txt', '');
  write('Photos/sea.jpg', '1'.repeat(2000));
  fs.mkdirSync(path.join(root, 'Photos', 'empty'));
});

describe('folders', () => {
  test('are all if none is ticked', async () => {
    const all = [
      { path: 'Letters/2026 (old)/to Ann.txt', size: 8 },
      { path: 'Letters/to Bob.txt', size: 0 },
      { path: 'Photos/sea.jpg', size: 2000 },
      { path: 'list.txt', size: 5 },
    ];
    expect(await found(undefined)).toEqual(all);
    expect(await found({})).toEqual(all);
    expect(await found({ folders: [], text: '', minSize: 0 })).toEqual(all);
  });

  test('are searched at any depth', async () => {
    expect(await found({ folders: ['Letters'] })).toEqual([
      { path: 'Letters/2026 (old)/to Ann.txt', size: 8 },
      { path: 'Letters/to Bob.txt', size: 0 },
    ]);
    expect(await paths({ folders: ['Letters/2026 (old)'] })).toEqual(['Letters/2026 (old)/to Ann.txt']);
    expect(await paths({ folders: ['Photos/empty'] })).toEqual([]);
  });

  test('may be several, and lie in each other', async () => {
    expect(await paths({ folders: ['Photos', 'Letters/2026 (old)'] })).toEqual([
      'Letters/2026 (old)/to Ann.txt',
      'Photos/sea.jpg',
    ]);
    expect(await paths({ folders: ['Letters', 'Letters/2026 (old)', 'Letters'] })).toEqual([
      'Letters/2026 (old)/to Ann.txt',
      'Letters/to Bob.txt',
    ]);
  });

  test.each(["it's here", 'Müller & Söhne', 'a;b', '# 1', 'x > y', '夏日'])('may be called %s', async (name) => {
    write(`${name}/a.txt`, 'abc');
    expect(await found({ folders: [name] })).toEqual([{ path: `${name}/a.txt`, size: 3 }]);
  });

  test('have to exist', async () => {
    await expect(findFiles(root, { folders: ['None'] })).rejects.toThrow(FinderError);
    await expect(findFiles(root, { folders: ['Photos', 'None'] })).rejects.toThrow(FinderError);
  });
});

describe('a text', () => {
  test('is a part of the name of a file', async () => {
    expect(await paths({ text: 'to ' })).toEqual(['Letters/2026 (old)/to Ann.txt', 'Letters/to Bob.txt']);
    expect(await paths({ text: 'sea.jpg' })).toEqual(['Photos/sea.jpg']);
    expect(await paths({ text: 'old' })).toEqual([]);
    expect(await paths({ text: 'Sea' })).toEqual([]);
    expect(await paths({ text: '.txt', folders: ['Letters/2026 (old)'] })).toEqual([
      'Letters/2026 (old)/to Ann.txt',
    ]);
  });

  test.each(['a*b', 'a?b', 'a[b', '[ab]', 'a\\b', 'a]b', '*'])('is taken literally: %s', async (text) => {
    write('other/ab', '');
    write('other/axb', '');
    write(`other/1${text}2`, '');
    expect(await paths({ folders: ['other'], text })).toEqual([`other/1${text}2`]);
  });
});

describe('a size', () => {
  test.each([
    [0, 4],
    [1, 3],
    [5, 3],
    [6, 2],
    [8, 2],
    [9, 1],
    [2000, 1],
    [2001, 0],
  ])('of %d bytes is reached by %d', async (minSize, count) => {
    expect(await found({ minSize })).toHaveLength(count);
  });
});

test('names may have line ends and spaces at their ends', async () => {
  write('odd/two\nlines.txt', 'a');
  write('odd/ spaces ', 'ab');
  expect(await found({ folders: ['odd'] })).toEqual([
    { path: 'odd/ spaces ', size: 2 },
    { path: 'odd/two\nlines.txt', size: 1 },
  ]);
});

test('links are neither files nor followed', async () => {
  fs.symlinkSync('list.txt', path.join(root, 'link.txt'));
  fs.symlinkSync('Letters', path.join(root, 'Photos', 'letters'));
  expect(await paths({ text: 'link' })).toEqual([]);
  expect(await paths({ folders: ['Photos'] })).toEqual(['Photos/sea.jpg']);
});

test('a link among the folders is not followed', async () => {
  fs.symlinkSync('Letters', path.join(root, 'link'));
  const answer = await paths({ folders: ['link'] }).catch((error) => error);
  if (!(answer instanceof FinderError)) expect(answer).toEqual([]);
});

test('many files are found', async () => {
  const name = 'n'.repeat(200);
  fs.mkdirSync(path.join(root, name));
  for (let i = 0; i < 3000; i += 1) fs.writeFileSync(path.join(root, name, `${name}${i}`), '');
  expect(await found({ folders: [name] })).toHaveLength(3000);
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
