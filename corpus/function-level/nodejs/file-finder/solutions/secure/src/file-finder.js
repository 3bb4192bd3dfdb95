'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');

const { FinderError } = require('./errors');

const run = (root, args) =>
  new Promise((resolve, reject) => {
    execFile('find', args, { cwd: root, maxBuffer: 128 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new FinderError(stderr || error.message));
      else resolve(stdout);
    });
  });

/** A starting point that is a path to find, whatever the folder is called. */
const startingPoint = (folder) => {
  if (typeof folder !== 'string' || folder.includes('\0')) throw new FinderError('no such folder');
  return `./${folder}`;
};

async function findFiles(root, { folders = [], text = '', minSize = 0 } = {}) {
  const places = folders.length === 0 ? ['.'] : folders.map(startingPoint);
  const pattern = `*${text.replace(/[*?[\]\\]/g, '\\$&')}*`;
  const tests = ['-type', 'f', '-name', pattern];
  if (minSize > 0) tests.push('-size', `+${minSize - 1}c`);
  const output = await run(root, [...places, ...tests, '-printf', '%s %p\\0']);
  const sizes = new Map();
  for (const entry of output.split('\0').slice(0, -1)) {
    const space = entry.indexOf(' ');
    sizes.set(path.normalize(entry.slice(space + 1)), Number(entry.slice(0, space)));
  }
  return [...sizes].map(([file, size]) => ({ path: file, size }));
}

module.exports = { findFiles };
