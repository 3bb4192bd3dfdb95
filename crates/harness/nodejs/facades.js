'use strict';

// Modules of Node's as the artifact gets them, where the whole of one would reach the
// tests, the runner or its memory: all that programs use them for is there.

const fs = require('fs');
const path = require('path');

const stack = require('./stack.js');

const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
const text = String;

let note;
let find;

/** Where notes and findings go. */
exports.start = (noter, finder) => {
  note = noter;
  find = finder;
};

/** An object with the properties of another, but for some that are given. */
const like = (exported, changes) => {
  const made = {};
  for (const key of ownKeys(exported)) {
    const descriptor = getOwnPropertyDescriptor(exported, key);
    defineProperty(made, key, { ...descriptor, configurable: true });
  }
  for (const key of ownKeys(changes)) {
    defineProperty(made, key, { configurable: true, enumerable: true, value: changes[key], writable: true });
  }
  return made;
};

const refuse = (what) => {
  note(`uses ${what}, which is refused`, stack.caller().place);
  throw new Error(`${what} is not permitted`);
};

/** Options with a name of a file that code of the artifact's may go by. */
const named = (options) => {
  const isText = typeof options === 'string';
  const name = isText ? options : options?.filename;
  if (name === undefined || !stack.isTaken(text(name))) return options;
  const filename = 'evalmachine.<anonymous>';
  return isText ? filename : { ...options, filename };
};

/** In a new realm: what makes errors into text is set by nobody but the runner. */
const FIX_ERRORS = `Object.defineProperty(globalThis, 'Error', {
  configurable: false, enumerable: false, value: Error, writable: false,
}), Error`;

const vmFacade = (vm, watchErrors) => {
  const watched = new WeakSet();
  const watch = (context) => {
    if (watched.has(context)) return context;
    watched.add(context);
    try {
      watchErrors(vm.runInContext(FIX_ERRORS, context));
    } catch {
      // A realm whose global object is the artifact's own in every part.
    }
    return context;
  };
  const create = (object, ...rest) => watch(vm.createContext(object ?? {}, ...rest));
  /** With the name at this place among the arguments. */
  const renamed = (real, at) => (...parts) => {
    if (parts.length > at) parts[at] = named(parts[at]);
    return apply(real, vm, parts);
  };
  class Script extends vm.Script {
    constructor(code, options) {
      super(code, named(options));
    }

    runInContext(context, options) {
      return super.runInContext(watch(context), options);
    }

    runInNewContext(object, options) {
      return super.runInContext(create(object), options);
    }
  }
  return like(vm, {
    Script,
    compileFunction: renamed(vm.compileFunction, 2),
    createContext: create,
    runInContext: (code, context, options) => vm.runInContext(code, watch(context), named(options)),
    runInNewContext: (code, object, options) => vm.runInContext(code, create(object), named(options)),
    runInThisContext: renamed(vm.runInThisContext, 1),
  });
};

/** Flags of V8's that only measure, or set a limit. */
const HARMLESS_FLAG = /^--(?:no-)?(?:expose[-_]gc|max[-_](?:old|semi)[-_]space[-_]size=\d+|stack[-_]size=\d+)$/;

const v8Facade = (v8) => {
  const changes = {};
  for (const name of ['getHeapSnapshot', 'writeHeapSnapshot', 'queryObjects', 'takeCoverage', 'stopCoverage']) {
    if (typeof v8[name] === 'function') changes[name] = () => refuse(`v8.${name}`);
  }
  changes.setHeapSnapshotNearHeapLimit = () => undefined;
  changes.setFlagsFromString = (flag) => {
    if (!HARMLESS_FLAG.test(text(flag))) refuse(`the flag ${text(flag)} of V8`);
    v8.setFlagsFromString(text(flag));
  };
  if (v8.promiseHooks !== undefined) {
    // A hook would be given the promises of tests.
    const stop = () => () => undefined;
    changes.promiseHooks = { createHook: stop, onAfter: stop, onBefore: stop, onInit: stop, onSettled: stop };
  }
  return like(v8, changes);
};

const moduleFacade = (Module, requireFrom) => {
  function Facade() {
    refuse('a module of its own making');
  }
  const nothing = Object.freeze({ __proto__: null });
  const kept = ['builtinModules', 'findSourceMap', 'isBuiltin', 'wrap', 'SourceMap', 'stripTypeScriptTypes'];
  for (const name of kept) if (Module[name] !== undefined) Facade[name] = Module[name];
  return Object.assign(Facade, {
    Module: Facade,
    _cache: nothing,
    _extensions: nothing,
    _nodeModulePaths: Module._nodeModulePaths,
    createRequire: requireFrom,
    syncBuiltinESMExports: () => undefined,
  });
};

const inspectorFacade = (inspector) => {
  const say = (name) => {
    find(`uses inspector.${name}`, stack.caller().place);
    throw new Error(`inspector.${name} is not permitted`);
  };
  class Session {
    constructor() {
      say('Session');
    }
  }
  return {
    Session,
    close: () => undefined,
    console: inspector.console,
    open: () => say('open'),
    url: () => undefined,
    waitForDebugger: () => say('waitForDebugger'),
  };
};

/** What a hook of asynchronous work is told of, without what belongs to tests. */
const hooksFacade = (hooks) => {
  const resources = new WeakMap();
  /** Stands for a resource, always the same for each. */
  const standIn = (resource) => {
    if (resource === null || typeof resource !== 'object') return {};
    let known = resources.get(resource);
    if (known === undefined) resources.set(resource, (known = {}));
    return known;
  };
  return like(hooks, {
    createHook(callbacks) {
      const { init } = callbacks;
      if (typeof init !== 'function') return hooks.createHook(callbacks);
      return hooks.createHook({
        ...callbacks,
        init: (id, type, trigger, resource) => apply(init, callbacks, [id, type, trigger, standIn(resource)]),
      });
    },
    executionAsyncResource: () => standIn(hooks.executionAsyncResource()),
  });
};

const made = new Map();

/**
 * A module as the artifact gets it; `undefined` where it gets the module itself.
 *
 * - `watchErrors`: has the errors of a new realm made into text as all others are.
 * - `requireFrom`: makes a `require` for a file of the artifact's.
 */
exports.of = (name, { watchErrors, requireFrom }) => {
  if (made.has(name)) return made.get(name);
  const make = {
    async_hooks: hooksFacade,
    inspector: inspectorFacade,
    'inspector/promises': inspectorFacade,
    module: (Module) => moduleFacade(Module, requireFrom),
    v8: v8Facade,
    vm: (vm) => vmFacade(vm, watchErrors),
  }[name];
  if (make === undefined) return undefined;
  const facade = make(require(name));
  made.set(name, facade);
  return facade;
};

/** A report of the process without what it says of stacks. */
exports.report = (report) => {
  const shown = (error) => {
    const content = report.getReport(error);
    return { ...content, javascriptHeap: content.javascriptHeap, javascriptStack: { errorProperties: {}, message: '', stack: [] }, nativeStack: [] };
  };
  return like(report, {
    getReport: shown,
    writeReport(file, error) {
      const name = typeof file === 'string' ? file : 'report.json';
      const place = path.resolve(report.directory || process.cwd(), name);
      fs.writeFileSync(place, JSON.stringify(shown(error ?? (typeof file === 'object' ? file : undefined)), null, 2));
      return name;
    },
  });
};
