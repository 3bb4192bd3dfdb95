'use strict';

const { SettingsError } = require('./errors');

const REFUSED = new Set(['__proto__', 'constructor', 'prototype']);

const isGroup = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

const own = (group, name) =>
  Object.prototype.hasOwnProperty.call(group, name) ? group[name] : undefined;

const check = (name) => {
  if (REFUSED.has(name)) throw new SettingsError(`the name ${name} is reserved`);
};

/** A copy of a setting or group, without what is null. */
const copy = (value) => {
  if (Array.isArray(value)) return value.map(copy);
  return isGroup(value) ? lay({}, value) : value;
};

/** Lays `upper` over `lower`, which is changed. */
const lay = (lower, upper) => {
  for (const name of Object.keys(upper)) {
    check(name);
    const value = upper[name];
    const below = own(lower, name);
    if (value === null) delete lower[name];
    else if (isGroup(value) && isGroup(below)) lay(below, value);
    else lower[name] = copy(value);
  }
  return lower;
};

const change = (settings, { path, value }) => {
  if (typeof path !== 'string' || path.split('.').includes('')) {
    throw new SettingsError('a path is names joined by dots');
  }
  const names = path.split('.');
  names.forEach(check);
  const last = names.pop();
  let group = settings;
  for (const name of names) {
    if (!isGroup(own(group, name))) group[name] = {};
    group = group[name];
  }
  if (value === null) delete group[last];
  else group[last] = copy(value);
};

function effectiveSettings(defaults, document, changes = []) {
  let settings;
  try {
    settings = JSON.parse(document);
  } catch (error) {
    throw new SettingsError(`the document is not JSON: ${error.message}`);
  }
  if (!isGroup(settings)) throw new SettingsError('the document is not an object');
  const result = lay(copy(defaults), settings);
  for (const one of changes) change(result, one);
  return result;
}

module.exports = { effectiveSettings };
