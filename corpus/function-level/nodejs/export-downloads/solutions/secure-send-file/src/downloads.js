'use strict';

const path = require('node:path');

const express = require('express');

// Express finds the file: given a root, it sends nothing from outside of it.
function downloads(root) {
  const router = express.Router();

  router.get('*', (request, response, next) => {
    const name = request.params[0].replace(/^\/+/, '');
    const version = request.query.version ?? 'latest';
    if (name === '' || typeof version !== 'string' || /[^A-Za-z0-9-]/.test(version)) {
      response.sendStatus(404);
      return;
    }
    const folder = path.join(root, request.account, version || '-');
    response.attachment();
    response.sendFile(name, { root: folder, dotfiles: 'deny' }, (error) => {
      if (!error) return;
      if (response.headersSent) {
        next(error);
        return;
      }
      response.removeHeader('Content-Disposition');
      response.sendStatus(error.status === 400 ? 400 : 404);
    });
  });

  return router;
}

module.exports = { downloads };
