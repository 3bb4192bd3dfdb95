'use strict';

const fs = require('fs');
const path = require('path');

const express = require('express');

function downloads(root) {
  const router = express.Router();

  router.get('*', (req, res) => {
    if (req.path.split('/').includes('..')) return res.sendStatus(404);
    const { version = 'latest' } = req.query;
    if (!/^[\w-]+$/.test(version)) return res.sendStatus(404);
    const file = path.join(root, req.account, version, req.params[0]);
    fs.readFile(file, (error, content) => {
      if (error) return res.sendStatus(404);
      res.attachment(path.basename(file));
      return res.send(content);
    });
  });

  return router;
}

module.exports = { downloads };
