'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { TemplateError } = require('./errors');

const TAG = /\{\{\s*(?:>\s*([^\s{}]+)|(\w+))\s*\}\}/g;

/** The real path of a file, or null if there is none. */
const realPath = (file) => {
  try {
    return fs.realpathSync(file);
  } catch {
    return null;
  }
};

/** The real path of a tenant's template, or null. */
const locate = (home, locale, name) => {
  if ([locale, name].some((part) => typeof part !== 'string' || part.includes('\0'))) return null;
  const file = realPath(path.join(home, locale, `${name}.txt`));
  if (file === null || !file.startsWith(home + path.sep)) return null;
  return fs.statSync(file).isFile() ? file : null;
};

function renderMail(root, tenant, name, values, { locale = 'en' } = {}) {
  const home = realPath(path.join(root, tenant));
  if (home === null) throw new TemplateError('there are no templates');

  const render = (wanted, outer) => {
    const file = locate(home, locale, wanted) ?? locate(home, 'en', wanted);
    if (file === null) throw new TemplateError(`there is no template ${wanted}`);
    if (outer.includes(file)) throw new TemplateError(`the template ${wanted} includes itself`);
    return fs.readFileSync(file, 'utf8').replace(TAG, (_, included, key) => {
      if (included !== undefined) return render(included, [...outer, file]);
      return Object.hasOwn(values, key) ? values[key] : '';
    });
  };

  return render(name, []);
}

module.exports = { renderMail };
