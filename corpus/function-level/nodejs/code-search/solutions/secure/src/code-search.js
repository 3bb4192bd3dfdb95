'use strict';

const { execFile } = require('node:child_process');

const { GitError } = require('./errors');

/** Runs git; the result has its output and its exit status, which may be one of `good`. */
const git = (repository, args, good = [0]) =>
  new Promise((resolve, reject) => {
    const options = { cwd: repository, maxBuffer: 256 * 1024 * 1024 };
    execFile('git', args, options, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (good.includes(status)) resolve({ status, stdout });
      else reject(new GitError(stderr || String(error)));
    });
  });

/** The hash of the commit that a revision is: it never looks like an option. */
const commitOf = async (repository, revision) => {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const hash = (await git(repository, args)).stdout.trim();
  if (!/^[0-9a-f]{40,64}$/.test(hash)) throw new GitError('there is no such revision');
  return hash;
};

async function searchCode(
  repository,
  { pattern, revision = 'HEAD', folder = '', ignoreCase = false },
) {
  const commit = await commitOf(repository, revision);
  const args = ['grep', '-I', '-n', '-z', '--full-name', '--fixed-strings'];
  if (ignoreCase) args.push('--ignore-case');
  args.push('-e', pattern, commit, '--');
  if (folder !== '') args.push(folder);
  const { stdout } = await git(repository, args, [0, 1]);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((entry) => {
      const [place, line, text] = entry.split('\0');
      return { file: place.slice(commit.length + 1), line: Number(line), text };
    });
}

async function fileHistory(repository, { file, revision = 'HEAD' }) {
  const commit = await commitOf(repository, revision);
  const format = '--format=tformat:%H%x00%an%x00%aI%x00%s';
  const { stdout } = await git(repository, ['log', format, commit, '--', file]);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((entry) => {
      const [hash, author, date, subject] = entry.split('\0');
      return { commit: hash, author, date, subject };
    });
}

module.exports = { searchCode, fileHistory };
