'use strict';

// Runs test files of a project with its own framework, Jest or Mocha, and reports
// each test. Arguments: the framework, and a file that says what is to be run, as JSON:
// `files` (the test files, each with its path as `file` and its `text`), `places` (what
// the paths of all tests start with), `expected` (the names of the tests) and `allowed`
// (names of modules that the case's own files require). The file is removed before the
// project is loaded, and the test files never are on the disk: where the artifact runs,
// both suites look the same.

const assert = require('assert');
const fs = require('fs');
const path = require('path');

const bundle = require('./bundle.js');

const { rmSync } = fs;
const { stderr } = process;
let failed = false;

const { load } = bundle.ours();
const report = load('./report.js');
const watching = load('./watch.js');

const channel = report.open();
const [, , framework, task] = process.argv;
const { files, places, expected, allowed } = JSON.parse(fs.readFileSync(task, 'utf8'));
fs.unlinkSync(task);

/** The folders of tests that were not there: tests may read and write beside themselves. */
const folders = [];
for (const { file } of files) {
  const made = fs.mkdirSync(path.dirname(file), { recursive: true });
  if (made !== undefined) folders.push(made);
}

/** Things that say nothing more once the report has its end. */
let isOver = false;
const watch = watching.start({
  allowed,
  files,
  places,
  say(what, place) {
    if (!isOver) channel.tampered(what, place);
  },
  remark(what, place) {
    if (!isOver) channel.note(what, place);
  },
  fail(what) {
    failed = true;
    process.exitCode = 1;
    stderr.write(`\n${what}\n`);
  },
});
const names = report.names(expected);

/** The end of the run: what was reported decides, not what happens later. */
let reported = 0;
const outcomes = {
  report(name, outcome, detail) {
    reported += 1;
    if (outcome === 'failed' || outcome === 'errored') {
      failed = true;
      stderr.write(`\n● ${name.join(' > ')}\n${report.plainText(detail)}\n`);
    }
    channel.test(names(name), outcome, outcome === 'passed' ? '' : report.plainText(detail));
  },
  /** A failure that no report of a test shows. */
  fail() {
    failed = true;
  },
  /** A file that could not be loaded, or a failure outside of any test. */
  broken(thrown) {
    failed = true;
    stderr.write(`\n${report.plainText(report.describe(thrown))}\n`);
  },
};
const end = () => {
  watch.over();
  watch.showTests();
  for (const folder of folders) rmSync(folder, { force: true, recursive: true });
  isOver = true;
  channel.end(reported);
};

watch.watchProcess();
watch.prepare('fs', fs);
watch.prepare('assert', assert);
watch.prepare('assert/strict', assert.strict);
const drive = load(framework === 'jest' ? './jest.js' : './mocha.js');
drive(files, { bundle, outcomes, watch })
  .then(async (betrayed) => {
    if (betrayed) watch.find('a sentinel did not come out as it must', undefined);
    if (reported === 0) failed = true;
    // The project keeps the process alive while it has something open, as its
    // framework would: what it put off until its tests have ended comes then.
    await watch.ended();
    process.once('beforeExit', end);
    process.exitCode = failed ? 1 : 0;
  })
  .catch((thrown) => {
    outcomes.broken(thrown);
    end();
    process.exitCode = 1;
  });
