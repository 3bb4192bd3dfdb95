'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { pdfText } = require('../../src/pdf-text');

let folder;
let mark;

const document = (name) => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '%PDF-1.7\n\nRent\f');
  return file;
};

/** What is returned; a customer's attempt may be refused as well. */
const attempt = async (file, options) => {
  try {
    return await pdfText(file, options);
  } catch {
    return '';
  }
};

/** No command of the customer's has made its file, wherever it ran. */
const expectNothingMade = () => {
  for (const place of [folder, process.cwd(), os.tmpdir()]) {
    assert.ok(!fs.existsSync(path.join(place, mark)), `a command has made ${mark}`);
  }
};

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'archive-'));
  mark = `made-${Math.random().toString(36).slice(2)}`;
});

afterEach(() => {
  for (const place of [process.cwd(), os.tmpdir()]) fs.rmSync(path.join(place, mark), { force: true });
});

const FORMS = [
  ['a substitution', (command) => `\$(${command})`],
  ['an old substitution', (command) => `\`${command}\``],
  ['the end of double quotes', (command) => `"; ${command}; echo "`],
  ['the end of single quotes', (command) => `'; ${command}; echo '`],
  ['several double quotes', (command) => `"x"; ${command}; "`],
  ['several single quotes', (command) => `'x'; ${command}; '`],
  ['an escaped double quote', (command) => `\\"; ${command}; echo \\"`],
  ['an escaped single quote', (command) => `\\'; ${command}; echo \\'`],
  ['a separator', (command) => `x; ${command} #`],
  ['a pipe', (command) => `x | ${command} #`],
  ['a condition', (command) => `x || ${command} #`],
];

describe('no command is run', () => {
  for (const [form, wrap] of FORMS) {
    it(`by the name of a document, in ${form}`, async () => {
      await attempt(document(`a${wrap(`touch ${mark}`)}.pdf`));
      expectNothingMade();
    });

    it(`by the folder of a document, in ${form}`, async () => {
      await attempt(document(`a${wrap(`touch ${folder}/${mark}`)}/b.pdf`));
      expectNothingMade();
    });

    it(`by the password, in ${form}`, async () => {
      const password = `a${wrap(`touch ${folder}/${mark}`)}`;
      await attempt(document('a.pdf'), { password });
      await attempt(document('b.pdf'), { password, first: '1', last: '1' });
      expectNothingMade();
    });

    it(`by a page, in ${form}`, async () => {
      const page = `1${wrap(`touch ${folder}/${mark}`)}`;
      await attempt(document('a.pdf'), { first: page });
      await attempt(document('a.pdf'), { last: page });
      await attempt(document('a.pdf'), { first: '1', last: page });
      expectNothingMade();
    });
  }

  it('by what follows the end of a line', async () => {
    const command = `touch ${folder}/${mark}`;
    await attempt(document(`a\n${command}\nb.pdf`));
    await attempt(document(`a"\n${command}\n"b.pdf`));
    await attempt(document('a.pdf'), { password: `a"\n${command}\n"` });
    await attempt(document('a.pdf'), { first: `1\n${command}\n` });
    await attempt(document('a.pdf'), { last: `1\n${command}\n` });
    expectNothingMade();
  });
});

describe('no secret is told', () => {
  const secret = 'key-5d1c77';

  it('by a command in the name or the password', async () => {
    fs.writeFileSync(path.join(folder, 'secret'), secret);
    const command = `cat ${folder}/secret`;
    for (const [, wrap] of FORMS) {
      assert.ok(!(await attempt(document(`${wrap(command)}/a.pdf`))).includes(secret));
      assert.ok(!(await attempt(document('a.pdf'), { password: wrap(command) })).includes(secret));
    }
  });

  it('by a variable of the server', async () => {
    // The program is given the name as it is written, and not a value in its place.
    process.env.ARCHIVE_KEY = secret;
    try {
      fs.writeFileSync(path.join(folder, `${secret}.pdf`), '%PDF-1.7\n\nanother document\f');
      const text = await attempt(path.join(folder, '$ARCHIVE_KEY.pdf'));
      assert.ok(!text.includes('another document'));
    } finally {
      delete process.env.ARCHIVE_KEY;
    }
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
