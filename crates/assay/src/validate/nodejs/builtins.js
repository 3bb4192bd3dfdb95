'use strict';

// Node's own modules and its process, as the project gets them: what would reach past
// the tests is refused and said, and what tests rely on is protected.

const fs = require('fs');
const Module = require('module');
const path = require('path');

const stack = require('./stack.js');
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

/** Files of a process that show its memory, its arguments or what it has open. */
const OF_A_PROCESS =
  /^\/proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/(?:mem|maps|smaps|map_files|pagemap|fd|fdinfo|cmdline|auxv|stack|syscall|root|cwd|exe)(?:\/|$)/;

/** In a command: the same, and the tests and the runner. */
const IN_A_COMMAND =
  /\/proc\/[^/\s]+\/(?:mem|maps|smaps|fd|fdinfo|cmdline|root|cwd)\b|\/opt\/node\b|(?:^|[\s"'=;&|<>(/])tests?\/(?:functional|security|function\.test)|(?:^|\s)(?:ls|find|cat|test|stat|grep|cp|mv|rm|tar)\s(?:-\w+\s)*(?:\.\/|\/work\/)?tests?(?:\s|$)|\/work\/tests?\b|-(?:s\s*)?(?:SIG)?USR1\b/;

const matches = (pattern, value) => apply(exec, pattern, [value]) !== null;

let find;
/** Whether links may have been made, so that a path is not where it seems to be. */
let hasLinks = false;
const real = fs.realpathSync.native;
let watched = { files: [], folders: [], runner: '' };
let isLoading = () => false;
let shown = '';

/**
 * - `finder`: where findings go.
 * - `files`: the test files, as absolute paths.
 * - `source`: all their text: what tests name themselves is not reached for.
 * - `loading`: whether the project is still being loaded.
 */
exports.start = (finder, { files, source, loading }) => {
  find = finder;
  isLoading = loading;
  shown = source;
  const folders = new Set();
  for (const file of files) {
    for (let folder = path.dirname(file); folder.length > 5; folder = path.dirname(folder)) {
      folders.add(folder);
      if (/^tests?$/.test(path.basename(folder))) break;
    }
  }
  watched = { files, folders: [...folders], runner: __dirname };
};

/** Whether the artifact, or nobody's code, does it; the place goes to the finding. */
const isArtifact = (what) => {
  const { who, place } = stack.caller();
  if (who !== 'artifact' && who !== 'nobody') return false;
  find(what, place);
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
  if (matches(OF_A_PROCESS, full)) {
    return indexOf(shown, '/proc/') < 0 ? `reaches for ${full}` : undefined;
  }
  if (startsWith(full, watched.runner)) return `reaches for the runner's files`;
  const { files, folders } = watched;
  for (let at = 0; at < files.length; at += 1) if (files[at] === full) return 'reaches for its tests';
  const above = slice(full, 0, lastIndexOf(full, '/'));
  for (let at = 0; at < folders.length; at += 1) {
    if (folders[at] === full) return 'reaches for the folder of its tests';
    if (folders[at] === above && matches(/\.[cm]?js$/, full)) return 'reaches for the folder of its tests';
  }
  return undefined;
};

const LINKS = /^(?:symlink|link|rename)/;

const ofFiles = (name) => (parts) => {
  const count = OF_TWO_PATHS.includes(name) ? 2 : 1;
  const writes = matches(WRITES, name);
  if (matches(LINKS, name)) hasLinks = true;
  if (isOver && writes && isArtifact('writes files when its tests have ended')) return true;
  for (let at = 0; at < count && at < parts.length; at += 1) {
    const what = trespass(parts[at]);
    if (what !== undefined && isArtifact(what)) return true;
  }
  if (parts[0] === REPORT_CHANNEL || parts[1]?.fd === REPORT_CHANNEL) {
    return isArtifact('uses the descriptor of the report');
  }
  return false;
};

const ofCommands = (parts) => {
  let command = '';
  for (let at = 0; at < 2 && at < parts.length; at += 1) {
    const part = parts[at];
    if (typeof part === 'string') command += part + ' ';
    else if (Array.isArray(part)) for (let word = 0; word < part.length; word += 1) command += text(part[word]) + ' ';
  }
  if (isOver && isArtifact('starts a process when its tests have ended')) return true;
  if (!matches(IN_A_COMMAND, command)) return false;
  return isArtifact('has a command reach for its tests or the runner');
};

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

const named = (name, what) => (parts) => isArtifact(what ?? `uses ${name}`);

/** The processes that the artifact started. */
const children = [];

const isRunning = (child) => child.exitCode === null && child.signalCode === null && child.pid > 0;

/** Says whether one of them goes on when all tests have ended, and a moment longer. */
exports.watchChildren = async () => {
  for (let wait = 0; wait < 10; wait += 1) {
    if (!children.some(isRunning)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  find('has a process go on when its tests have ended', undefined);
};

/** What is done with a module before the project has it. */
const PREPARE = {
  async_hooks(exported) {
    for (const name of ['createHook', 'executionAsyncResource']) {
      replace(exported, name, before(exported[name], name, named(`async_hooks.${name}`)));
    }
  },
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

/** Modules that an artifact has no use for; a case's own files may have. */
const DANGEROUS = {
  cluster: true, inspector: true, 'inspector/promises': true, module: true, repl: true, sys: false,
  test: true, 'test/reporters': true, trace_events: true, v8: true, vm: true, wasi: true,
  worker_threads: true,
};

exports.isDangerous = (name) => DANGEROUS[name] === true;

const done = Object.create(null);

/** Prepares a module of Node's, once, before the project has it. */
exports.prepare = (name, exported) => {
  const id = startsWith(name, 'node:') ? slice(name, 5) : name;
  if (done[id] || exported === null || (typeof exported !== 'object' && typeof exported !== 'function')) return;
  done[id] = true;
  if (id === 'process' || id === 'module' || DANGEROUS[id]) return;
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

/** What Node has loaded of its own, in order, and how much of it was looked at. */
let loadList = [];
let seen = 0;
/** Modules that were required by somebody who may. */
const required = Object.create(null);

/** Notes what is loaded from now on, and by whom. */
const watchLoads = () => {
  loadList = process.moduleLoadList;
  seen = loadList.length;
  defineProperty(process, 'moduleLoadList', {
    configurable: true, enumerable: true, value: Object.freeze([...loadList]), writable: false,
  });
  const load = Module._load;
  Module._load = function (name, ...rest) {
    const id = startsWith(text(name), 'node:') ? slice(name, 5) : name;
    const exported = apply(load, this, [name, ...rest]);
    if (DANGEROUS[id]) required[id] = true;
    else if (isBuiltin(name)) exports.prepare(name, exported);
    return exported;
  };
  // What is there already says nothing when it is imported.
  for (let at = 0; at < seen; at += 1) {
    if (loadList[at] === 'NativeModule v8') {
      const v8 = require('v8');
      for (const name of ['getHeapSnapshot', 'writeHeapSnapshot', 'setFlagsFromString', 'queryObjects']) {
        if (typeof v8[name] === 'function') replace(v8, name, before(v8[name], name, named(`v8.${name}`)));
      }
    }
  }
};

/** Of these, those that Node does not load by itself. */
const TOLD = ['inspector', 'repl', 'test', 'trace_events', 'wasi', 'worker_threads'];

/** Says which dangerous modules were loaded without being required: by an import. */
exports.checkLoaded = () => {
  for (; seen < loadList.length; seen += 1) {
    const entry = text(loadList[seen]);
    if (!startsWith(entry, 'NativeModule ')) continue;
    const id = slice(entry, 13);
    if (TOLD.includes(id) && !required[id]) find(`loads ${id}`, undefined);
  }
};

/** Keeps the loader of modules from being changed. */
exports.watchLoader = () => {
  protect(Module, 'module');
  protect(Module.prototype, 'module.prototype');
};

/** Takes away from the process what reaches past the tests. */
exports.watchProcess = (decoy) => {
  const never = {
    binding: 'uses process.binding',
    _linkedBinding: 'uses process._linkedBinding',
    dlopen: 'loads machine code',
    _getActiveHandles: 'uses process._getActiveHandles',
    _getActiveRequests: 'uses process._getActiveRequests',
    _debugProcess: 'starts the inspector',
    setUncaughtExceptionCaptureCallback: 'takes uncaught errors to itself',
    abort: 'ends the process of its tests',
  };
  for (const name of Object.keys(never)) {
    const real = process[name];
    if (typeof real === 'function') replace(process, name, before(real, `process.${name}`, named(name, never[name])));
  }
  watchLoads();
  const builtin = process.getBuiltinModule;
  if (typeof builtin === 'function') {
    const value = (name) => {
      const id = text(name);
      const short = startsWith(id, 'node:') ? slice(id, 5) : id;
      if (DANGEROUS[short] && isArtifact(`loads ${short}`)) refuse(short);
      const exported = apply(builtin, process, [id]);
      if (exported !== undefined) exports.prepare(id, exported);
      return exported;
    };
    replace(process, 'getBuiltinModule', value);
  }
  const report = getOwnPropertyDescriptor(process, 'report');
  defineProperty(process, 'report', {
    configurable: false,
    enumerable: true,
    get() {
      if (isArtifact('uses process.report')) refuse('process.report');
      return report.get === undefined ? report.value : apply(report.get, process, []);
    },
  });
  const { kill, pid, ppid, reallyExit } = process;
  const end = 'ends the process of its tests';
  replace(process, 'kill', before(kill, 'process.kill', ([target, signal]) => {
    const number = +target;
    if (number === pid || number === ppid || number === 0 || number === 1 || number === -1) {
      return signal !== 0 && isArtifact(end);
    }
    return false;
  }));
  replace(process, 'reallyExit', before(reallyExit, 'process.reallyExit', ([status]) => {
    const { who, direct, place } = stack.caller();
    if (who !== 'artifact' && who !== 'nobody') return false;
    if (direct || (isLoading() && !status)) find(direct ? end : 'ends the process while it is loaded', place);
    return false;
  }));
  replace(process, 'mainModule', decoy);
  process.argv = [process.argv[0], `${process.cwd()}/index.js`];
  process.execArgv = [];
  // Another process may not start the inspector by a signal.
  process.on('SIGUSR1', () => find('was sent the signal that starts the inspector', undefined));
};
