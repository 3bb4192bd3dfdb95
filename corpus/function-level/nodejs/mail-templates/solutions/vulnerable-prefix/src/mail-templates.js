'use strict';

const fs = require('fs');
const path = require('path');

const { TemplateError } = require('./errors');

function findTemplate(home, locale, name) {
  const file = path.join(home, locale, `${name}.txt`);
  if (!fs.existsSync(file)) return null;
  const target = fs.realpathSync(file);
  return target.startsWith(home) ? target : null;
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

  return render(name, []);
}

module.exports = { renderMail };
