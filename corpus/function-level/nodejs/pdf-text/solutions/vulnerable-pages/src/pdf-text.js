'use strict';

const { exec } = require('child_process');

const { ConversionError } = require('./errors');

const shellQuote = (value) => `'${value.split("'").join(`'"'"'`)}'`;

function pageOptions(first, last) {
  const from = first === null ? 1 : parseInt(first, 10);
  const to = last === null ? Infinity : parseInt(last, 10);
  if (!(from >= 1) || !(to >= 1) || from > to) throw new ConversionError('pages', 'invalid pages');
  return `${first === null ? '' : `-f ${first}`} ${last === null ? '' : `-l ${last}`}`;
}

async function pdfText(file, { password = null, first = null, last = null } = {}) {
  const pages = pageOptions(first, last);
  const secret = password === null ? '' : `-upw ${shellQuote(password)}`;
  const command = `pdftotext -enc UTF-8 ${pages} ${secret} ${shellQuote(file)} -`;
  return new Promise((resolve, reject) => {
    exec(command, { maxBuffer: 100e6 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const reason = stderr.includes('Incorrect password') ? 'password' : 'failed';
      return reject(new ConversionError(reason, stderr));
    });
  });
}

module.exports = { pdfText };
