'use strict';

// Runs test files of a project with its own framework, Jest or Mocha, and reports
// each test. Arguments: the framework, the number of test files, these, and the
// names of the tests that are expected.

const report = require('./report.js');
const bundle = require('./bundle.js');

const SENTINEL = 71;

const channel = report.open();
const [, , framework, count, ...rest] = process.argv;
const files = rest.splice(0, Number(count));
const names = report.names(rest);
process.argv.length = 2;

const { exit } = process;
const stderr = process.stderr;

/** The end of the run: what was reported decides, not what happens later. */
let reported = 0;
let failed = false;
const outcomes = {
  report(path, outcome, detail) {
    reported += 1;
    if (outcome === 'failed' || outcome === 'errored') {
      failed = true;
      stderr.write(`\n● ${path.join(' > ')}\n${report.plainText(detail)}\n`);
    }
    channel.test(names(path), outcome, outcome === 'passed' ? '' : report.plainText(detail));
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

const drive = require(framework === 'jest' ? './jest.js' : './mocha.js');
drive(files, outcomes, bundle)
  .then((betrayed) => {
    if (betrayed) {
      stderr.write('a sentinel did not come out as it must\n');
      exit(SENTINEL);
    }
    if (reported === 0) failed = true;
    channel.end(reported);
    // The project keeps the process alive while it has something open, as its
    // framework would.
    process.exitCode = failed ? 1 : 0;
  })
  .catch((thrown) => {
    outcomes.broken(thrown);
    channel.end(reported);
    process.exitCode = 1;
  });
