'use strict';

const express = require('express');

const { downloads } = require('./downloads');

/**
 * The application. `root` is the folder of all exports, `sessions` a map from the value of the
 * header `X-Session` to the name of the account that is signed in.
 */
function createApp(root, sessions) {
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    request.account = sessions.get(request.get('x-session'));
    if (request.account === undefined) response.sendStatus(401);
    else next();
  });
  app.use('/exports', downloads(root));
  return app;
}

module.exports = { createApp };
