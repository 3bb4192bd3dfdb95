'use strict';

const { exec } = require('child_process');
const { promisify } = require('util');

const { ConversionError } = require('./errors');

const run = promisify(exec);

// Quotes a value for the command line.
const quote = (value) => `"${String(value).replace(/(["\\])/g, '\\$1')}"`;

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  for (const page of [first, last]) {
    if (page !== null && !(/^\d+$/.test(page) && Number(page) > 0)) {
      throw new ConversionError('pages', 'invalid page');
    }
  }
  if (first !== null && last !== null && Number(first) > Number(last)) {
    throw new ConversionError('pages', 'invalid range');
  }
  const options = ['-enc', 'UTF-8'];
  if (first !== null) options.push('-f', first);
  if (last !== null) options.push('-l', last);
  if (password !== null) options.push('-upw', password);

  const command = ['pdftotext', ...[...options, file, '-'].map(quote)].join(' ');
  try {
    return (await run(command, { maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const reason = /Incorrect password/.test(error.stderr) ? 'password' : 'failed';
    throw new ConversionError(reason, error.message);
  }
}

module.exports = { pdfText };
