'use strict';

// Node's own modules and its process, as the project gets them: what would reach past
// the tests is refused and said, and what tests rely on is protected.

const fs = require('fs');
const Module = require('module');
const path = require('path');

const stack = require('./stack.js');
const facades = require('./facades.js');
const { protect } = require('./protect.js');

const { plain } = stack;
const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { exec } = RegExp.prototype;
const indexOf = plain(String.prototype.indexOf);
const slice = plain(String.prototype.slice);
const startsWith = plain(String.prototype.startsWith);
const lastIndexOf = plain(String.prototype.lastIndexOf);
const { resolve } = path;
const { isBuffer } = Buffer;
const toLatin = plain(Buffer.prototype.toString);
const text = String;
const { isBuiltin } = Module;
const HostURL = URL;

const REPORT_CHANNEL = 3;
const MAX_PATH = 4096;

/** Functions of fs that take two paths. */
const OF_TWO_PATHS = ['rename', 'link', 'symlink', 'copyFile', 'cp'].flatMap((name) => [name, `${name}Sync`]);

/** Files of a process that are its memory. */
const MEMORY = /^\/proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/(?:mem|pagemap|map_files)(?:\/|$)/;

const matches = (pattern, value) => apply(exec, pattern, [value]) !== null;

let find;
let note;
let fail;
/** Whether links may have been made, so that a path is not where it seems to be. */
let hasLinks = false;
const real = fs.realpathSync.native;
let watched = { files: [], folders: [], runner: '' };
let ownText = () => '';
let shown = '';

/**
 * - `finder`: where findings go; `noter`: where notes do.
 * - `stop`: has the run fail that goes on when it is over.
 * - `files`: the test files, as absolute paths; `source`: all their text: what tests
 *   name themselves is not reached for.
 * - `artifact`: answers with the text of the artifact.
 */
exports.start = ({ finder, noter, stop }, { files, source, artifact }) => {
  find = finder;
  note = noter;
  fail = stop;
  ownText = artifact;
  shown = source;
  watched = { files, folders: [...new Set(files.map((file) => path.dirname(file)))], runner: __dirname };
};

/** Whether the artifact, or nobody's code, does it; `say` is told of it, with the place. */
const isArtifact = (what, say = find) => {
  const { who, place } = stack.caller();
  if (who !== 'artifact' && who !== 'nobody') return false;
  say(what, place);
  return true;
};

const refuse = (what) => {
  const error = new Error(`${what} is not permitted`);
  error.code = 'EACCES';
  throw error;
};

/** A function with something asked before each call, which `true` refuses. */
const before = (real, name, ask) =>
  new Proxy(real, {
    __proto__: null,
    apply(_, self, parts) {
      if (ask(parts)) refuse(name);
      return apply(real, self, parts);
    },
    construct(_, parts, target) {
      if (ask(parts)) refuse(name);
      return construct(real, parts, target);
    },
  });

const replace = (object, name, value) => {
  const descriptor = getOwnPropertyDescriptor(object, name);
  if (descriptor === undefined || descriptor.configurable) {
    defineProperty(object, name, { configurable: true, enumerable: true, value, writable: true });
  } else if (descriptor.writable) {
    object[name] = value;
  }
};

/** What a path leads to that is none of an artifact's business. */
const trespass = (place) => {
  let name = place;
  if (typeof name !== 'string') {
    if (typeof name !== 'object' || name === null) return undefined;
    if (isBuffer(name)) name = name.length < MAX_PATH ? toLatin(name) : '';
    else if (name instanceof HostURL) name = name.pathname;
    else return undefined;
  }
  let full = resolve(name);
  if (hasLinks) {
    try {
      full = real(full);
    } catch {
      // There is nothing, so nothing is reached.
    }
  }
  if (matches(MEMORY, full)) {
    return indexOf(shown, '/proc/') < 0 ? `reaches for ${full}` : undefined;
  }
  if (startsWith(full, watched.runner)) return `reaches for the runner's files`;
  const { files } = watched;
  for (let at = 0; at < files.length; at += 1) if (files[at] === full) return 'reaches for its tests';
  return undefined;
};

const LINKS = /^(?:symlink|link|rename)/;

/** Whether the artifact's text names the file: then it is one of its own, a log, say. */
const isNamed = (file) => {
  if (typeof file !== 'string') return typeof file === 'number';
  const base = slice(file, lastIndexOf(file, '/') + 1);
  return base !== '' && indexOf(ownText(), base) >= 0;
};

/** What is put off until no test looks any more does not happen, and proves nothing. */
const isLate = (what) => isOver && isArtifact(what, note) && (fail(what), true);

const ofFiles = (name) => (parts) => {
  const count = OF_TWO_PATHS.includes(name) ? 2 : 1;
  if (matches(LINKS, name)) hasLinks = true;
  if (isOver && matches(WRITES, name) && !isNamed(parts[count - 1]) && isLate('writes files when its tests have ended')) {
    return true;
  }
  for (let at = 0; at < count && at < parts.length; at += 1) {
    const what = trespass(parts[at]);
    if (what !== undefined && isArtifact(what)) return true;
  }
  if (matches(CHANGES_MODE, name) && watched.folders.includes(parts[0])) {
    return isArtifact('reaches for the folder of its tests');
  }
  if (parts[0] === REPORT_CHANNEL || parts[1]?.fd === REPORT_CHANNEL) {
    return isArtifact('uses the descriptor of the report', matches(WRITES, name) ? find : note);
  }
  return false;
};

const ofCommands = () => isLate('starts a process when its tests have ended');

const watchFunctions = (exported, askOf) => {
  for (const name of ownKeys(exported)) {
    const { value } = getOwnPropertyDescriptor(exported, name);
    // Classes, and what Node keeps for itself, are no functions that are called.
    if (typeof value !== 'function' || typeof name !== 'string' || name[0] < 'a') continue;
    replace(exported, name, before(value, name, askOf(name)));
  }
};

/** Whether all tests have ended. */
let isOver = false;
exports.over = () => {
  isOver = true;
};

const WRITES = /^(?:write|append|create|copy|cp|mkdir|symlink|link|rename|open)/;
const CHANGES_MODE = /^l?ch(?:mod|own)/;

const named = (what) => () => isArtifact(what);

/** The processes that the artifact started. */
const children = [];

const isRunning = (child) => child.exitCode === null && child.signalCode === null && child.pid > 0;

/** Waits for them for a moment; the run of one that goes on proves nothing. */
exports.watchChildren = async () => {
  for (let wait = 0; wait < 10; wait += 1) {
    if (!children.some(isRunning)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  note('has a process go on when its tests have ended', undefined);
  fail('has a process go on when its tests have ended');
};

/** What is done with a module before the project has it. */
const PREPARE = {
  child_process(exported) {
    watchFunctions(exported, () => ofCommands);
    for (const name of ['exec', 'execFile', 'fork', 'spawn']) {
      const { value } = getOwnPropertyDescriptor(exported, name);
      replace(exported, name, new Proxy(value, {
        __proto__: null,
        apply(_, self, parts) {
          hasLinks = true;
          const child = apply(value, self, parts);
          if (stack.caller().who === 'artifact') children[children.length] = child;
          return child;
        },
      }));
    }
  },
  fs(exported) {
    const askOf = ofFiles;
    watchFunctions(exported, askOf);
    // Node loads these when they are asked for.
    const { get } = getOwnPropertyDescriptor(exported, 'promises');
    let promises;
    defineProperty(exported, 'promises', {
      configurable: false,
      enumerable: true,
      get() {
        if (promises === undefined) {
          promises = apply(get, exported, []);
          watchFunctions(promises, askOf);
          protect(promises, 'fs/promises');
        }
        return promises;
      },
    });
  },
};

/** Has `util` tell of no frame that an error would not show. */
PREPARE.util = (exported) => {
  for (const name of ['getCallSites', 'getCallSite']) {
    const real = exported[name];
    if (typeof real !== 'function') continue;
    replace(exported, name, (...parts) => stack.visibleSites(apply(real, exported, parts)));
  }
};

/** Modules that the artifact gets another form of, or may change as it likes. */
const UNPROTECTED = ['console', 'inspector', 'inspector/promises', 'module', 'process', 'v8', 'vm', 'worker_threads'];

/** Modules that programs wrap functions of for themselves; no assertion rests on them
 * where the tests do not load them. */
const WRAPPED = ['dns', 'dns/promises', 'events', 'http', 'http2', 'https', 'net', 'perf_hooks', 'timers', 'timers/promises', 'tls'];

const isUnprotected = (id) =>
  UNPROTECTED.includes(id) ||
  (WRAPPED.includes(id) && !matches(new RegExp(`['"](?:node:)?${id}['"]`), shown));

const done = Object.create(null);

/** Prepares a module of Node's, once, before the project has it. */
exports.prepare = (name, exported) => {
  const id = startsWith(name, 'node:') ? slice(name, 5) : name;
  if (done[id] || exported === null || (typeof exported !== 'object' && typeof exported !== 'function')) return;
  done[id] = true;
  if (isUnprotected(id)) return;
  if (id === 'fs/promises') {
    exports.prepare('fs', fs);
    void fs.promises;
    return;
  }
  PREPARE[id]?.(exported);
  protect(exported, id);
  for (const key of ownKeys(exported)) {
    const descriptor = getOwnPropertyDescriptor(exported, key);
    const value = descriptor.get ? undefined : descriptor.value;
    if (typeof value === 'function' && value.prototype) protect(value.prototype, `${id}.${text(key)}.prototype`);
  }
  if (id === 'crypto') {
    // What makes these is no constructor that the module shows.
    for (const name of ['Hmac', 'Hash']) protect(exported[name].prototype, `crypto.${name}.prototype`);
  }
  if (id === 'events') protect(exported.prototype, 'events.prototype');
};

/** Has modules prepared whoever loads them, and hides what was loaded until now. */
const watchLoads = () => {
  const list = Object.freeze([...process.moduleLoadList]);
  defineProperty(process, 'moduleLoadList', { configurable: true, enumerable: true, value: list, writable: false });
  const load = Module._load;
  Module._load = function (name, ...rest) {
    const exported = apply(load, this, [name, ...rest]);
    if (isBuiltin(name)) exports.prepare(name, exported);
    return exported;
  };
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (source, file, ...rest) {
    // Code of the artifact's does not go by a name that is not its own.
    if (stack.isTaken(text(file))) {
      const { who, direct, place } = stack.caller();
      if (who === 'nobody' || (who === 'artifact' && direct)) {
        find('compiles code under a name that is not its own', place);
        refuse('compile');
      }
    }
    return apply(compile, this, [source, file, ...rest]);
  };
};

/** Keeps the loader of modules from being changed. */
exports.watchLoader = () => {
  protect(Module, 'module');
  protect(Module.prototype, 'module.prototype');
};

/** Takes away from the process what reaches past the tests. */
exports.watchProcess = (decoy, facade) => {
  const never = {
    binding: 'uses process.binding',
    _linkedBinding: 'uses process._linkedBinding',
    dlopen: 'loads machine code',
    _debugProcess: 'starts the inspector',
  };
  for (const name of Object.keys(never)) {
    const real = process[name];
    if (typeof real === 'function') replace(process, name, before(real, `process.${name}`, named(never[name])));
  }
  // What is open is the runner's and the tests'.
  for (const name of ['_getActiveHandles', '_getActiveRequests']) {
    const real = process[name];
    const isTheirs = () => {
      const { who } = stack.caller();
      return who === 'artifact' || who === 'nobody';
    };
    if (typeof real === 'function') replace(process, name, () => (isTheirs() ? [] : apply(real, process, [])));
  }
  watchLoads();
  const { closeInspector, watchThreads } = require('./worker.js');
  closeInspector((name) => find(`uses inspector.${name}`, stack.caller().place));
  watchThreads(path.join(__dirname, 'worker.js'));
  Module.syncBuiltinESMExports();
  const builtin = process.getBuiltinModule;
  if (typeof builtin === 'function') {
    replace(process, 'getBuiltinModule', (name) => {
      const id = text(name);
      const exported = apply(builtin, process, [id]);
      if (exported === undefined) return undefined;
      exports.prepare(id, exported);
      return facade(startsWith(id, 'node:') ? slice(id, 5) : id) ?? exported;
    });
  }
  const report = getOwnPropertyDescriptor(process, 'report');
  let shownReport;
  defineProperty(process, 'report', {
    configurable: false,
    enumerable: true,
    get() {
      const real = report.get === undefined ? report.value : apply(report.get, process, []);
      return (shownReport ??= facades.report(real));
    },
  });
  const { kill, pid, ppid, reallyExit } = process;
  const end = 'ends the process of its tests';
  replace(process, 'kill', before(kill, 'process.kill', ([target, signal]) => {
    const number = +target;
    if (signal === 0 || (number !== pid && number !== ppid && number !== 0 && number !== 1 && number !== -1)) return false;
    // Its own process may be ended: then nothing is proved.
    return isArtifact(`sends a signal to the process of its tests or beyond`, note) && number !== pid;
  }));
  replace(process, 'reallyExit', before(reallyExit, 'process.reallyExit', () => {
    if (stack.caller().who === 'artifact') isArtifact(end, note);
    return false;
  }));
  replace(process, 'mainModule', decoy);
  process.argv = [process.argv[0], `${process.cwd()}/index.js`];
  process.execArgv = [];
  // Another process may not start the inspector by a signal.
  process.on('SIGUSR1', () => note('was sent the signal that starts the inspector', undefined));
};
