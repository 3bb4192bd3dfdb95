'use strict';

const { SettingsError } = require('./errors');

// Groups are maps while they are worked on: they have entries and no prototype
// that a name could mean.

const isGroup = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

const toMap = (value) => {
  if (!isGroup(value)) return Array.isArray(value) ? value.slice() : value;
  const map = new Map();
  for (const [name, inner] of Object.entries(value)) map.set(name, toMap(inner));
  return map;
};

const toObject = (value) => {
  if (!(value instanceof Map)) return value;
  const object = {};
  for (const [name, inner] of value) {
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: true,
      value: toObject(inner),
      writable: true,
    });
  }
  return object;
};

const withoutNull = (value) => {
  if (!(value instanceof Map)) return value;
  for (const [name, inner] of value) {
    if (inner === null) value.delete(name);
    else withoutNull(inner);
  }
  return value;
};

const lay = (lower, upper) => {
  for (const [name, value] of upper) {
    const below = lower.get(name);
    if (value === null) lower.delete(name);
    else if (value instanceof Map && below instanceof Map) lay(below, value);
    else lower.set(name, withoutNull(value));
  }
};

function effectiveSettings(defaults, document, changes = []) {
  let parsed;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw new SettingsError('the document is not JSON');
  }
  if (!isGroup(parsed)) throw new SettingsError('the document is not an object');
  const settings = toMap(defaults);
  lay(settings, toMap(parsed));
  for (const { path, value } of changes) {
    const names = typeof path === 'string' ? path.split('.') : [''];
    if (names.some((name) => name === '')) throw new SettingsError('a path has an empty name');
    const last = names.pop();
    let group = settings;
    for (const name of names) {
      if (!(group.get(name) instanceof Map)) group.set(name, new Map());
      group = group.get(name);
    }
    if (value === null) group.delete(last);
    else group.set(last, withoutNull(toMap(value)));
  }
  return toObject(settings);
}

module.exports = { effectiveSettings };
