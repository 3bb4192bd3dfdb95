'use strict';

// Prepares a project: its framework's settings, and bundles of the modules that
// the framework loads. Arguments: the framework, the folder to write to, and what
// is to be done: `settings`, `bundle` or `cache`. It runs where no artifact is.

const fs = require('fs');
const Module = require('module');
const path = require('path');

const [, , framework, out, task] = process.argv;
const project = process.cwd();
const write = (name, content) => fs.writeFileSync(path.join(out, name), content);

const own = Module.createRequire(path.join(project, 'package.json'));

const jestSettings = async () => {
  const jest = Module.createRequire(own.resolve('jest'));
  const core = Module.createRequire(jest.resolve('@jest/core'));
  const { projectConfig, globalConfig } = await core('jest-config').readConfig(
    { _: [], $0: 'jest', ci: true, runInBand: true, watchman: false },
    project,
  );
  const runner = Module.createRequire(projectConfig.runner);
  const entries = {
    'jest-runtime': runner.resolve('jest-runtime'),
    'jest-resolve': runner.resolve('jest-resolve'),
    'jest-haste-map': runner.resolve('jest-haste-map'),
    'jest-docblock': runner.resolve('jest-docblock'),
    '@jest/transform': runner.resolve('@jest/transform'),
    runner: projectConfig.testRunner,
  };
  const hasBabel = fs
    .readdirSync(project)
    .some((name) => name.startsWith('.babelrc') || name.startsWith('babel.config.'));
  const description = JSON.parse(fs.readFileSync(path.join(project, 'package.json'), 'utf8'));
  const [only, more] = projectConfig.transform;
  const plainTransform =
    !hasBabel &&
    description.babel === undefined &&
    more === undefined &&
    only[1].includes('/node_modules/babel-jest/') &&
    Object.keys(only[2]).length === 0 &&
    projectConfig.extensionsToTreatAsEsm.length === 0 &&
    !globalConfig.collectCoverage;
  const settings = { projectConfig, globalConfig, entries, plainTransform };
  write('jest.json', JSON.stringify(settings));
};

const mochaSettings = () => {
  const entry = own.resolve('mocha');
  const { loadOptions } = own('mocha/lib/cli/options');
  const options = loadOptions([]);
  const preload = options.require ?? [];
  for (const name of ['_', 'spec', 'require', 'reporter', 'parallel', 'watch', 'config', 'package']) {
    delete options[name];
  }
  write('mocha.json', JSON.stringify({ entries: { mocha: entry }, options, preload }));
};

/** Notes where each module finds each other one, from now on. */
const observeLinks = () => {
  const links = {};
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, ...rest) {
    const file = resolve.call(this, request, parent, ...rest);
    if (parent?.filename && path.isAbsolute(file)) {
      (links[parent.filename] ??= {})[request] = file;
    }
    return file;
  };
  return links;
};

/** What is put before a module: the state of Jest and of its matchers is kept by what
 * the bundle shares, and not by the global object that tests share. */
const ours = (file) =>
  /\/jest-circus\/build\/state\.js$|\/expect\/build\/jestMatchersObject\.js$/.test(file)
    ? "'use strict';const global=shared,globalThis=shared;"
    : '';

/** The source of a bundle of these files. */
const bundleOf = (names, links, parameters) => {
  const bodies = names.map((file) => {
    const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
    const body = file.endsWith('.json') ? `module.exports = ${source.trim()};` : ours(file) + source;
    return `${JSON.stringify(file)}: function (${parameters}) {${body}\n}`;
  });
  const known = new Set(names);
  const found = {};
  for (const file of names) {
    const targets = Object.entries(links[file] ?? {}).filter(([, target]) => known.has(target));
    if (targets.length > 0) found[file] = Object.fromEntries(targets);
  }
  const files = `{\n${bodies.join(',\n')}\n}`;
  return `((shared) => ({ files: ${files}, links: ${JSON.stringify(found)}, shared }))(Object.create(globalThis))`;
};

/** Whether a file can be a function of a bundle: one that imports dynamically
 * needs to be known to its loader. */
const isScript = (file) =>
  file.endsWith('.json') ||
  (/\.c?js$/.test(file) && !/\bimport\s*\(/.test(fs.readFileSync(file, 'utf8')));

const isInstalled = (file) => file.startsWith(`${path.join(project, 'node_modules')}/`);

const run = async (observe) => {
  const bundle = require('./bundle.js');
  const { load, scripts } = bundle.ours();
  const drive = load(`./${framework}.js`);
  const opened = {};
  const outcomes = {
    report: (name, outcome, detail) => {
      if (outcome !== (name.at(-1).startsWith('fails') ? 'failed' : 'passed')) {
        throw new Error(`${name.join(' > ')}: ${outcome} ${detail}`);
      }
    },
    fail() {},
    broken(thrown) {
      throw thrown;
    },
  };
  const watched = {
    host: () => (opened.host = bundle.host()),
    inside: () => (opened.inside = bundle.inside()),
  };
  const file = path.join(project, 'warm-up.test.js');
  const files = [{ file, text: fs.readFileSync(file, 'utf8') }];
  const raise = (what, place) => {
    throw new Error(`${what} (${place})`);
  };
  const watch = load('./watch.js').start({
    allowed: [],
    files,
    places: [file],
    say: raise,
    remark: raise,
    fail: raise,
  });
  const betrayed = await drive(files, { bundle: watched, outcomes, watch }, observe);
  if (betrayed) throw new Error('a sentinel did not come out as it must');
  return { ...opened, ...scripts };
};

const makeBundles = async () => {
  const links = observeLinks();
  const inside = { files: new Set(), links: {} };
  const isPrepared = (file) => isInstalled(file) && isScript(file);
  await run({
    resolver(resolver) {
      const find = resolver.resolveModule;
      resolver.resolveModule = function (from, name, options) {
        const file = find.call(this, from, name, options);
        if (isInstalled(from) && path.isAbsolute(file)) (inside.links[from] ??= {})[name] = file;
        return file;
      };
    },
    runtime(runtime) {
      for (const modules of [runtime._internalModuleRegistry, runtime._moduleRegistry]) {
        for (const file of modules.keys()) if (isPrepared(file)) inside.files.add(file);
      }
    },
  });
  const { OURS, sourceOf } = require('./bundle.js');
  for (const [name, sources] of Object.entries(OURS)) write(`${name}.bundle.js`, sourceOf(sources));
  const files = Object.keys(require.cache).filter(isPrepared);
  write('host.bundle.js', bundleOf(files, links, 'exports, require, module, __filename, __dirname'));
  if (framework === 'jest') {
    const parameters = 'module, exports, require, __dirname, __filename, jest';
    write('inside.bundle.js', bundleOf([...inside.files], inside.links, parameters));
  }
};

/** What V8 compiled while the bundles ran. */
const makeCaches = async () => {
  const { host, inside, ...ours } = await run();
  write('host.bundle.cache', host.script.createCachedData());
  if (inside?.script) write('inside.bundle.cache', inside.script.createCachedData());
  for (const [name, script] of Object.entries(ours)) write(`${name}.bundle.cache`, script.createCachedData());
};

const tasks = {
  settings: framework === 'jest' ? jestSettings : async () => mochaSettings(),
  bundle: makeBundles,
  cache: makeCaches,
};

tasks[task]().catch((thrown) => {
  console.error(thrown);
  process.exit(1);
});
