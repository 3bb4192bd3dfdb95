'use strict';

const { spawn } = require('child_process');

const { GitError } = require('./errors');

// What a revision of the page may be; no name of git's begins with a dash.
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9._\/-]*$/;

function checkRevision(revision) {
  if (typeof revision !== 'string' || !REVISION.test(revision)) {
    throw new GitError('this is no revision');
  }
}

function lines(repository, args) {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['-C', repository, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    let messages = '';
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => {
      messages += chunk;
    });
    child.on('error', (error) => reject(new GitError(error.message)));
    child.on('close', (status) => {
      const nothingFound = args[0] === 'grep' && status === 1;
      if (status !== 0 && !nothingFound) reject(new GitError(messages.trim()));
      else resolve(Buffer.concat(output).toString().split('\n').filter(Boolean));
    });
  });
}

async function searchCode(repository, options) {
  const { pattern, revision = 'HEAD', folder = '', ignoreCase = false } = options;
  checkRevision(revision);
  const found = await lines(repository, [
    'grep',
    '--no-color',
    '--line-number',
    '--null',
    '-I',
    '-F',
    ...(ignoreCase ? ['-i'] : []),
    '-e',
    String(pattern),
    revision,
    '--',
    folder === '' ? '.' : `./${folder}`,
  ]);
  return found.map((entry) => {
    const [place, number, ...rest] = entry.split('\0');
    return {
      file: place.slice(revision.length + 1),
      line: parseInt(number, 10),
      text: rest.join('\0'),
    };
  });
}

async function fileHistory(repository, { file, revision = 'HEAD' }) {
  checkRevision(revision);
  const log = await lines(repository, [
    'log',
    '--pretty=format:%H%x1f%an%x1f%aI%x1f%s',
    revision,
    '--',
    `./${file}`,
  ]);
  return log.map((entry) => {
    const [commit, author, date, subject] = entry.split('\x1f');
    return { commit, author, date, subject };
  });
}

module.exports = { searchCode, fileHistory };
