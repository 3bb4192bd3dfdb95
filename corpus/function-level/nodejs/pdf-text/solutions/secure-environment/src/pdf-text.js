'use strict';

const { spawn } = require('child_process');
const fs = require('fs/promises');
const os = require('os');
const path = require('path');

const { ConversionError } = require('./errors');

// The script is always the same: what customers sent is in variables, whose values a shell
// does not read again.
const SCRIPT = `
set -- "$DOCUMENT" "$TEXT"
if [ -n "$PASSWORD_GIVEN" ]; then set -- -upw "$PASSWORD" "$@"; fi
if [ -n "$LAST" ]; then set -- -l "$LAST" "$@"; fi
if [ -n "$FIRST" ]; then set -- -f "$FIRST" "$@"; fi
exec pdftotext "$@"
`;

function run(environment) {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let messages = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      messages = (messages + chunk).slice(-4096);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, messages }));
  });
}

function checkPages(first, last) {
  const isPage = (page) => page === null || (/^\d+$/.test(page) && BigInt(page) > 0n);
  const isRange = () => first === null || last === null || BigInt(first) <= BigInt(last);
  if (!isPage(first) || !isPage(last) || !isRange()) {
    throw new ConversionError('pages', 'these are no pages');
  }
}

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  checkPages(first, last);
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'pdf-text-'));
  try {
    const text = path.join(folder, 'text');
    const { status, messages } = await run({
      DOCUMENT: file,
      TEXT: text,
      PASSWORD: password ?? '',
      PASSWORD_GIVEN: password === null ? '' : 'yes',
      FIRST: first ?? '',
      LAST: last ?? '',
    }).catch((error) => ({ status: -1, messages: error.message }));
    if (status === 0) return await fs.readFile(text, 'utf8');
    const reason = messages.includes('Incorrect password') ? 'password' : 'failed';
    throw new ConversionError(reason, messages);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

module.exports = { pdfText };
