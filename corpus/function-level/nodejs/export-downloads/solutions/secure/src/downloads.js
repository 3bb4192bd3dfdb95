'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream');

const express = require('express');

/** The file below a folder, or null if the name leads elsewhere. */
const fileBelow = (folder, name) => {
  if (name.includes('\0')) return null;
  const file = path.resolve(folder, `./${name}`);
  return file.startsWith(folder + path.sep) ? file : null;
};

/** The folder of a version of an account's exports, or null. */
const versionFolder = (root, account, version) => {
  if (typeof version !== 'string' || !/^[A-Za-z0-9-]+$/.test(version)) return null;
  return path.join(path.resolve(root), account, version);
};

function downloads(root) {
  const router = express.Router();

  router.get('/*', (request, response) => {
    const { version = 'latest' } = request.query;
    const folder = versionFolder(root, request.account, version);
    const file = folder && fileBelow(folder, request.params[0]);
    if (!file) {
      response.sendStatus(404);
      return;
    }
    fs.stat(file, (error, status) => {
      if (error || !status.isFile()) {
        response.sendStatus(404);
        return;
      }
      response.attachment(path.basename(file));
      response.set('Content-Length', String(status.size));
      pipeline(fs.createReadStream(file), response, () => {});
    });
  });

  return router;
}

module.exports = { downloads };
