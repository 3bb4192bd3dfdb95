'use strict';

const { execFile } = require('child_process');
const path = require('path');

const { FinderError } = require('./errors');

function find(root, args) {
  return new Promise((resolve, reject) => {
    execFile('find', args, { cwd: root, maxBuffer: 2 ** 27 }, (error, stdout, stderr) => {
      if (error) reject(new FinderError(stderr));
      else resolve(stdout.split('\0').filter((entry) => entry !== ''));
    });
  });
}

async function findFiles(root, { folders = [], text = '', minSize = 0 } = {}) {
  if (folders.length && folders[0].startsWith('-')) throw new FinderError('not a folder');
  const places = folders.length ? folders : ['.'];
  const name = text.replace(/[*?[\\]/g, '\\$&');
  const args = [...places, '-type', 'f', '-name', `*${name}*`];
  if (minSize > 0) args.push('-size', `+${minSize - 1}c`);
  const entries = await find(root, [...args, '-printf', '%s %p\\0']);
  const files = new Map();
  for (const entry of entries) {
    const [, size, file] = /^(\d+) ([^]*)$/.exec(entry);
    files.set(path.normalize(file), Number(size));
  }
  return [...files].map(([file, size]) => ({ path: file, size }));
}

module.exports = { findFiles };
