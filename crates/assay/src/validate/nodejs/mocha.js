'use strict';

// Runs test files with the project's Mocha, under its `.mocharc` settings.

const fs = require('fs');
const path = require('path');

const { describe, randomName } = require('./report.js');

const settings = JSON.parse(fs.readFileSync(path.join(__dirname, 'mocha.json'), 'utf8'));

/** Runs test files; answers whether a sentinel came out wrong. */
module.exports = async (files, outcomes, bundle) => {
  const host = bundle.host();
  const Mocha = host.require(settings.entries.mocha)(settings.entries.mocha);
  const { Runner, Suite, Test } = Mocha;
  const project = host.require(settings.entries.mocha);
  for (const name of settings.preload) project(name);

  const mocha = new Mocha({ ...settings.options, reporter: class {} });
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();

  // Sentinels: tests that must fail, before and after all others, and one that
  // must pass. Mocha runs a suite's own tests before the suites in it.
  const [left, right] = [Math.random(), Math.random() + 1];
  const equal = (a, b) => {
    if (a !== b) throw new Error(`${a} is not ${b}`);
  };
  const planted = new Map();
  const plant = (suite, body, mustFail) => {
    const test = new Test(randomName(), body);
    planted.set(test, { mustFail, failed: undefined });
    suite.addTest(test);
    return test;
  };
  const root = mocha.suite;
  const first = plant(root, () => equal(left, right), true);
  root.tests.unshift(root.tests.splice(root.tests.indexOf(first), 1)[0]);
  const last = Suite.create(root, randomName());
  plant(last, () => equal(left, left), false);
  plant(last, () => equal(left, right), true);
  const focused = root.hasOnly();
  if (focused) for (const test of planted.keys()) test.parent.appendOnlyTest(test);

  const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_TEST_END } =
    Runner.constants;
  const failures = new Map();
  await new Promise((finish) => {
    const runner = mocha.run(finish);
    runner.on(EVENT_TEST_FAIL, (test, thrown) => {
      if (planted.has(test)) {
        planted.get(test).failed = true;
      } else if (test.type === 'test') {
        failures.set(test, thrown);
      } else {
        // A hook: the tests that it was for do not run.
        outcomes.broken(`${test.titlePath().join(' > ')}\n${describe(thrown)}`);
      }
    });
    runner.on(EVENT_TEST_PASS, (test) => {
      if (planted.has(test)) planted.get(test).failed = false;
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      if (planted.has(test)) return;
      // A test that skips itself while it runs has an end as well.
      failures.set(test, undefined);
      outcomes.report(test.titlePath(), 'skipped', '');
    });
    runner.on(EVENT_TEST_END, (test) => {
      if (planted.has(test)) return;
      if (!failures.has(test)) outcomes.report(test.titlePath(), test.isPassed() ? 'passed' : 'failed', '');
      else if (failures.get(test) !== undefined) {
        outcomes.report(test.titlePath(), 'failed', describe(failures.get(test)));
      }
    });
  });
  for (const { mustFail, failed } of planted.values()) if (failed !== mustFail) return true;
  return false;
};
