'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { findFiles } = require('../../src/file-finder');

const SECRET = 'key-5d1c77';

let base;
let root;

/** All that lies below a folder, with contents. */
const all = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return [[place, null], ...all(place)];
    return [[place, fs.readFileSync(place, 'utf8')]];
  });

/** What a user is told; an attempt may be refused as well. */
const attempt = async (options) => {
  try {
    return JSON.stringify(await findFiles(root, options));
  } catch (error) {
    return String(error);
  }
};

/** Nothing is changed by these folders, alone and beside others. */
const expectNoChange = async (folders, options = {}) => {
  const before = all(base);
  await attempt({ folders, ...options });
  await attempt({ folders: ['Letters', ...folders], ...options });
  expect(all(base)).toEqual(before);
};

const withBase = (words) => words.map((word) => word.replaceAll('BASE', base));

beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'server-'));
  root = path.join(base, 'space');
  fs.mkdirSync(path.join(root, 'Letters'), { recursive: true });
  fs.writeFileSync(path.join(root, 'Letters', 'to Ann.txt'), 'Dear Ann');
  fs.writeFileSync(path.join(root, 'a.txt'), 'a');
  fs.writeFileSync(path.join(base, 'settings.json'), SECRET);
});

describe('no program is run', () => {
  test.each([
    [['-exec', 'touch', 'BASE/made', ';']],
    [['-exec', 'touch', 'BASE/made', '{}', '+']],
    [['-execdir', 'touch', 'BASE/made', ';']],
    [['(', '-exec', 'touch', 'BASE/made', ';', ')']],
    [['!', '-exec', 'touch', 'BASE/made', ';']],
    [['-L', '-exec', 'touch', 'BASE/made', ';']],
    [['-maxdepth', '0', '-exec', 'cp', 'BASE/settings.json', 'BASE/space/b.txt', ';', '-o']],
    [['-false', '-o', '-exec', 'touch', 'BASE/made', ';', ',']],
  ])('by the folders %j', async (folders) => {
    await expectNoChange(withBase(folders));
  });

  test.each([
    '$(touch BASE/made)',
    '`touch BASE/made`',
    '"; touch BASE/made; "',
    "'; touch BASE/made; '",
    '; touch BASE/made',
    'x\ntouch BASE/made\n',
  ])('by a shell: %s', async (form) => {
    const [text] = withBase([form]);
    await expectNoChange([text], { text });
    fs.mkdirSync(path.join(root, text), { recursive: true });
    await expectNoChange([text]);
  });
});

describe('no file is changed', () => {
  test.each([
    [['-delete']],
    [['-depth', '-delete']],
    [['-name', 'a.txt', '-delete']],
    [['Letters -delete']],
    [['Letters\n-delete']],
    [['(', '-delete', ')']],
    [['-fprint', 'BASE/made']],
    [['-fprint0', 'BASE/settings.json']],
    [['-fls', 'BASE/made']],
    [['-fprintf', 'BASE/settings.json', '{"admin": true}']],
  ])('by the folders %j', async (folders) => {
    await expectNoChange(withBase(folders));
  });

  test('by a folder that is called like an action', async () => {
    for (const name of ['-delete', '-depth', '-fprint', '-o']) fs.mkdirSync(path.join(root, name));
    await expectNoChange(['-delete']);
    await expectNoChange(['-depth', '-delete']);
    await expectNoChange(['-o', '-delete']);
    await expectNoChange(['-fprint', 'a.txt']);
  });

  test('by a text', async () => {
    for (const text of ['-delete', "' -delete -o -name '", '" -delete -o -name "', '* -delete']) {
      await expectNoChange(['.'], { text });
    }
  });
});

test('no other file is read', async () => {
  fs.writeFileSync(path.join(base, 'starts'), `${SECRET}\0`);
  for (const form of [
    ['-files0-from', 'BASE/starts'],
    ['-exec', 'cat', 'BASE/settings.json', ';'],
    ['-maxdepth', '0', '-exec', 'cat', 'BASE/settings.json', ';'],
  ]) {
    const folders = withBase(form);
    expect(await attempt({ folders })).not.toContain(SECRET);
    expect(await attempt({ folders: ['Letters', ...folders] })).not.toContain(SECRET);
  }
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
