'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { GitError } = require('../../src/errors');
const { fileHistory, searchCode } = require('../../src/code-search');

let repository;
let first;
let second;

const git = (...args) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();

const write = (file, content) => {
  const place = path.join(repository, file);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, content);
};

const commit = (message, author, date) => {
  git('add', '--all');
  git(
    '-c', 'user.name=Portal', '-c', 'user.email=portal@example.com',
    'commit', '--quiet', '--message', message, `--author=${author} <a@example.com>`, `--date=${date}`,
  );
  return git('rev-parse', 'HEAD');
};

beforeAll(() => {
  repository = fs.mkdtempSync(path.join(os.tmpdir(), 'clone-'));
  git('init', '--quiet', '--initial-branch=main');
  write('src/total.c', 'int total(int a) {\n\treturn a: sum(a.b*); // a::b\n}\n');
  write('src/deep/down/part.c', 'int part;\nint Total;\n');
  write('docs/read me.txt', 'total: 12: 13\n');
  write('image.bin', Buffer.from('\0total\0\n'));
  first = commit('Begin: count', 'Ada Löwe', '2026-03-01T10:00:00+02:00');
  git('tag', 'v1.4.0');
  git('checkout', '--quiet', '-b', 'release/2026-03');
  write('docs/read me.txt', 'nothing\nsubtotal 14\n');
  write('src/total.c', 'int total(int a);\n');
  second = commit('Take sums apart\n\nThey were one.', 'Grace Hopp', '2026-03-02T08:30:00Z');
  git('checkout', '--quiet', 'main');
  write('left.txt', 'total of a job\n');
});

describe('a search', () => {
  const DOCS = { file: 'docs/read me.txt', line: 1, text: 'total: 12: 13' };
  const CODE = { file: 'src/total.c', line: 1, text: 'int total(int a) {' };

  test('finds lines in the order of files', async () => {
    expect(await searchCode(repository, { pattern: 'total' })).toEqual([DOCS, CODE]);
    expect(await searchCode(repository, { pattern: 'int ' })).toEqual([
      { file: 'src/deep/down/part.c', line: 1, text: 'int part;' },
      { file: 'src/deep/down/part.c', line: 2, text: 'int Total;' },
      CODE,
    ]);
  });

  test('takes its pattern literally', async () => {
    const text = '\treturn a: sum(a.b*); // a::b';
    for (const pattern of ['a.b*', 'a::b', 'sum(a', 'a: sum']) {
      expect(await searchCode(repository, { pattern })).toEqual([{ file: 'src/total.c', line: 2, text }]);
    }
    expect(await searchCode(repository, { pattern: 't.tal' })).toEqual([]);
  });

  test('may ignore the case of letters', async () => {
    const found = await searchCode(repository, { pattern: 'TOTAL', ignoreCase: true });
    expect(found).toEqual([DOCS, { file: 'src/deep/down/part.c', line: 2, text: 'int Total;' }, CODE]);
    expect(await searchCode(repository, { pattern: 'TOTAL', ignoreCase: false })).toEqual([]);
  });

  test('may be in one folder', async () => {
    expect(await searchCode(repository, { pattern: 'total', folder: 'src' })).toEqual([CODE]);
    expect(await searchCode(repository, { pattern: 'part', folder: 'src/deep' })).toEqual([
      { file: 'src/deep/down/part.c', line: 1, text: 'int part;' },
    ]);
    expect(await searchCode(repository, { pattern: 'total', folder: 'no such' })).toEqual([]);
  });

  test('may be in another revision', async () => {
    const found = [
      { file: 'docs/read me.txt', line: 2, text: 'subtotal 14' },
      { file: 'src/total.c', line: 1, text: 'int total(int a);' },
    ];
    for (const revision of ['release/2026-03', second, second.slice(0, 8)]) {
      expect(await searchCode(repository, { pattern: 'total', revision })).toEqual(found);
    }
    for (const revision of ['main', 'HEAD', 'v1.4.0', first]) {
      expect(await searchCode(repository, { pattern: 'total', revision })).toEqual([DOCS, CODE]);
    }
    const folder = 'docs';
    expect(await searchCode(repository, { pattern: 'sub', revision: second, folder })).toEqual([found[0]]);
  });

  test('fails in a revision that does not exist', async () => {
    for (const revision of ['release/2030', 'v9', '0'.repeat(40)]) {
      await expect(searchCode(repository, { pattern: 'total', revision })).rejects.toThrow(GitError);
    }
  });
});

describe('the history of a file', () => {
  const begun = () => ({
    commit: first,
    author: 'Ada Löwe',
    date: '2026-03-01T10:00:00+02:00',
    subject: 'Begin: count',
  });

  test('has the newest commit first', async () => {
    const history = await fileHistory(repository, { file: 'src/total.c', revision: 'release/2026-03' });
    expect(history[0]).toMatchObject({ commit: second, author: 'Grace Hopp', subject: 'Take sums apart' });
    expect(new Date(history[0].date)).toEqual(new Date('2026-03-02T08:30:00Z'));
    expect(history.slice(1)).toEqual([begun()]);
  });

  test('goes up to the revision', async () => {
    for (const revision of [undefined, 'main', 'v1.4.0', first.slice(0, 8)]) {
      expect(await fileHistory(repository, { file: 'docs/read me.txt', revision })).toEqual([begun()]);
    }
  });

  test('has only commits that changed the file', async () => {
    const revision = second;
    expect(await fileHistory(repository, { file: 'src/deep/down/part.c', revision })).toEqual([begun()]);
    expect(await fileHistory(repository, { file: 'no such.c', revision })).toEqual([]);
    expect(await fileHistory(repository, { file: 'left.txt' })).toEqual([]);
  });

  test('fails in a revision that does not exist', async () => {
    await expect(fileHistory(repository, { file: 'src/total.c', revision: 'v9' })).rejects.toThrow(GitError);
  });
});

test('a folder that is no clone is a failure', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'none-'));
  await expect(searchCode(folder, { pattern: 'total' })).rejects.toThrow(GitError);
  await expect(fileHistory(folder, { file: 'src/total.c' })).rejects.toThrow(GitError);
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
