'use strict';

// Rules for the harness of Node.js.

const js = require('@eslint/js');

const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

module.exports = [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2022,
      globals: readonly(['Buffer', 'URL', '__dirname', '__filename', 'console', 'process', 'setTimeout']),
      sourceType: 'commonjs',
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      complexity: ['error', 20],
      'consistent-return': 'error',
      'dot-notation': 'error',
      eqeqeq: 'error',
      'max-lines-per-function': ['error', 100],
      // Colours of terminals begin with a control character.
      'no-control-regex': 'off',
      'no-else-return': 'error',
      'no-lonely-if': 'error',
      // What a trap or a hook is given and has no use for.
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-useless-return': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      strict: ['error', 'global'],
    },
  },
  {
    // What is a module is strict already.
    files: ['**/*.mjs'],
    languageOptions: { sourceType: 'module' },
    rules: { strict: 'off' },
  },
  {
    // A test file, as the framework runs it.
    files: ['**/warm_up.js'],
    languageOptions: { globals: readonly(['afterEach', 'beforeEach', 'describe', 'expect', 'it']) },
  },
];
