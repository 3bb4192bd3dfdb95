'use strict';

const fs = require('fs');
const path = require('path');

const express = require('express');

function downloads(root) {
  const router = express.Router();

  router.get('/*', (req, res) => {
    const name = req.params[0];
    const { version = 'latest' } = req.query;
    if (!/^[\w-]+$/.test(version)) return res.sendStatus(404);
    if (/(^|\/)\.\.(\/|$)/.test(name)) return res.sendStatus(404);
    const file = path.resolve(root, req.account, String(version), name);
    fs.readFile(file, (error, content) => {
      if (error) return res.sendStatus(404);
      res.attachment(path.basename(file));
      return res.send(content);
    });
  });

  return router;
}

module.exports = { downloads };
