'use strict';

const { exec } = require('child_process');
const path = require('path');

const { FinderError } = require('./errors');

function run(command, root) {
  return new Promise((resolve, reject) => {
    exec(command, { cwd: root, maxBuffer: 2 ** 27 }, (error, stdout, stderr) => {
      if (error) reject(new FinderError(stderr));
      else resolve(stdout.split('\0').filter((entry) => entry !== ''));
    });
  });
}

async function findFiles(root, { folders = [], text = '', minSize = 0 } = {}) {
  const places = folders.length ? folders.map((folder) => `"./${folder}"`).join(' ') : '.';
  const size = minSize > 0 ? `-size +${minSize - 1}c` : '';
  const name = text.replace(/[*?[\\]/g, '\\$&');
  const command = `find ${places} -type f -name '*${name}*' ${size} -printf '%s %p\\0'`;
  const entries = await run(command, root);
  const files = new Map();
  for (const entry of entries) {
    const space = entry.indexOf(' ');
    files.set(path.normalize(entry.slice(space + 1)), Number(entry.slice(0, space)));
  }
  return [...files].map(([file, bytes]) => ({ path: file, size: bytes }));
}

module.exports = { findFiles };
