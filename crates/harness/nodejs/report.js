'use strict';

// The report channel. Its number, the nonce, is read and the channel it came on
// closed before any file of the project is loaded. What is needed to report is
// kept out of reach of what tested code may replace: nothing here calls a method
// of an object that tested code shares, and lines are joined from primitives.

const fs = require('fs');

const REPORT_CHANNEL = 3;
const NONCE_CHANNEL = 4;
const NONCE_LENGTH = 32;
const MAX_DETAIL = 2000;

const { wholeStack } = require('./stack.js');

const { writeSync, readSync, closeSync } = fs;
const { stringify } = JSON;
const { random } = Math;
const number = Number;
const text = String;

/** Reads the nonce, once, and returns what reports under it. */
exports.open = () => {
  const buffer = Buffer.alloc(NONCE_LENGTH);
  for (let read = 0; read < NONCE_LENGTH; ) {
    const count = readSync(NONCE_CHANNEL, buffer, read, NONCE_LENGTH - read, null);
    if (count === 0) throw new Error('the nonce is incomplete');
    read += count;
  }
  closeSync(NONCE_CHANNEL);
  const nonce = buffer.toString('latin1');
  buffer.fill(0);
  const say = (rest) => writeSync(REPORT_CHANNEL, '{"nonce":"' + nonce + '",' + rest + '}\n');
  const remark = (kind, what, place) => {
    const where = place === undefined ? '' : ',"place":' + stringify(text(place));
    say('"' + kind + '":' + stringify(text(what)) + where);
  };
  return {
    test(name, outcome, detail) {
      let short = '';
      for (let place = 0; place < detail.length && place < MAX_DETAIL; place += 1) {
        short += detail[place];
      }
      const line = '"test":' + stringify(name) + ',"outcome":"' + outcome + '"';
      say(line + ',"detail":' + stringify(short));
    },
    tampered: (what, place) => remark('tampered', what, place),
    note: (what, place) => remark('note', what, place),
    end(count) {
      say('"end":' + number(count));
    },
  };
};

/** What tested code has no reason to change, and would let its tests pass. */
exports.guard = (objects) => {
  for (const object of objects) Object.freeze(object);
};

/** A name that no test has. */
exports.randomName = () => {
  let name = '';
  for (let place = 0; place < 12; place += 1) {
    name += text.fromCharCode(97 + ((random() * 26) | 0));
  }
  return name;
};

/**
 * The names under which tests are reported. A test whose name the suite's source
 * computes is reported as `written[computed]`; one that has a name of an earlier
 * test, as `name (2)`.
 */
exports.names = (expected) => {
  const HOLE = /\$\{\}|%[a-zA-Z#%]|\$[A-Za-z_][\w.]*/;
  const plain = new Set(expected);
  const patterns = [];
  for (const name of expected) {
    const parts = name.split(HOLE);
    if (parts.length > 1) patterns.push([name, parts]);
  }
  const fits = (name, parts) => {
    const last = parts.length - 1;
    if (!name.startsWith(parts[0])) return false;
    let place = parts[0].length;
    for (let part = 1; part < last; part += 1) {
      const found = name.indexOf(parts[part], place);
      if (found < 0) return false;
      place = found + parts[part].length;
    }
    return name.length >= place + parts[last].length && name.endsWith(parts[last]);
  };
  const seen = new Map();
  return (path) => {
    const full = path.join(' > ');
    const times = (seen.get(full) || 0) + 1;
    seen.set(full, times);
    const numbered = times === 1 ? full : `${full} (${times})`;
    if (plain.has(numbered)) return numbered;
    const pattern = patterns.find(([, parts]) => fits(full, parts));
    return pattern ? `${pattern[0]}[${numbered}]` : numbered;
  };
};

/** What a thrown value says; asking it runs code of whoever made it. */
exports.describe = (thrown) => {
  try {
    if (thrown !== null && typeof thrown === 'object') {
      return text(wholeStack(thrown) || thrown.stack || thrown.message || thrown);
    }
    return text(thrown);
  } catch {
    return 'an error that cannot be shown';
  }
};

/** Without the colours that frameworks put into messages. */
exports.plainText = (message) => message.replace(/\u001b\[[0-9;]*m/g, '');
