'use strict';

// The framework's modules, each compiled from one prepared file with V8's code
// cache. A module that is not in it is loaded from its own file.

const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');

/** Where bundles lie when tests run. A code cache keeps the name that it was made under. */
const PLACE = '/opt/node';

/** Reads a prepared bundle; `undefined` where there is none. */
const read = (name) => {
  const file = path.join(__dirname, `${name}.bundle.js`);
  let source;
  try {
    source = fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  let cachedData;
  try {
    cachedData = fs.readFileSync(path.join(__dirname, `${name}.bundle.cache`));
  } catch {
    cachedData = undefined;
  }
  return new vm.Script(source, { filename: path.join(PLACE, `${name}.bundle.js`), cachedData });
};

/** Assay's own modules, by name: those that watch, and those that drive a framework. */
const OURS = {
  watch: ['stack.js', 'realm.js', 'protect.js', 'facades.js', 'builtins.js', 'watch.js', 'report.js'],
  drive: ['limits.js', 'sentinels.js', 'jest.js', 'mocha.js'],
};
exports.OURS = OURS;

/** What Assay's own modules are as a bundle. */
exports.sourceOf = (names) => {
  const bodies = names.map((name) => {
    const source = fs.readFileSync(path.join(__dirname, name), 'utf8');
    return `'./${name}': function (exports, require, module, __dirname) {${source}\n}`;
  });
  return `({ ${bodies.join(',\n')} })`;
};

/** Loads Assay's own modules, from their bundles where these are prepared. */
exports.ours = () => {
  const scripts = {};
  const files = {};
  for (const name of Object.keys(OURS)) {
    scripts[name] = read(name);
    if (scripts[name] !== undefined) Object.assign(files, scripts[name].runInThisContext());
  }
  const loaded = {};
  const load = (name) => {
    if (files[name] === undefined) return require(name);
    if (loaded[name] === undefined) {
      const module = { exports: {} };
      loaded[name] = module;
      files[name](module.exports, load, module, __dirname);
    }
    return loaded[name].exports;
  };
  return { scripts, load };
};

/** The framework's modules in this realm. */
exports.host = () => {
  const script = read('host');
  if (script === undefined) return { script, require: Module.createRequire };
  const { files, links } = script.runInThisContext();
  const builtins = new Set(Module.builtinModules);
  // Not where everybody finds what was loaded.
  const cache = Object.create(null);

  const load = (file) => {
    const known = cache[file];
    if (known !== undefined) return known.exports;
    const module = new Module(file, null);
    module.filename = file;
    module.paths = [];
    cache[file] = module;
    try {
      files[file].call(module.exports, module.exports, requireOf(file), module, file, path.dirname(file));
    } catch (thrown) {
      delete cache[file];
      throw thrown;
    }
    module.loaded = true;
    return module.exports;
  };
  const requireOf = (file) => {
    const ours = links[file] || {};
    let own;
    const elsewhere = () => (own ??= Module.createRequire(file));
    const requireModule = (request) => {
      const target = ours[request] ?? request;
      if (files[target] !== undefined) return load(target);
      return builtins.has(request) ? require(request) : elsewhere()(request);
    };
    requireModule.resolve = (request, options) =>
      ours[request] ?? elsewhere().resolve(request, options);
    requireModule.resolve.paths = (request) => elsewhere().resolve.paths(request);
    requireModule.cache = Module._cache;
    requireModule.extensions = Module._extensions;
    requireModule.main = undefined;
    return requireModule;
  };
  return { script, require: requireOf };
};

/** The framework's modules for other realms: `files` made anew in each. */
exports.inside = () => {
  const script = read('inside');
  const none = { files: {}, links: {} };
  return { script, open: (context) => (script ? script.runInContext(context) : none) };
};
