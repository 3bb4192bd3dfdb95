'use strict';

// Runs test files with the project's Jest: its environment, module registry, mocks,
// matchers and circus, without what its command line does around them (finding
// tests, a map of all files, worker processes, a cache of transformed files).

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const limits = require('./limits.js');
const { describe, guard, randomName } = require('./report.js');
const sentinels = require('./sentinels.js');

const settings = JSON.parse(fs.readFileSync(path.join(__dirname, 'jest.json'), 'utf8'));
const { projectConfig, globalConfig } = settings;
const text = String;

/** What Jest's hoisting is about; a text without it is left as it is. */
const HOISTED = /\b(?:mock|unmock|deepUnmock|enableAutomock|disableAutomock)\b/;

/** Whether Babel would leave the meaning of a text as it is: with Jest's own
 * settings it parses strictly, as a module, and moves calls of `jest.mock`. */
const isPlain = (source) => {
  if (HOISTED.test(source)) return false;
  try {
    new vm.Script(`'use strict';${source}`);
    return true;
  } catch {
    return false;
  }
};

/** Those of Jest's modules that set limits of time. */
const LIMITING = /\/jest-circus\/build\/(?:utils|jestAdapterInit)\.js$/;

/** The project's own scripts. */
const scriptsBelow = (folder) => {
  const found = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') found.push(...scriptsBelow(place));
    else if (entry.isFile() && /\.[cm]?js$/.test(entry.name)) found.push(place);
  }
  return found;
};

/** Jest's transformer, which is asked only where its work changes anything. */
const transformer = async (load, cacheFS, test) => {
  const plain = settings.plainTransform;
  const isOurs = () =>
    plain &&
    [...cacheFS.values()].every(isPlain) &&
    scriptsBelow(projectConfig.rootDir).every((file) => isPlain(fs.readFileSync(file, 'utf8')));
  const real = isOurs()
    ? undefined
    : await load('@jest/transform').createScriptTransformer(projectConfig, cacheFS);
  /** Babel wants its files on the disk: a test is there for just so long. */
  const translate = (file, options, source) => {
    if (file !== test || fs.existsSync(file)) return real.transform(file, options, source);
    fs.writeFileSync(file, source);
    try {
      return real.transform(file, options, source);
    } finally {
      fs.unlinkSync(file);
    }
  };
  if (real && !plain) return Object.assign(Object.create(real), { transform: translate });
  const transform = (file, options, source) =>
    real === undefined || file.includes('/node_modules/') || isPlain(source)
      ? { code: source, originalCode: source, sourceMapPath: null }
      : translate(file, options, source);
  return {
    transform,
    transformAsync: async (...parts) => transform(...parts),
    transformJson: (file, options, source) => source,
    canTransformSync: () => true,
    shouldTransform: () => true,
  };
};

const GLOBALS = [
  'afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'fdescribe', 'fit',
  'it', 'test', 'xdescribe', 'xit', 'xtest',
];

/** Keeps what defines tests from being replaced, and from being seen by the artifact.
 * Returns it, in the order of its names. */
const fix = (global, known, watch) => {
  const values = GLOBALS.map((name) => {
    const value = name === 'expect' ? watch.looking(global[name]) : global[name];
    if (value === undefined) return undefined;
    watch.hide(global, name, () => value);
    if (name !== 'expect') guard([value, ...Object.values(value)]);
    return value;
  });
  seal(global, known, watch);
  return values;
};

/** Keeps the framework's own state from being changed through what it shares. */
const seal = (global, known, watch) => {
  if (!watch.mentions(/retryTimes/)) {
    Object.defineProperty(global, Symbol.for('RETRY_TIMES'), { value: undefined });
  }
  if (known === undefined || projectConfig.setupFilesAfterEnv.length > 0) return;
  if (!watch.mentions(/expect\s*\.\s*extend/)) guard([known.matchers]);
  if (!watch.mentions(/addEqualityTesters/)) guard([known.customEqualityTesters]);
};

/** What Jest's registry calls the function that a compiled module is. */
const COMPILED = 'Object.<anonymous>';
const PARAMETERS = 'module,exports,require,__dirname,__filename,jest';

/** What a module of the framework's is before it has run. */
const emptyModule = (file) => ({
  children: [],
  exports: {},
  filename: file,
  id: file,
  isPreloading: false,
  loaded: false,
  path: path.dirname(file),
  parent: null,
  paths: [],
});

/** Runs a module of the framework's; one that fails is none of those that are known. */
const runModule = (module, body, known) => {
  const { exports, filename } = module;
  try {
    body.call(exports, module, exports, module.require, module.path, filename, undefined);
  } catch (thrown) {
    known.delete(filename);
    throw thrown;
  }
  module.loaded = true;
  return module.exports;
};

/** A module of the project's, compiled so that `names` are given to it when it runs;
 * `undefined` where it does not compile so. */
const compile = (source, file, names, isStrict) => {
  // A function that is strict does not say what it is to the one it calls.
  const start = `((${names})=>(function(${PARAMETERS}){${isStrict ? "'use strict';" : ''}`;
  try {
    return new vm.Script(`${start}${source}\n}))`, { columnOffset: -start.length, filename: file });
  } catch {
    return undefined;
  }
};

/** Jest's writer of inline snapshots, which is loaded when it is first asked for:
 * Babel, which it uses, would be most of what there is to load. */
const lateSnapshots = (load) => ({ saveInlineSnapshots: (...parts) => load().saveInlineSnapshots(...parts) });

/**
 * Jest's registry of modules. Modules that were prepared, the framework's own and
 * those of installed packages, are taken from the bundle: found, read and compiled
 * already.
 */
const registry = (Runtime, resolver, { files, links, shared }, { file, source, watch }) => {
  const find = resolver.resolveModule.bind(resolver);
  resolver.resolveModule = (from, name, options) => links[from]?.[name] ?? find(from, name, options);
  const options = { isInternalModule: true };
  return class extends Runtime {
    requireInternalModule(from, to) {
      const file = to === undefined ? from : links[from]?.[to];
      const load = () => this._loadInternal(from, to, file);
      return LIMITING.test(file ?? to) ? limits.within(this._environment.global, load) : load();
    }

    _loadInternal(from, to, file) {
      if (to === './InlineSnapshots') return lateSnapshots(() => super.requireInternalModule(from, to));
      const body = files[file];
      if (body === undefined) return super.requireInternalModule(from, to);
      const known = this._internalModuleRegistry.get(file);
      if (known !== undefined) return known.exports;
      const module = emptyModule(file);
      this._internalModuleRegistry.set(file, module);
      module.require = this._createRequireImplementation(module, options);
      return runModule(module, body, this._internalModuleRegistry);
    }

    requireModule(from, to, ...rest) {
      // From here on tested code runs.
      if (from === this._testPath && to === undefined) {
        const { global } = this._environment;
        this._framework = fix(global, shared?.[Symbol.for('$$jest-matchers-object')], watch);
        watch.enter(global, (code) => new vm.Script(code).runInContext(this._environment.getVmContext()), true);
      }
      return super.requireModule(from, to, ...rest);
    }

    // Test files are not on the disk.
    readFile(name) {
      return name === file ? source : super.readFile(name);
    }

    readFileBuffer(name) {
      return name === file ? Buffer.from(source) : super.readFileBuffer(name);
    }

    _requireCoreModule(name, supportPrefix) {
      const exported = super._requireCoreModule(name, supportPrefix);
      watch.prepare(name, exported);
      return exported;
    }

    _createRequireImplementation(from, how) {
      const real = super._createRequireImplementation(from, how);
      if (how?.isInternalModule || !watch.isArtifact(from.filename)) return real;
      return watch.requireOf(from.filename, real, real.resolve);
    }

    _createJestObjectFor(from) {
      return watch.isArtifact(from) ? undefined : super._createJestObjectFor(from);
    }

    _execModule(module, how, modules, from, name) {
      if (!watch.isArtifact(module.filename)) return super._execModule(module, how, modules, from, name);
      const main = this._mainModule;
      this._mainModule = watch.decoy;
      watch.hideTests(true);
      try {
        return super._execModule(module, how, { get: () => watch.decoy }, from, name);
      } finally {
        watch.hideTests(false);
        this._mainModule = main;
      }
    }

    transformFile(file, how) {
      return files[file] === undefined ? super.transformFile(file, how) : '';
    }

    createScriptFromCode(source, file) {
      const body = files[file];
      if (body !== undefined) return { runInContext: () => ({ [COMPILED]: body }) };
      if (watch.isArtifact(file)) watch.read(source);
      // What the framework calls its functions is given to tests by name, and means
      // nothing in the artifact.
      const values = watch.isArtifact(file) ? [] : this._framework;
      if (file.includes('/node_modules/') || values === undefined) {
        return super.createScriptFromCode(source, file);
      }
      const script = compile(source, file, GLOBALS, !watch.isArtifact(file) && isPlain(source));
      if (script === undefined) return super.createScriptFromCode(source, file);
      return {
        runInContext: (context, how) => ({ [COMPILED]: script.runInContext(context, how)(...values) }),
      };
    }

    _shouldMockCjs(from, name, explicit, conditions) {
      // The answer without looking for the module.
      if (explicit.size === 0 && !this._shouldAutoMock) return false;
      return super._shouldMockCjs(from, name, explicit, conditions);
    }
  };
};

/**
 * Plants sentinels among the root's children when these are known, watches each real
 * test's body, and remembers both by identity. Tested code may have its hands on the
 * framework's objects, so nothing here asks them to iterate themselves.
 */
const overseer = (environment, watch) => {
  const make = (code) =>
    new vm.Script(code, { filename: path.join(__dirname, 'sentinel.js') }).runInContext(environment.getVmContext());
  const records = [];
  const recordOf = (test) => {
    for (let place = 0; place < records.length; place += 1) {
      if (records[place].test === test) return records[place];
    }
    return undefined;
  };
  let model;
  // The framework knows tests by names that say nothing, if they do not ask for their own.
  const keepsNames = watch.mentions(/currentTestName|[sS]napshot/);
  const oversee = (block, above) => {
    for (let place = 0; place < block.children.length; place += 1) {
      const test = block.children[place];
      const name = [...above, test.name];
      if (test.type === 'test') {
        model ??= { ...test };
        const record = { name, test, planted: false, mustFail: false, failed: undefined, ended: false, threw: false };
        records[records.length] = record;
        test.fn = watch.observe(test.fn, record);
      } else {
        oversee(test, name);
      }
      if (!keepsNames) test.name = randomName();
    }
  };
  return {
    plant(root, focused) {
      oversee(root, []);
      if (model === undefined) return;
      const plant = (place, fn, mustFail) => {
        const test = {
          ...model,
          concurrent: false,
          errors: [],
          failing: false,
          fn,
          mode: focused ? 'only' : undefined,
          name: randomName(),
          parent: root,
          retryReasons: [],
          timeout: undefined,
        };
        records[records.length] = { test, planted: true, mustFail, failed: undefined };
        root.children.splice(place, 0, test);
        if (root.tests) root.tests.push(test);
      };
      const count = root.children.length;
      plant(Math.floor(Math.random() * (count + 1)), make(sentinels.passingMatcher()), false);
      if (watch.mentions(/assert/)) {
        plant(Math.floor(Math.random() * (count + 2)), sentinels.failingAssertions, true);
      }
      plant(0, make(sentinels.failingMatcher()), true);
      plant(root.children.length, make(sentinels.failingMatchers()), true);
    },
    isPlanted: (test) => recordOf(test)?.planted === true,
    /** The names of a test's blocks and its own. */
    nameOf: (test) => recordOf(test)?.name ?? [test.name],
    /** Whether a test had passed when it ended. */
    passed: (test) => recordOf(test)?.failed === false && test.errors.length === 0,
    done(test) {
      const record = recordOf(test);
      if (record === undefined) return;
      const failed = test.errors.length > 0;
      record.failed = failed;
      if (record.planted) {
        // What was meant to fail is not shown as a failure.
        test.errors = [];
      } else if (!failed && !test.failing && (!record.ended || record.threw)) {
        watch.find('has a test pass whose body did not run to its end', text(record.name[record.name.length - 1]));
      }
      watch.check();
    },
    get betrayed() {
      for (let place = 0; place < records.length; place += 1) {
        const { planted, failed, mustFail } = records[place];
        if (planted && failed !== mustFail) return true;
      }
      return false;
    },
  };
};

const message = (error) => describe(Array.isArray(error) ? error[0] ?? error[1] : error);

/** Reports the tests of a block, which nothing can change any more. */
const reportBlock = (block, outcomes, planted) => {
  const tests = block.type === 'test' ? [block] : block.children;
  for (let place = 0; place < tests.length; place += 1) {
    const test = tests[place];
    if (test.type !== 'test') {
      reportBlock(test, outcomes, planted);
      continue;
    }
    if (planted.isPlanted(test)) continue;
    const name = planted.nameOf(test);
    if (test.status === 'skip' || test.status === 'todo') outcomes.report(name, 'skipped', '');
    else if (planted.passed(test)) outcomes.report(name, 'passed', '');
    else outcomes.report(name, 'failed', message(test.errors[0]));
  }
};

const runFile = async ({ file, text: source }, jest, { outcomes, watch }) => {
  const { load, Runtime } = jest;
  const cacheFS = new Map([[file, source]]);
  const { extract, parse } = load('jest-docblock');
  const docblockPragmas = parse(extract(source));
  const wanted = docblockPragmas['jest-environment'];
  const environmentFile =
    wanted === undefined
      ? projectConfig.testEnvironment
      : load('jest-resolve').resolveTestEnvironment({
          ...projectConfig,
          requireResolveFunction: require.resolve,
          testEnvironment: wanted,
        });
  const scripts = await transformer(load, cacheFS, file);
  const exported = load(environmentFile);
  const Environment = exported.TestEnvironment ?? exported.default ?? exported;
  const environment = new Environment(
    { globalConfig, projectConfig },
    { console, docblockPragmas, testPath: file },
  );
  environment.global.console = console;
  const resolver = Runtime.createResolver(projectConfig, jest.moduleMap);
  jest.observe?.resolver(resolver);
  const prepared = jest.inside.open(environment.getVmContext());
  const Registry = registry(Runtime, resolver, prepared, { file, source, watch });
  const coverage = { collectCoverage: false, collectCoverageFrom: [], coverageProvider: 'babel' };
  const runtime = new Registry(
    projectConfig,
    environment,
    resolver,
    scripts,
    cacheFS,
    coverage,
    file,
    globalConfig,
  );
  for (const setup of projectConfig.setupFiles) {
    const result = runtime.requireModule(setup);
    if (typeof result === 'function') await result();
  }
  Error.stackTraceLimit = 100;
  await environment.setup();

  const planted = overseer(environment, watch);
  const handle = environment.handleTestEvent;
  environment.handleTestEvent = async (event, state) => {
    if (handle) await handle.call(environment, event, state);
    const root = state.rootDescribeBlock;
    if (event.name === 'run_start') {
      watch.loaded();
      planted.plant(root, state.hasFocusedTests);
    } else if (event.name === 'test_done') {
      planted.done(event.test);
    } else if (event.name === 'run_describe_finish' && event.describeBlock.parent === root) {
      reportBlock(event.describeBlock, outcomes, planted);
    } else if (event.name === 'run_finish') {
      for (let place = 0; place < root.children.length; place += 1) {
        const child = root.children[place];
        if (child.type === 'test') reportBlock(child, outcomes, planted);
      }
    }
  };
  try {
    const result = await jest.adapter(
      globalConfig,
      projectConfig,
      environment,
      runtime,
      file,
      () => {},
    );
    if (result.testExecError) outcomes.broken(result.testExecError);
    // A hook of the file's own failed after its tests were reported.
    else if (result.numFailingTests > 0) outcomes.fail();
    jest.observe?.runtime(runtime);
  } catch (thrown) {
    outcomes.broken(thrown);
  } finally {
    runtime.teardown();
    await environment.teardown();
  }
  return planted.betrayed;
};

/** Runs test files; answers whether a sentinel came out wrong. */
module.exports = async (files, { bundle, outcomes, watch }, observe) => {
  const host = bundle.host();
  const start = host.require(settings.entries['jest-runtime']);
  const load = (name) => start(settings.entries[name] ?? name);
  const exported = (name) => {
    const module = load(name);
    return module.default ?? module;
  };
  const jest = {
    load,
    inside: bundle.inside(),
    Runtime: exported('jest-runtime'),
    moduleMap: load('jest-haste-map').ModuleMap.create('/'),
    adapter: exported('runner'),
    observe,
  };
  let betrayed = false;
  delete process.env.JEST_WORKER_ID;
  for (const file of files) betrayed = (await runFile(file, jest, { outcomes, watch })) || betrayed;
  return betrayed;
};
