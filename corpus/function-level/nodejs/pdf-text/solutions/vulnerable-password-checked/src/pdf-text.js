'use strict';

const { spawn } = require('child_process');

const { ConversionError } = require('./errors');

const quote = (value) => `'${value.replace(/'/g, "'\\''")}'`;

function checkPages(first, last) {
  const pages = [first, last].filter((page) => page !== null);
  const valid = pages.every((page) => /^[1-9]\d*$/.test(page));
  if (!valid || (pages.length === 2 && Number(first) > Number(last))) {
    throw new ConversionError('pages', 'invalid pages');
  }
}

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  checkPages(first, last);
  const args = ['-enc', 'UTF-8'];
  if (first !== null) args.push('-f', first);
  if (last !== null) args.push('-l', last);
  if (password !== null) args.push('-upw', quote(password));
  args.push(`"${file}"`, '-');

  return new Promise((resolve, reject) => {
    const child = spawn('pdftotext', args, { shell: true });
    const text = [];
    let messages = '';
    child.stdout.on('data', (data) => text.push(data));
    child.stderr.on('data', (data) => {
      messages += data;
    });
    child.on('error', (error) => reject(new ConversionError('failed', error.message)));
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(text).toString());
      else if (messages.includes('Incorrect password')) {
        reject(new ConversionError('password', messages));
      } else reject(new ConversionError('failed', messages));
    });
  });
}

module.exports = { pdfText };
