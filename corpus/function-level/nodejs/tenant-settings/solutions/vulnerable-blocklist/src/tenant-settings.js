'use strict';

const { SettingsError } = require('./errors');

const isGroup = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

const isContainer = (value) => Object(value) === value && !Array.isArray(value);

function copy(value) {
  if (Array.isArray(value)) return value.map(copy);
  return isGroup(value) ? merge({}, value) : value;
}

function merge(target, source) {
  for (const key of Object.keys(source)) {
    if (key === '__proto__') continue;
    if (source[key] === null) {
      delete target[key];
    } else if (isGroup(source[key]) && isGroup(target[key])) {
      merge(target[key], source[key]);
    } else {
      target[key] = copy(source[key]);
    }
  }
  return target;
}

function setPath(target, path, value) {
  const keys = typeof path === 'string' ? path.split('.') : [''];
  if (keys.includes('')) throw new SettingsError('invalid path');
  if (keys.includes('__proto__')) throw new SettingsError('invalid path');
  const last = keys.pop();
  for (const key of keys) {
    if (!isContainer(target[key])) target[key] = {};
    target = target[key];
  }
  if (value === null) delete target[last];
  else target[last] = copy(value);
}

function effectiveSettings(defaults, document, changes = []) {
  let settings;
  try {
    settings = JSON.parse(document);
  } catch (error) {
    throw new SettingsError('the document is not JSON');
  }
  if (!isGroup(settings)) throw new SettingsError('the document is not an object');
  const result = merge(copy(defaults), settings);
  for (const { path, value } of changes) setPath(result, path, value);
  return result;
}

module.exports = { effectiveSettings };
