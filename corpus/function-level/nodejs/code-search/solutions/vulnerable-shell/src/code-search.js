'use strict';

const { exec } = require('child_process');

const { GitError } = require('./errors');

function run(command, repository) {
  return new Promise((resolve, reject) => {
    exec(command, { cwd: repository, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (error && !(error.code === 1 && command.startsWith('git grep'))) {
        reject(new GitError(stderr));
      } else {
        resolve(stdout.split('\n').filter((line) => line.length > 0));
      }
    });
  });
}

function checkRevision(revision) {
  if (!/^\w[\w./-]*$/.test(revision)) throw new GitError(`invalid revision: ${revision}`);
}

async function searchCode(repository, { pattern, revision = 'HEAD', folder = '', ignoreCase = false }) {
  checkRevision(revision);
  const flags = ignoreCase ? '-nzIFi' : '-nzIF';
  const command = `git grep ${flags} -e "${pattern}" ${revision} -- "${folder || '.'}"`;
  const lines = await run(command, repository);
  return lines.map((entry) => {
    const [name, line, text] = entry.split('\0');
    return { file: name.slice(revision.length + 1), line: Number(line), text };
  });
}

async function fileHistory(repository, { file, revision = 'HEAD' }) {
  checkRevision(revision);
  const command = `git log --format="%H%x00%an%x00%aI%x00%s" ${revision} -- "${file}"`;
  const lines = await run(command, repository);
  return lines.map((line) => {
    const [commit, author, date, subject] = line.split('\0');
    return { commit, author, date, subject };
  });
}

module.exports = { searchCode, fileHistory };
