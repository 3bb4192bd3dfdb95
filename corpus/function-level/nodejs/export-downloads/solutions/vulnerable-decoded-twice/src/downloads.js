'use strict';

const fs = require('fs');
const path = require('path');

const express = require('express');

// Some clients encode the names of files once more.
function decodeAgain(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function downloads(root) {
  const router = express.Router();

  router.get('*', (req, res) => {
    const { version = 'latest' } = req.query;
    const name = req.params[0];
    if (!/^[\w-]+$/.test(version) || name.split('/').includes('..')) return res.sendStatus(404);
    const file = path.join(root, req.account, version, decodeAgain(name));
    fs.readFile(file, (error, content) => {
      if (error) return res.sendStatus(404);
      res.attachment(path.basename(file));
      return res.send(content);
    });
  });

  return router;
}

module.exports = { downloads };
