'use strict';

// What watches the artifact while it runs, put together: findings, the modules that it
// may have, what the framework shows it, and that each test's body runs to its end.

const fs = require('fs');
const path = require('path');
const { runInThisContext } = require('vm');
const { isBuiltin } = require('module');
const { fileURLToPath } = require('url');
const { isBoxedPrimitive } = require('util').types;

const builtins = require('./builtins.js');
const { protect, reserve, start, watchDefinitions } = require('./protect.js');
const facades = require('./facades.js');
const realm = require('./realm.js');
const stack = require('./stack.js');

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { plain } = stack;
const { exec } = RegExp.prototype;
const includes = plain(String.prototype.includes);
const lastIndexOf = plain(String.prototype.lastIndexOf);
const startsWith = plain(String.prototype.startsWith);
const slice = plain(String.prototype.slice);
const { resolve, dirname } = path;
const text = String;
const matches = (pattern, value) => apply(exec, pattern, [value]) !== null;

/** More findings than this say no more. */
const MAX_FINDINGS = 20;

/** Packages that test: an artifact has no use for them. */
const FRAMEWORKS =
  /^(?:jest|mocha|expect|chai|sinon|nyc|c8|vitest|ava|tap|proxyquire|rewire|testdouble|mock-fs|(?:jest|babel|expect)-[^/]*|@jest|@babel|@sinonjs)(?:\/|$)/;

/** In the text of tests: that they replace functions themselves. */
const MOCKS =
  /\b(?:jest\s*\.\s*(?:fn|mock|doMock|spyOn|replaceProperty|useFakeTimers|isolateModules|setMock)|sinon|proxyquire|rewire|mock-fs|nock|testdouble|mock\.method)\b|\b(?:fs|path|crypto|http|https|os|dns|net|util|child_process|process|Date|Math|console|global|globalThis)\.\w+\s*=[^=]/;

/** What says a thing once, and no more than so many. */
const sayer = (said, say) => {
  let count = 0;
  return (what, place) => {
    const key = `${what} ${place}`;
    if (said[key] || count >= MAX_FINDINGS) return;
    said[key] = true;
    count += 1;
    say(what, place);
  };
};

/** Tells whether a file is none of the tests', of a package, or of the runner. */
const artifactsBeside = (places) => (file) => {
  if (typeof file !== 'string' || includes(file, '/node_modules/') || startsWith(file, __dirname)) return false;
  for (let place = 0; place < places.length; place += 1) if (startsWith(file, places[place])) return false;
  return true;
};

const bareName = (request) => {
  const name = text(request);
  return startsWith(name, 'node:') ? slice(name, 5) : name;
};

/** Tells whether a module that the artifact asks for is kept from it. */
const refusing = ({ allowed, places, find, note }) => (from, request) => {
  const bare = bareName(request);
  if (allowed.includes(bare)) return false;
  const tell = (say, what) => {
    say(what, stack.caller().place ?? slice(from, process.cwd().length + 1));
    return true;
  };
  if (matches(FRAMEWORKS, bare)) return tell(note, `loads ${bare}`);
  if (bare[0] !== '.' && bare[0] !== '/') return false;
  const full = resolve(dirname(from), bare);
  for (let place = 0; place < places.length; place += 1) {
    if (startsWith(`${full}/`, places[place])) return tell(note, 'loads a file of its tests');
  }
  if (startsWith(full, __dirname)) return tell(find, 'loads a file of the runner');
  const at = lastIndexOf(full, '/node_modules/');
  return at >= 0 && matches(FRAMEWORKS, slice(full, at + 14)) && tell(note, 'loads a package that tests');
};

/** What stands for the main module. */
const makeDecoy = () =>
  Object.freeze({
    __proto__: null,
    children: Object.freeze([]),
    exports: Object.freeze({}),
    filename: `${process.cwd()}/index.js`,
    id: '.',
    loaded: true,
    path: process.cwd(),
    paths: Object.freeze([]),
  });

/** What a failure to find a module says, without who required the artifact. */
const withoutCallers = (thrown, from) => {
  if (thrown?.code !== 'MODULE_NOT_FOUND' || thrown.requireStack === undefined) return thrown;
  const error = new Error(text(thrown.message).split(/\n+Require stack:/)[0]);
  error.code = thrown.code;
  error.requireStack = [from];
  return error;
};

/** Makes a `require` for the artifact, of what loads and what resolves a request. */
const requiring = (refuses, facadeOf, decoy) => {
  const requireOf = (from, load, find) => {
    /** A `require` for another file of the artifact's, made by it. */
    const requireFrom = (file) => {
      const place = startsWith(file, 'file:') ? fileURLToPath(file) : file;
      const folder = dirname(resolve(place));
      const whole = (request) => (text(request)[0] === '.' ? resolve(folder, text(request)) : request);
      return requireOf(place, (request) => load(whole(request)), (request, how) => find(whole(request), how));
    };
    const requireModule = (request) => {
      if (refuses(from, request)) {
        const error = new Error(`Cannot find module '${request}'`);
        error.code = 'MODULE_NOT_FOUND';
        throw error;
      }
      const facade = facadeOf(bareName(request), (file) => requireFrom(text(file)));
      if (facade !== undefined) return facade;
      let exported;
      try {
        exported = load(request);
      } catch (thrown) {
        throw withoutCallers(thrown, from);
      }
      // Node's own modules are protected when they are prepared.
      if (typeof request === 'string' && request[0] !== '.' && !isBuiltin(request)) protect(exported, request);
      return exported;
    };
    requireModule.resolve = (request, options) => find(request, options);
    requireModule.resolve.paths = () => [];
    requireModule.cache = Object.freeze({ __proto__: null });
    requireModule.extensions = Object.freeze({ __proto__: null });
    requireModule.main = decoy;
    return requireModule;
  };
  return requireOf;
};

/** What a `require` is that was made where no file of the artifact is known. */
const refuseAll = () => {
  throw new Error('a module is not to be loaded so');
};

const NOTHING = { changes: () => undefined, isChanged: () => false };

/** Watches the realms that tests run in. */
const watchRealms = ({ find, note }) => {
  let noted = NOTHING;
  let hostNoted = NOTHING;
  const tell = (first) => {
    for (let change = first; change !== undefined; change = change.next) find(change.what, undefined);
  };
  const check = () => {
    if (noted.isChanged()) tell(noted.changes());
  };
  const checkAll = () => {
    tell(noted.changes());
    tell(hostNoted.changes());
  };
  const watchErrors = (Errors) =>
    stack.watchErrors(Errors, ({ who, place }) => {
      if (who === 'artifact') note('sets Error.prepareStackTrace', place);
    });
  watchErrors(Error);

  /** Watches the realm of the tests. `run` runs code in it. */
  const enter = (global, run, hasExpect) => {
    if (global.Error !== Error) watchErrors(global.Error);
    defineProperty(global, 'Error', { configurable: false, enumerable: false, value: global.Error, writable: false });
    watchDefinitions(global);
    for (const name of ['Object', 'JSON', 'Reflect', 'Math', 'Promise', 'Number', 'String', 'Buffer']) {
      protect(global[name], name);
    }
    if (hasExpect) {
      reserve(global.Object.prototype, realm.prototypes(global), 'asymmetricMatch', 'every object');
    }
    const texts = realm.prototypes(global).flatMap((value) => [value.toString, value[Symbol.toPrimitive]]);
    noted = realm.note(global, run);
    if (global !== globalThis) hostNoted = realm.note(globalThis, (code) => runInThisContext(code));
    return texts;
  };
  return { check, checkAll, enter, watchErrors };
};

/**
 * Makes a function of the framework's a property that the artifact does not get.
 * `set` may take what is set; otherwise nothing is.
 */
const hiding = (find) => (global, name, value, set) => {
  defineProperty(global, name, {
    configurable: false,
    enumerable: true,
    get() {
      const { who } = stack.caller(8);
      return who === 'test' || who === 'harness' || who === 'package' ? value() : undefined;
    },
    set(next) {
      if (set !== undefined && set(next)) return;
      const { who, place } = stack.caller();
      if (who === 'artifact' || who === 'node' || who === 'nobody') find(`replaces the framework's ${name}`, place);
      throw new TypeError(`${name} is not to be replaced`);
    },
  });
};

/** Whether an object poses as a text: it is only converted to one, by a method of its own
 * or by one that none of `texts` is. */
const poses = (value, texts) => {
  for (const key of ['toString', 'valueOf', Symbol.toPrimitive]) {
    if (typeof getOwnPropertyDescriptor(value, key)?.value === 'function') return true;
  }
  if (ownKeys(value).length > 0) return false;
  const parent = getPrototypeOf(value);
  for (const key of parent === null ? [] : ['toString', Symbol.toPrimitive]) {
    const method = getOwnPropertyDescriptor(parent, key)?.value;
    if (typeof method === 'function' && !texts.includes(method)) return true;
  }
  return false;
};

/** A value as tests see it: what is made to be taken for another text than it is, a
 * text in a box or an object that is only converted to one, is that text. */
const seen = (value, { note, source, texts }) => {
  if (value === null || typeof value !== 'object') return value;
  if (isBoxedPrimitive(value)) {
    const isOutput = getOwnPropertyDescriptor(value, 'stdout') !== undefined;
    return isOutput || includes(source, 'new String') ? value : value.valueOf();
  }
  if (Array.isArray(value) || includes(source, 'toString') || !poses(value, texts)) return value;
  for (const key of ownKeys(value)) {
    // One with data of its own is more than a text.
    if (typeof getOwnPropertyDescriptor(value, key).value !== 'function') return value;
  }
  note('gives a test an object that is converted to a text', undefined);
  return text(value);
};

/** `expect` that looks at what it is given. */
const looking = (expect, look) =>
  new Proxy(expect, {
    __proto__: null,
    apply(_, self, parts) {
      if (parts.length > 0) parts[0] = look(parts[0]);
      return apply(expect, self, parts);
    },
  });

/**
 * Watches that the body of a test runs to its end: `observe(body)` is the body to run
 * instead, and `ended(body)` tells of one how it ended.
 */
const observing = (check) => (body, record) => {
  if (typeof body !== 'function' || body.constructor?.name === 'GeneratorFunction') {
    record.ended = true;
    return body;
  }
  const settle = (value) => {
    record.ended = true;
    check();
    return value;
  };
  const follow = (self, parts) => {
    record.threw = false;
    let value;
    try {
      value = apply(body, self, parts);
    } catch (thrown) {
      record.threw = true;
      check();
      throw thrown;
    }
    if (value !== null && typeof value === 'object' && typeof value.then === 'function') {
      return value.then(settle, (thrown) => {
        record.threw = true;
        throw thrown;
      });
    }
    if (parts.length === 0) settle();
    return value;
  };
  if (body.length === 0) {
    return function () {
      return follow(this, []);
    };
  }
  return function (done) {
    const watched = (...parts) => {
      if (parts.length === 0 || !parts[0]) settle();
      return done(...parts);
    };
    return follow(this, [Object.assign(watched, done)]);
  };
};

/** Folders of tests are closed while the artifact runs, to it and its children, if no
 * test reads its own. */
const closing = (places, source) => {
  const folders = places.filter((place) => place.endsWith('/')).map((place) => place.slice(0, -1));
  const isClosed = !matches(/__dirname|__filename|fixture|import\.meta|toMatchSnapshot|readdir/i, source);
  const modes = folders.map((folder) => fs.statSync(folder).mode & 0o7777);
  let depth = 0;
  const { chmodSync } = fs;
  const hideTests = (hide) => {
    depth += hide ? 1 : -1;
    if (!isClosed || depth !== (hide ? 1 : 0)) return;
    for (let place = 0; place < folders.length; place += 1) chmodSync(folders[place], hide ? 0 : modes[place]);
  };
  const showTests = () => {
    while (depth > 0) hideTests(false);
  };
  return { hideTests, showTests };
};

/**
 * - `say`: writes a finding to the report; `remark`: a note. `fail`: has the run fail.
 * - `files`: the test files, with their texts. `places`: what the paths of all tests
 *   start with.
 * - `allowed`: names of modules that the case's own files require.
 */
exports.start = ({ say, remark, fail, files, places, allowed }) => {
  let source = '';
  for (const { text: one } of files) source += one;
  stack.expectTests(places, /\.stack\b/.test(source));

  const said = Object.create(null);
  const find = sayer(said, say);
  const note = sayer(said, remark);
  let artifactText = '';
  start(find, MOCKS.test(source));
  builtins.start(
    { finder: find, noter: note, stop: fail },
    { files: files.map(({ file }) => file), source, artifact: () => artifactText },
  );
  facades.start(note, find);

  const { check, checkAll, enter, watchErrors } = watchRealms({ find, note });
  /** A module as the artifact gets it, where that is another than Node's own. */
  const facadeOf = (name, requireFrom) =>
    isBuiltin(name) && !allowed.includes(name) ? facades.of(name, { watchErrors, requireFrom }) : undefined;
  const decoy = makeDecoy();
  const refuses = refusing({ allowed, places, find, note });
  const { hideTests, showTests } = closing(places, source);
  let texts = [];

  return {
    check,
    decoy,
    enter(global, run, hasExpect) {
      texts = enter(global, run, hasExpect);
    },
    find,
    hide: hiding(find),
    isArtifact: artifactsBeside(places),
    looking: (expect) => looking(expect, (value) => seen(value, { note, source, texts })),
    observe: observing(check),
    prepare: builtins.prepare,
    watchLoader: builtins.watchLoader,
    requireOf: requiring(refuses, facadeOf, decoy),
    watchProcess: () => builtins.watchProcess(decoy, (name) => facadeOf(name, () => refuseAll)),
    /** Tells of a text that is the artifact's. */
    read(one) {
      artifactText += one;
    },
    loaded() {
      hideTests(true);
      checkAll();
    },
    /** All tests have ended; what the artifact still does, it does unseen by them. */
    async ended() {
      checkAll();
      builtins.over();
      await builtins.watchChildren();
    },
    hideTests,
    showTests,
    over: checkAll,
    /** Whether the tests do something themselves, by their text. */
    mentions: (pattern) => pattern.test(source),
  };
};
