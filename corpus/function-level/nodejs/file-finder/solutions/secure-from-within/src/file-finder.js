'use strict';

const { spawn } = require('child_process');
const fs = require('fs/promises');
const path = require('path');

const { FinderError } = require('./errors');

// The search of a folder starts in the folder itself: its name is not an argument at all.
function filesBelow(folder) {
  return new Promise((resolve, reject) => {
    const child = spawn('find', ['.', '-type', 'f', '-printf', '%s\\t%P\\0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    let messages = '';
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => {
      messages += chunk;
    });
    child.on('error', (error) => reject(new FinderError(error.message)));
    child.on('close', (status) => {
      if (status !== 0) reject(new FinderError(messages));
      else resolve(Buffer.concat(output).toString('utf8').split('\0').filter(Boolean));
    });
  });
}

async function isFolder(place) {
  try {
    return (await fs.lstat(place)).isDirectory();
  } catch {
    return false;
  }
}

async function findFiles(root, { folders = [], text = '', minSize = 0 } = {}) {
  const found = new Map();
  for (const folder of folders.length > 0 ? folders : ['.']) {
    const place = path.join(root, String(folder));
    if (!(await isFolder(place))) throw new FinderError(`there is no folder ${folder}`);
    for (const entry of await filesBelow(place)) {
      const tab = entry.indexOf('\t');
      const size = Number(entry.slice(0, tab));
      const file = path.join(place, entry.slice(tab + 1));
      if (size >= minSize && path.basename(file).includes(text)) {
        found.set(path.relative(root, file), size);
      }
    }
  }
  return Array.from(found, ([file, size]) => ({ path: file, size }));
}

module.exports = { findFiles };
