'use strict';

const fs = require('fs');
const path = require('path');

const { TemplateError } = require('./errors');

// The file is opened first; then the system is asked which file that is, so that no link can
// be exchanged between the check and the reading.
function readOwn(home, file) {
  let descriptor;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const opened = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
    const inside = path.relative(home, opened);
    const isOwn = inside !== '' && inside.split(path.sep)[0] !== '..' && !path.isAbsolute(inside);
    if (!isOwn || !fs.fstatSync(descriptor).isFile()) return null;
    return { place: opened, text: fs.readFileSync(descriptor, 'utf8') };
  } finally {
    fs.closeSync(descriptor);
  }
}

const isName = (name) =>
  String(name)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));

class Renderer {
  constructor(home, locale, values) {
    this.home = home;
    this.folders = [locale, 'en'].filter((folder) => isName(folder) && !folder.includes('/'));
    this.values = new Map(Object.entries(values));
    this.open = new Set();
  }

  find(name) {
    if (isName(name)) {
      for (const folder of this.folders) {
        const found = readOwn(this.home, path.join(this.home, folder, `${name}.txt`));
        if (found) return found;
      }
    }
    throw new TemplateError(`no template is called ${name}`);
  }

  render(name) {
    const { place, text } = this.find(name);
    if (this.open.has(place)) throw new TemplateError(`${name} includes itself`);
    this.open.add(place);
    let mail = '';
    let end = 0;
    for (const match of text.matchAll(/{{ *(> *)?([^ {}]+) *}}/g)) {
      mail += text.slice(end, match.index) + this.insert(match);
      end = match.index + match[0].length;
    }
    this.open.delete(place);
    return mail + text.slice(end);
  }

  insert([tag, includes, name]) {
    if (includes) return this.render(name);
    return /^[A-Za-z0-9_]+$/.test(name) ? (this.values.get(name) ?? '') : tag;
  }
}

function renderMail(root, tenant, name, values, { locale = 'en' } = {}) {
  let home;
  try {
    home = fs.realpathSync(path.join(root, tenant));
  } catch {
    throw new TemplateError(`${tenant} has no templates`);
  }
  return new Renderer(home, locale, values).render(name);
}

module.exports = { renderMail };
