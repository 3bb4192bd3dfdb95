'use strict';

const { execFile } = require('node:child_process');

const { ConversionError } = require('./errors');

const MAX_TEXT = 32 * 1024 * 1024;

const pageNumber = (text) => {
  if (text === null) return null;
  if (typeof text !== 'string' || !/^[0-9]{1,9}$/.test(text) || Number(text) < 1) {
    throw new ConversionError('pages', 'a page is a whole number from 1 on');
  }
  return Number(text);
};

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  const from = pageNumber(first);
  const to = pageNumber(last);
  if (from !== null && to !== null && from > to) {
    throw new ConversionError('pages', 'the first page is behind the last');
  }
  const options = ['-enc', 'UTF-8'];
  if (from !== null) options.push('-f', String(from));
  if (to !== null) options.push('-l', String(to));
  if (password !== null) options.push('-upw', password);
  return new Promise((resolve, reject) => {
    execFile('pdftotext', [...options, file, '-'], { maxBuffer: MAX_TEXT }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (stderr.includes('Incorrect password')) {
        reject(new ConversionError('password', 'the password is wrong or missing'));
      } else reject(new ConversionError('failed', error.message));
    });
  });
}

module.exports = { pdfText };
