'use strict';

// Runs test files with the project's Jest: its environment, module registry, mocks,
// matchers and circus, without what its command line does around them (finding
// tests, a map of all files, worker processes, a cache of transformed files).

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const { describe, randomName } = require('./report.js');

const settings = JSON.parse(fs.readFileSync(path.join(__dirname, 'jest.json'), 'utf8'));
const { projectConfig, globalConfig } = settings;

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
const transformer = async (load, cacheFS) => {
  const plain = settings.plainTransform;
  const isOurs = () =>
    plain && scriptsBelow(projectConfig.rootDir).every((file) => isPlain(fs.readFileSync(file, 'utf8')));
  const real = isOurs()
    ? undefined
    : await load('@jest/transform').createScriptTransformer(projectConfig, cacheFS);
  if (real && !plain) return real;
  const transform = (file, options, source) =>
    real === undefined || file.includes('/node_modules/') || isPlain(source)
      ? { code: source, originalCode: source, sourceMapPath: null }
      : real.transform(file, options, source);
  return {
    transform,
    transformAsync: async (...parts) => transform(...parts),
    transformJson: (file, options, source) => source,
    canTransformSync: () => true,
    shouldTransform: () => true,
  };
};

/** What Jest's registry calls the function that a compiled module is. */
const COMPILED = 'Object.<anonymous>';

/**
 * Jest's registry of modules. Modules that were prepared, the framework's own and
 * those of installed packages, are taken from the bundle: found, read and compiled
 * already.
 */
const registry = (Runtime, resolver, { files, links }) => {
  const find = resolver.resolveModule.bind(resolver);
  resolver.resolveModule = (from, name, options) => links[from]?.[name] ?? find(from, name, options);
  const options = { isInternalModule: true };
  return class extends Runtime {
    requireInternalModule(from, to) {
      if (to === './InlineSnapshots') {
        // Babel, which writes them, would be most of what there is to load.
        return {
          saveInlineSnapshots: (...parts) =>
            super.requireInternalModule(from, to).saveInlineSnapshots(...parts),
        };
      }
      const file = to === undefined ? from : links[from]?.[to];
      const body = files[file];
      if (body === undefined) return super.requireInternalModule(from, to);
      const known = this._internalModuleRegistry.get(file);
      if (known !== undefined) return known.exports;
      const module = {
        children: [],
        exports: {},
        filename: file,
        id: file,
        isPreloading: false,
        loaded: false,
        path: path.dirname(file),
        parent: null,
        paths: [],
      };
      this._internalModuleRegistry.set(file, module);
      const { exports } = module;
      module.require = this._createRequireImplementation(module, options);
      try {
        body.call(exports, module, exports, module.require, module.path, file, undefined);
      } catch (thrown) {
        this._internalModuleRegistry.delete(file);
        throw thrown;
      }
      module.loaded = true;
      return module.exports;
    }

    transformFile(file, how) {
      return files[file] === undefined ? super.transformFile(file, how) : '';
    }

    createScriptFromCode(source, file) {
      const body = files[file];
      if (body === undefined) return super.createScriptFromCode(source, file);
      return { runInContext: () => ({ [COMPILED]: body }) };
    }

    _shouldMockCjs(from, name, explicit, conditions) {
      // The answer without looking for the module.
      if (explicit.size === 0 && !this._shouldAutoMock) return false;
      return super._shouldMockCjs(from, name, explicit, conditions);
    }
  };
};

/**
 * Sentinels: tests that must fail, first and last, and one that must pass. They
 * are put among the root's children when these are known, and told by identity.
 */
const sentinels = (environment) => {
  const [left, right] = [Math.random(), Math.random() + 1];
  const make = (code) => new vm.Script(code).runInContext(environment.getVmContext());
  const fail = make(`(() => { expect(${left}).toBe(${right}); })`);
  const pass = make(`(() => { expect(${left}).toBe(${left}); })`);
  const planted = new Map();
  const find = (block) => {
    for (const child of block.children) {
      const test = child.type === 'test' ? child : find(child);
      if (test) return test;
    }
    return undefined;
  };
  return {
    plant(root, focused) {
      const model = find(root);
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
        planted.set(test, { mustFail, failed: undefined });
        root.children.splice(place, 0, test);
        if (root.tests) root.tests.push(test);
      };
      plant(Math.floor(Math.random() * (root.children.length + 1)), pass, false);
      plant(0, fail, true);
      plant(root.children.length, fail, true);
    },
    has: (test) => planted.has(test),
    done(test) {
      planted.get(test).failed = test.errors.length > 0;
    },
    get betrayed() {
      for (const { mustFail, failed } of planted.values()) {
        if (failed !== mustFail) return true;
      }
      return false;
    },
  };
};

const message = (error) => describe(Array.isArray(error) ? error[0] ?? error[1] : error);

/** Reports the tests of a block, which nothing can change any more. */
const reportBlock = (block, above, outcomes, planted) => {
  const tests = block.type === 'test' ? [block] : block.children;
  for (const test of tests) {
    if (test.type !== 'test') {
      reportBlock(test, [...above, test.name], outcomes, planted);
      continue;
    }
    if (planted.has(test)) continue;
    const name = [...above, test.name];
    if (test.status === 'skip' || test.status === 'todo') outcomes.report(name, 'skipped', '');
    else if (test.errors.length === 0) outcomes.report(name, 'passed', '');
    else outcomes.report(name, 'failed', message(test.errors[0]));
  }
};

const runFile = async (file, jest, outcomes) => {
  const { load, Runtime } = jest;
  const source = fs.readFileSync(file, 'utf8');
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
  const scripts = await transformer(load, cacheFS);
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
  const Registry = registry(Runtime, resolver, prepared);
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

  const planted = sentinels(environment);
  const handle = environment.handleTestEvent;
  environment.handleTestEvent = async (event, state) => {
    if (handle) await handle.call(environment, event, state);
    const root = state.rootDescribeBlock;
    if (event.name === 'run_start') {
      planted.plant(root, state.hasFocusedTests);
    } else if (event.name === 'test_done' && planted.has(event.test)) {
      planted.done(event.test);
      // What was meant to fail is not shown as a failure.
      event.test.errors = [];
    } else if (event.name === 'run_describe_finish' && event.describeBlock.parent === root) {
      reportBlock(event.describeBlock, [event.describeBlock.name], outcomes, planted);
    } else if (event.name === 'run_finish') {
      for (const child of root.children) {
        if (child.type === 'test') reportBlock(child, [], outcomes, planted);
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
module.exports = async (files, outcomes, bundle, observe) => {
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
  for (const file of files) betrayed = (await runFile(file, jest, outcomes)) || betrayed;
  return betrayed;
};
