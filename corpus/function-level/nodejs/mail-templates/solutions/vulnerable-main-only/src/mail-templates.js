'use strict';

const fs = require('fs');
const path = require('path');

const { TemplateError } = require('./errors');

const isBelow = (folder, file) => file.startsWith(folder + path.sep);

function findTemplate(home, locale, name) {
  const file = path.join(home, locale, `${name}.txt`);
  if (!isBelow(home, file) || !fs.existsSync(file)) return null;
  return file;
}

function checkTemplate(home, locale, name) {
  const file = findTemplate(home, locale, name);
  if (file && !isBelow(home, fs.realpathSync(file))) throw new TemplateError('not allowed');
}

function renderMail(root, tenant, name, values, { locale = 'en' } = {}) {
  const home = path.join(fs.realpathSync(root), tenant);

  function render(wanted, parents) {
    const file = [locale, 'en']
      .map((folder) => findTemplate(home, folder, wanted))
      .find((candidate) => candidate && fs.existsSync(candidate));
    if (!file) throw new TemplateError(`template not found: ${wanted}`);
    if (parents.includes(file)) throw new TemplateError(`template includes itself: ${wanted}`);
    const text = fs.readFileSync(file, 'utf8');
    return text.replace(/\{\{\s*(>?)\s*([^\s{}]+)\s*\}\}/g, (tag, include, key) => {
      if (include) return render(key, [...parents, file]);
      if (!/^\w+$/.test(key)) return tag;
      return Object.prototype.hasOwnProperty.call(values, key) ? values[key] : '';
    });
  }

  for (const folder of [locale, 'en']) checkTemplate(home, folder, name);
  return render(name, []);
}

module.exports = { renderMail };
