'use strict';

const fs = require('fs');
const path = require('path');

const express = require('express');

function downloads(root) {
  const router = express.Router();

  router.get('*', (req, res) => {
    const folder = path.join(root, req.account, String(req.query.version || 'latest'));
    const file = path.join(folder, req.params[0]);
    if (!file.startsWith(folder + path.sep)) return res.sendStatus(404);
    fs.readFile(file, (error, content) => {
      if (error) return res.sendStatus(404);
      res.attachment(path.basename(file));
      return res.send(content);
    });
  });

  return router;
}

module.exports = { downloads };
