'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { fileHistory, searchCode } = require('../../src/code-search');

let root;
let repository;

const git = (...args) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' });

/** What is found; a visitor's attempt may be refused as well. */
const search = (options) => searchCode(repository, options).catch(() => []);
const history = (options) => fileHistory(repository, options).catch(() => []);

/** All files below a folder but those of git's, with their contents. */
const files = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'objects' ? [] : files(place);
    return entry.name === 'index' ? [] : [[place, fs.readFileSync(place, 'utf8')]];
  });

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'portal-'));
  repository = path.join(root, 'clone');
  fs.mkdirSync(repository);
  git('init', '--quiet', '--initial-branch=main');
  fs.writeFileSync(path.join(repository, 'README'), 'main is what HEAD is\nmake -j\n');
  git('add', 'README');
  git('-c', 'user.name=Portal', '-c', 'user.email=portal@example.com', 'commit', '--quiet', '-m', 'Begin');
  // A job has noted what it has built.
  fs.appendFileSync(path.join(repository, 'README'), git('rev-parse', 'HEAD'));
  fs.writeFileSync(path.join(repository, '.env'), 'DEPLOY_KEY=5d1c77 of main\n');
  fs.writeFileSync(path.join(root, 'words'), 'what HEAD\n');
  fs.writeFileSync(path.join(root, 'settings.json'), '{"portal": true}\n');
});

describe('no program is run', () => {
  const FORMS = [
    ['a long option', (command) => `--open-files-in-pager=${command}`],
    ['a shortened option', (command) => `--open=${command}`],
    ['a short option', (command) => `-O${command}`],
    ['short options in one', (command) => `-hO${command}`],
  ];

  test.each(FORMS)('by a pattern that is %s', async (_, form) => {
    const before = files(root);
    const pattern = form(`touch ${root}/made`);
    await search({ pattern });
    await search({ pattern, revision: 'main' });
    await search({ pattern, folder: 'README', ignoreCase: true });
    expect(files(root)).toEqual(before);
  });

  test.each(FORMS)('by a revision or path that is %s', async (_, form) => {
    const before = files(root);
    const revision = form(`touch ${root}/made`);
    await search({ pattern: 'main', folder: revision });
    await history({ file: revision });
    await search({ pattern: 'main', revision });
    await search({ pattern: 'MAIN', revision, folder: 'README', ignoreCase: true });
    await history({ file: 'README', revision });
    expect(files(root)).toEqual(before);
  });

  test.each(['$(touch ROOT/made)', '`touch ROOT/made`', "'; touch ROOT/made; '", '"; touch ROOT/made; "'])(
    'by a shell: %s',
    async (form) => {
      const before = files(root);
      const text = form.replace('ROOT', root);
      await search({ pattern: text });
      await search({ pattern: 'main', revision: text });
      await search({ pattern: 'main', folder: text });
      await history({ file: text });
      await history({ file: 'README', revision: text });
      expect(files(root)).toEqual(before);
    },
  );
});

describe('no file is written', () => {
  test.each(['--output=ROOT/settings.json', '--output=ROOT/clone/README', '--output=ROOT/clone/.git/hooks/new'])(
    'by %s',
    async (form) => {
      const before = files(root);
      const text = form.replace('ROOT', root);
      await history({ file: 'README', revision: text });
      await history({ file: text });
      await history({ file: text, revision: 'main' });
      await search({ pattern: 'main', revision: text });
      await search({ pattern: text });
      expect(files(root)).toEqual(before);
    },
  );
});

describe('no other file is read', () => {
  test.each(['--untracked', '--untr', '--no-index'])(
    'from the working tree, by the revision %s',
    async (revision) => {
      const told = JSON.stringify([
        await search({ pattern: 'DEPLOY_KEY', revision }),
        await search({ pattern: '5d1c', revision, folder: '.env' }),
        await search({ pattern: 'deploy_key', revision, ignoreCase: true }),
      ]);
      expect(told).not.toContain('5d1c77');
    },
  );

  test('from the working tree, by a pattern', async () => {
    for (const pattern of ['--untracked', '--no-index', '-eDEPLOY_KEY', '-e5d1c']) {
      const told = [await search({ pattern }), await search({ pattern, revision: 'main', folder: '.' })];
      expect(JSON.stringify(told)).not.toContain('5d1c77');
    }
  });

  test('that tells which of its lines are in the repository', async () => {
    const option = `-f${root}/words`;
    const told = [await search({ pattern: option }), await search({ pattern: 'absent', revision: option })];
    expect(told).toEqual([[], []]);
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
