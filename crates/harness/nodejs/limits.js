'use strict';

// The limits of time that a framework has for a test or a hook, such as Mocha's two seconds, without
// what other work took of the machine: load does not decide verdicts.

const fs = require('fs');

const { readFileSync } = fs;
const { cpuUsage, hrtime } = process;

/** A limit grows to no more than so many times what it was. */
const MOST = 10;

/** The machine has too little left if it is less than one processor in so many. */
const SHARE = 2;

/** A look is good for so many milliseconds. */
const FRESH = 100;

/** Whether a process may run on a processor, by a list such as `0-3,6`. */
const isIn = (list, number) =>
  list.split(',').some((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return first <= number && number <= last;
  });

/** For how many milliseconds the processors that this process may use have had nothing to do since
 * the machine started, added up: the fourth and fifth number of their lines in `/proc/stat`. Not a
 * number where nobody can say. */
const idle = () => {
  try {
    const [, allowed] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    let hundredths = NaN;
    for (const [, number, times] of readFileSync('/proc/stat', 'utf8').matchAll(/^cpu(\d+) (.*)/gm)) {
      const [, , , nothing, disk] = times.split(' ').map(Number);
      if (isIn(allowed, Number(number))) hundredths = (hundredths || 0) + nothing + disk;
    }
    return 10 * hundredths;
  } catch {
    return NaN;
  }
};

/** How many milliseconds have passed, and how many of them were there for this process: those that
 * it used, and those that nobody used. */
const look = () => {
  const { user, system } = cpuUsage();
  return { at: Number(hrtime.bigint()) / 1e6, left: (user + system) / 1e3 + idle() };
};

let recent;
const recentLook = () => {
  if (recent === undefined || Number(hrtime.bigint()) / 1e6 - recent.at > FRESH) recent = look();
  return recent;
};

/** A limit of so many milliseconds that begins now. */
class Limit {
  constructor(milliseconds) {
    this.milliseconds = milliseconds;
    this.since = recentLook();
    this.grown = 1;
    /** Whether it was said to be over. */
    this.isOver = false;
  }

  /** Whether the time is up; if it was not there to be used, it begins again. */
  ends() {
    const now = look();
    const passed = now.at - this.since.at;
    // Timers may be a little early.
    if (passed < this.milliseconds - 2) return false;
    const isMissed = now.left - this.since.left < passed / SHARE;
    if (isMissed && this.grown < MOST) {
      this.grown += 1;
      this.since = now;
      return false;
    }
    this.isOver = true;
    return true;
  }
}

/** The limits, by their timers. */
const limits = new WeakMap();

/** What a framework gets in place of its realm's `setTimeout` for the limits that it sets. */
const patient = (set) => (over, milliseconds) => {
  const timer = set(() => {
    // Some environments have timers that cannot begin again.
    const limit = limits.get(timer);
    if (limit === undefined || limit.ends()) over();
    else timer.refresh();
  }, milliseconds);
  if (typeof timer?.refresh === 'function') limits.set(timer, new Limit(milliseconds));
  return timer;
};

/** Runs what takes `setTimeout` from a global object for limits. */
exports.within = (global, load) => {
  const real = global.setTimeout;
  global.setTimeout = patient(real);
  try {
    return load();
  } finally {
    global.setTimeout = real;
  }
};

/** A limit that nothing rings for: it is asked when what it is for has ended. */
exports.begin = () => new Limit(0);

/** Whether what took so many milliseconds took too long: by the limit of its timer, if it has one, or
 * by one that began with it. */
exports.isExceeded = (timer, begun, milliseconds) => {
  const limit = limits.get(timer) ?? begun;
  limit.milliseconds = milliseconds;
  return limit.isOver || limit.ends();
};
