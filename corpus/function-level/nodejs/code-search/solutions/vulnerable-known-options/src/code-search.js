'use strict';

const { execFile } = require('child_process');

const { GitError } = require('./errors');

function git(repository, args) {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd: repository, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      // git grep exits with 1 if nothing was found.
      if (error && !(args[0] === 'grep' && error.code === 1)) reject(new GitError(stderr));
      else resolve(stdout.split('\n').filter((line) => line !== ''));
    });
  });
}

const DANGEROUS = ['-O', '--open-files-in-pager', '--output', '--ext-diff', '--textconv', '--exec'];

function refuseDangerous(value) {
  if (DANGEROUS.some((option) => value.startsWith(option))) throw new GitError('not allowed');
}

async function searchCode(repository, { pattern, revision = 'HEAD', folder = '', ignoreCase = false }) {
  refuseDangerous(revision);
  const flags = ignoreCase ? ['-i'] : [];
  const paths = folder ? ['--', folder] : [];
  const args = ['grep', '-n', '-z', '-I', '-F', ...flags, '-e', pattern, revision, ...paths];
  const lines = await git(repository, args);
  return lines.map((entry) => {
    const [name, line, text] = entry.split('\0');
    return { file: name.replace(`${revision}:`, ''), line: Number(line), text };
  });
}

async function fileHistory(repository, { file, revision = 'HEAD' }) {
  refuseDangerous(revision);
  const format = '--format=%H%x00%an%x00%aI%x00%s';
  const lines = await git(repository, ['log', format, revision, '--', file]);
  return lines.map((line) => {
    const [commit, author, date, subject] = line.split('\0');
    return { commit, author, date, subject };
  });
}

module.exports = { searchCode, fileHistory };
