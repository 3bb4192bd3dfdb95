'use strict';

const fs = require('fs/promises');
const path = require('path');

// A name is only followed if it is in the listing of the folder that was reached; so what is
// reached is always below the root.
async function find(folder, names) {
  const [name, ...rest] = names;
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const entry = entries.find((one) => one.name === name);
  if (!entry) return null;
  const place = path.join(folder, entry.name);
  if (rest.length === 0) return entry.isFile() ? place : null;
  return entry.isDirectory() ? find(place, rest) : null;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function downloads(root) {
  return async (request, response, next) => {
    if (!['GET', 'HEAD'].includes(request.method)) return next();
    const names = request.path.slice(1).split('/').map(decode);
    if (names.includes(null)) return response.sendStatus(400);
    try {
      const version = String(request.query.version ?? 'latest');
      const file = await find(root, [request.account, version, ...names]);
      if (file === null) return response.sendStatus(404);
      const content = await fs.readFile(file);
      return response.attachment(names.at(-1)).send(content);
    } catch (error) {
      return next(error);
    }
  };
}

module.exports = { downloads };
