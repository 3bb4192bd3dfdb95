'use strict';

// Whose code is running, told from the stack: each frame says which file its function
// is from. Also shortens the stacks that tested code sees, so that they do not name
// the test that called it. Nothing here calls a method that tested code may replace.

const path = require('path');

/** A method as a function that takes its object first. */
const plain = (method) => Function.prototype.call.bind(method);
const startsWith = plain(String.prototype.startsWith);
const includes = plain(String.prototype.includes);
const slice = plain(String.prototype.slice);
const toText = plain(Error.prototype.toString);
const has = plain(WeakMap.prototype.has);
const get = plain(WeakMap.prototype.get);
const set = plain(WeakMap.prototype.set);
const { captureStackTrace } = Error;
const { apply, defineProperty } = Reflect;
const HostError = Error;
const text = String;

const PROJECT = `${process.cwd()}/`;
const RUNNER = `${__dirname}/`;
const BUNDLES = '/opt/node/';
const FRAMEWORK = /\/node_modules\/(?:@?jest[-/]|jest|expect|mocha)/;
const { exec } = RegExp.prototype;

/** The files that watch, whose frames say nothing. */
const OWN = ['stack', 'realm', 'watch', 'protect', 'builtins', 'facades', 'watch.bundle'].flatMap((name) => [
  `${RUNNER}${name}.js`,
  `${BUNDLES}${name}.js`,
]);

/** The whole stacks of errors that were shortened. */
const whole = new WeakMap();

let tests = [];
let hidesAll = true;
let probe;
let sites = [];

/**
 * Where tests are: paths that the paths of test files start with; and whether they
 * look at stacks of their own, so that errors in which the artifact has no part are
 * left as they are.
 */
exports.expectTests = (places, readStacks) => {
  tests = places;
  hidesAll = !readStacks;
};

/** Whose a file is: see `kindOf`. */
const kindOfFile = (file) => {
  if (typeof file !== 'string') return 'language';
  if (startsWith(file, 'node:')) return 'node';
  if (startsWith(file, RUNNER) || startsWith(file, BUNDLES)) {
    for (let place = 0; place < OWN.length; place += 1) if (file === OWN[place]) return 'own';
    return 'harness';
  }
  if (includes(file, '/node_modules/')) return 'package';
  for (let place = 0; place < tests.length; place += 1) {
    if (startsWith(file, tests[place])) return 'test';
  }
  return 'artifact';
};

/** Whether a name of a file is one that code of the artifact's may not go by. */
exports.isTaken = (file) => {
  const kind = kindOfFile(file);
  return kind !== 'artifact' && kind !== 'language';
};

/**
 * Whose a frame is: `language`, `node`, `own`, `harness` (the runner, and the framework's modules that are
 * bundled in it), `package`, `test`, or `artifact`, which is everything else, code that
 * was evaluated included.
 */
const kindOf = (site) => (site.isEval() ? 'artifact' : kindOfFile(site.getFileName()));

const isFramework = (file) => apply(exec, FRAMEWORK, [text(file)]) !== null;

/** A file and line, for people. */
const placeOf = (site) => {
  let file = site.getFileName();
  if (site.isEval()) file = site.getScriptNameOrSourceURL() || 'evaluated code';
  file = text(file);
  if (startsWith(file, PROJECT)) file = slice(file, PROJECT.length);
  return `${file}:${site.getLineNumber()}`;
};

/**
 * Who does what is being done. The first frame of the project decides; where there is
 * none, the first frame that is not Node's own.
 *
 * - `who`: `artifact`, `test`, `package`, `harness`; `node`, where a timer, say, calls
 *   a function of the language; or `nobody`, where a promise does.
 * - `direct`: whether no function of Node's is between.
 * - `place`: of the artifact's frame, if there is one.
 */
exports.caller = (most = 100) => {
  let limit;
  try {
    limit = HostError.stackTraceLimit;
    HostError.stackTraceLimit = most;
  } catch {
    // It was taken away: no frame is seen, which is nobody.
  }
  probe = {};
  sites = [];
  captureStackTrace(probe);
  void probe.stack;
  probe = undefined;
  try {
    HostError.stackTraceLimit = limit;
  } catch {
    // As above.
  }
  let inner;
  let direct = true;
  for (let place = 0; place < sites.length; place += 1) {
    const kind = kindOf(sites[place]);
    if (kind === 'own' || kind === 'language') continue;
    if (kind === 'artifact') return { who: kind, direct, place: placeOf(sites[place]) };
    direct = false;
    if (kind === 'node') continue;
    if (kind === 'test') return { who: kind, direct: false, place: undefined };
    inner ??= kind;
  }
  // Frames without a file may be there to hide others.
  if (most < 100 && sites.length >= most) return exports.caller();
  return { who: inner ?? (direct ? 'nobody' : 'node'), direct: false, place: undefined };
};

const format = (error, frames) => {
  let lines;
  try {
    lines = toText(error);
  } catch {
    lines = '<error>';
  }
  for (let place = 0; place < frames.length; place += 1) lines += '\n    at ' + text(frames[place]);
  return lines;
};

const push = (list, value) =>
  defineProperty(list, list.length, { configurable: true, enumerable: true, value, writable: true });

/**
 * The frames that the artifact may see: none of a test, of the framework or of the
 * runner, and of an error that comes to pass in what a test calls, none beyond either.
 */
const visible = (frames, kindOf, fileOf) => {
  const shown = [];
  let isOurs = false;
  for (let place = 0; place < frames.length; place += 1) {
    const frame = frames[place];
    const kind = kindOf(frame);
    if (kind === 'own') continue;
    if (kind === 'artifact') isOurs = true;
    const isHidden =
      kind === 'test' || kind === 'harness' || (kind === 'package' && isFramework(fileOf(frame)));
    if (!isHidden) push(shown, frame);
    else if (isOurs) break;
  }
  return isOurs || hidesAll ? shown : frames;
};

/** Frames as `util.getCallSites` gives them. */
exports.visibleSites = (sites) =>
  visible(sites, (site) => kindOfFile(site.scriptName), (site) => site.scriptName);

const visibleFrames = (frames) => visible(frames, kindOf, (site) => site.getFileName());

/**
 * Has the errors of a realm made into text here. What is set instead sees as much as
 * the artifact may; `note` hears of it.
 */
exports.watchErrors = (Errors, note) => {
  let custom;
  let isAsking = false;
  const prepare = (error, frames) => {
    if (error === probe) {
      sites = frames;
      return '';
    }
    const shown = visibleFrames(frames);
    if (shown.length < frames.length && error !== null && typeof error === 'object') {
      set(whole, error, format(error, frames));
    }
    // What was set may end by asking what was set before, which is this.
    if (custom === undefined || isAsking) return format(error, shown);
    isAsking = true;
    try {
      return apply(custom, Errors, [error, shown]);
    } finally {
      isAsking = false;
    }
  };
  defineProperty(Errors, 'prepareStackTrace', {
    configurable: false,
    enumerable: false,
    get: () => prepare,
    set(next) {
      if (next === prepare || typeof next !== 'function') custom = undefined;
      else {
        note(exports.caller());
        custom = next;
      }
    },
  });
};

/** The whole stack of an error, if it was shortened. */
exports.wholeStack = (error) => (has(whole, error) ? get(whole, error) : undefined);

exports.plain = plain;
exports.resolve = path.resolve;
