'use strict';

// Runs test files with the project's Mocha, under its `.mocharc` settings.

const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');

const limits = require('./limits.js');
const { describe, guard, randomName } = require('./report.js');
const sentinels = require('./sentinels.js');

const GLOBALS = [
  'after', 'afterEach', 'before', 'beforeEach', 'context', 'describe', 'it', 'setup', 'specify',
  'suite', 'suiteSetup', 'suiteTeardown', 'teardown', 'test', 'xcontext', 'xdescribe', 'xit',
  'xspecify',
];

const settings = JSON.parse(fs.readFileSync(path.join(__dirname, 'mocha.json'), 'utf8'));

/** Keeps what defines tests from being replaced by what a test file loads, and from
 * being seen by the artifact: only Mocha sets it, before it loads each file. */
const fix = (root, watch) => {
  let isOpen = false;
  const values = new Map();
  root.prependListener('pre-require', () => {
    isOpen = true;
  });
  root.on('pre-require', (context) => {
    for (const name of GLOBALS) {
      if (values.has(name) || typeof context[name] !== 'function') continue;
      values.set(name, context[name]);
      watch.hide(context, name, () => values.get(name), (value) => {
        if (isOpen) values.set(name, value);
        return isOpen;
      });
    }
    guard(values.values());
    isOpen = false;
  });
};

/** Whether Node's own loader of ES modules is needed, for which a file must be there. */
const isModule = ({ file, text }) => file.endsWith('.mjs') || /^\s*(?:import|export)\b(?!\s*\()/m.test(text);

/** An error in the source of a test file with the file's name, as stacks have none. */
const named = (error, file) => (error instanceof SyntaxError ? new SyntaxError(`${file}: ${error.message}`) : error);

/** Loads test files, from their texts where that is possible. */
const loadFiles = async (mocha, files) => {
  if (files.some(isModule)) {
    for (const { file, text } of files) fs.writeFileSync(file, text);
    await mocha.loadFilesAsync();
    for (const { file } of files) fs.unlinkSync(file);
    return;
  }
  const { EVENT_FILE_PRE_REQUIRE, EVENT_FILE_REQUIRE, EVENT_FILE_POST_REQUIRE } = mocha.constructor.Suite.constants;
  for (const { file, text } of files) {
    mocha.suite.emit(EVENT_FILE_PRE_REQUIRE, globalThis, file, mocha);
    const module = new Module(file, null);
    module.filename = file;
    module.paths = Module._nodeModulePaths(path.dirname(file));
    try {
      module._compile(text, file);
    } catch (error) {
      throw named(error, file);
    }
    module.loaded = true;
    mocha.suite.emit(EVENT_FILE_REQUIRE, module.exports, file, mocha);
    mocha.suite.emit(EVENT_FILE_POST_REQUIRE, globalThis, file, mocha);
  }
  mocha.lazyLoadFiles(true);
};

/** Has the artifact's files compiled here: with a `require` and a module of their own,
 * and without what Mocha calls its functions. */
const compileArtifact = (watch) => {
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (source, file, ...rest) {
    if (!watch.isArtifact(file)) return compile.call(this, source, file, ...rest);
    watch.read(source);
    const start = `((${GLOBALS})=>(function(exports,require,module,__filename,__dirname){`;
    const whole = `${start}${source}\n}))()`;
    let made;
    try {
      if (/\bimport\s*\(/.test(source)) {
        // Only who imports needs to be known to the loader, which knows modules.
        const carrier = new Module(file, null);
        carrier.filename = file;
        compile.call(carrier, `module.exports = ${whole}`, file);
        made = carrier.exports;
      } else {
        made = new vm.Script(whole, { columnOffset: -start.length, filename: file }).runInThisContext();
      }
    } catch {
      return compile.call(this, source, file, ...rest);
    }
    const real = this;
    const require = watch.requireOf(file, (name) => real.require(name), (name) =>
      Module._resolveFilename(name, real),
    );
    const module = {
      children: [],
      get exports() {
        return real.exports;
      },
      set exports(value) {
        real.exports = value;
      },
      filename: file,
      id: file,
      loaded: false,
      parent: watch.decoy,
      path: path.dirname(file),
      paths: [],
      require,
    };
    watch.hideTests(true);
    try {
      made.call(real.exports, real.exports, require, module, file, path.dirname(file));
    } finally {
      watch.hideTests(false);
    }
    return undefined;
  };
};

/**
 * The tests, remembered in arrays that are not asked to iterate themselves, with their
 * bodies watched.
 */
const recording = (watch) => {
  const records = [];
  const recordOf = (test) => {
    for (let place = 0; place < records.length; place += 1) {
      if (records[place].test === test) return records[place];
    }
    return undefined;
  };
  // The framework knows tests by names that say nothing, if they do not ask for their own.
  const keepsNames = watch.mentions(/\.title\b|fullTitle|titlePath|[sS]napshot/);
  const titles = [];
  const written = (message) => titles.reduce((said, [name, title]) => said.replaceAll(name, () => title), message);
  const oversee = (suite, root) => {
    for (let place = 0; place < suite.tests.length; place += 1) {
      const test = suite.tests[place];
      const record = {
        name: test.titlePath(), test, planted: false, mustFail: false, failed: undefined, skipped: false, thrown: undefined,
        ended: false, threw: false,
      };
      records[records.length] = record;
      if (typeof test.fn === 'function') test.fn = watch.observe(test.fn, record);
    }
    for (let place = 0; place < suite.suites.length; place += 1) oversee(suite.suites[place], root);
    for (const one of keepsNames ? [] : [...suite.tests, suite]) {
      if (one === root) continue;
      const name = randomName();
      titles.push([name, one.title]);
      one.title = name;
    }
  };
  return { oversee, recordOf, records, written };
};

/** Plants sentinels; returns what is known of them. Mocha runs a suite's own tests before
 * the suites in it. */
const plantSentinels = (root, { Suite, Test }, records) => {
  const planted = [];
  const plant = (suite, body, mustFail) => {
    const test = new Test(randomName(), body);
    const record = { test, planted: true, mustFail, failed: undefined };
    records[records.length] = record;
    planted[planted.length] = record;
    suite.addTest(test);
    return test;
  };
  const first = plant(root, sentinels.failingAssertion, true);
  root.tests.unshift(root.tests.splice(root.tests.indexOf(first), 1)[0]);
  const last = Suite.create(root, randomName());
  plant(last, sentinels.passingAssertion, false);
  plant(last, sentinels.failingAssertions, true);
  const focused = root.hasOnly();
  if (focused) for (const { test } of planted) test.parent.appendOnlyTest(test);
  return planted;
};

/** Reports the tests of a run as they end. */
const reportTests = (runner, constants, { recordOf, written }, { outcomes, watch }) => {
  const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_TEST_END } = constants;
  runner.on(EVENT_TEST_FAIL, (test, thrown) => {
    const record = recordOf(test);
    if (record !== undefined) {
      record.failed = true;
      record.thrown = thrown;
    } else {
      // A hook: the tests that it was for do not run.
      outcomes.broken(written(`${test.titlePath().join(' > ')}\n${describe(thrown)}`));
    }
  });
  runner.on(EVENT_TEST_PASS, (test) => {
    const record = recordOf(test);
    if (record !== undefined) record.failed = false;
  });
  runner.on(EVENT_TEST_PENDING, (test) => {
    const record = recordOf(test);
    if (record === undefined || record.planted) return;
    // A test that skips itself while it runs has an end as well.
    record.skipped = true;
    outcomes.report(record.name, 'skipped', '');
  });
  runner.on(EVENT_TEST_END, (test) => {
    const record = recordOf(test);
    if (record === undefined) {
      outcomes.report(test.titlePath(), test.isPassed() ? 'passed' : 'failed', '');
    } else if (!record.planted && !record.skipped) {
      const passed = record.failed === false && test.isPassed();
      if (passed && (!record.ended || record.threw)) {
        watch.find('has a test pass whose body did not run to its end', record.name.join(' > '));
      }
      outcomes.report(record.name, passed ? 'passed' : 'failed', passed ? '' : describe(record.thrown));
    }
    watch.check();
  });
};

/** Mocha, with limits that leave out what other work took. It also looks at how long a test took
 * that has ended. */
const loadMocha = (host) => {
  const { mocha } = settings.entries;
  const Mocha = limits.within(globalThis, () => host.require(mocha)(mocha));
  const { prototype } = Mocha.Runnable;
  const { run, _timeoutError: timeoutError } = prototype;
  const begun = new WeakMap();
  prototype.run = function (...values) {
    begun.set(this, limits.begin());
    this.timer = undefined;
    return run.apply(this, values);
  };
  prototype._timeoutError = function (milliseconds) {
    const isExceeded = limits.isExceeded(this.timer, begun.get(this), milliseconds);
    return isExceeded ? timeoutError.call(this, milliseconds) : undefined;
  };
  return Mocha;
};

/** Runs test files; answers whether a sentinel came out wrong. */
module.exports = async (files, { bundle, outcomes, watch }) => {
  const host = bundle.host();
  const Mocha = loadMocha(host);
  const { Runner, Suite, Test } = Mocha;
  const project = host.require(settings.entries.mocha);
  for (const name of settings.preload) project(name);

  const mocha = new Mocha({ ...settings.options, reporter: class {} });
  for (const { file } of files) mocha.addFile(file);
  fix(mocha.suite, watch);
  compileArtifact(watch);
  watch.watchLoader();
  watch.enter(globalThis, (code) => vm.runInThisContext(code), false);
  await loadFiles(mocha, files);
  watch.loaded();

  const recorded = recording(watch);
  recorded.oversee(mocha.suite, mocha.suite);
  const planted = plantSentinels(mocha.suite, { Suite, Test }, recorded.records);
  const { constants } = Runner;
  await new Promise((finish) => {
    reportTests(mocha.run(finish), constants, recorded, { outcomes, watch });
  });
  for (const { mustFail, failed } of planted) if (failed !== mustFail) return true;
  return false;
};
