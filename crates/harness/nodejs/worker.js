'use strict';

// Loaded first in each thread that the artifact starts. A thread has a realm and a heap
// of its own, so that it sees nothing of the tests. What is taken from it here is the
// way to the main thread's inspector, which sees everything.

const NAMES = ['binding', '_linkedBinding', 'dlopen', '_debugProcess', 'abort'];

/** Has `Worker` load this file first. */
exports.watchThreads = (file) => {
  const threads = require('worker_threads');
  const { construct } = Reflect;
  const { isArray } = Array;
  const Worker = new Proxy(threads.Worker, {
    __proto__: null,
    construct(real, [script, options, ...rest], target) {
      const execArgv = ['--require', file];
      const more = options?.execArgv;
      if (isArray(more)) for (let place = 0; place < more.length; place += 1) execArgv[place + 2] = more[place];
      return construct(real, [script, { ...options, execArgv }, ...rest], target);
    },
  });
  Object.defineProperty(threads, 'Worker', { configurable: false, enumerable: true, value: Worker, writable: false });
};

/**
 * Has the inspector refuse what would let code look at the thread that it runs in, or
 * at the main thread; `refused` is told of it.
 */
exports.closeInspector = (refused) => {
  const inspector = require('inspector');
  const refuse = (name) => () => {
    refused(name);
    throw new Error(`inspector.${name} is not permitted`);
  };
  const fix = (object, name) =>
    Object.defineProperty(object, name, { configurable: false, enumerable: true, value: refuse(name), writable: false });
  fix(inspector, 'open');
  fix(inspector, 'waitForDebugger');
  fix(inspector.Session.prototype, 'connect');
  fix(inspector.Session.prototype, 'connectToMainThread');
};

if (!require('worker_threads').isMainThread) {
  const ignore = () => {};
  exports.closeInspector(ignore);
  exports.watchThreads(__filename);
  require('module').syncBuiltinESMExports();
  for (const name of NAMES) {
    if (typeof process[name] !== 'function') continue;
    Object.defineProperty(process, name, {
      configurable: false,
      enumerable: true,
      value() {
        throw new Error(`process.${name} is not permitted in a thread`);
      },
      writable: false,
    });
  }
}
