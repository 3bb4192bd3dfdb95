'use strict';

const { exec } = require('child_process');
const { promisify } = require('util');

const { ConversionError } = require('./errors');

const run = promisify(exec);

function checkPage(page) {
  if (page !== null && !/^\d+$/.test(page)) throw new ConversionError('pages', 'invalid page');
  if (page !== null && Number(page) < 1) throw new ConversionError('pages', 'invalid page');
}

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  checkPage(first);
  checkPage(last);
  if (first !== null && last !== null && Number(first) > Number(last)) {
    throw new ConversionError('pages', 'invalid range');
  }
  const options = ['-enc UTF-8'];
  if (first !== null) options.push(`-f ${first}`);
  if (last !== null) options.push(`-l ${last}`);
  if (password !== null) options.push(`-upw "${password}"`);

  try {
    const { stdout } = await run(`pdftotext ${options.join(' ')} "${file}" -`, {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const reason = /Incorrect password/.test(error.stderr) ? 'password' : 'failed';
    throw new ConversionError(reason, error.message);
  }
}

module.exports = { pdfText };
