// Runs eslint-plugin-security on every file of a folder. What an engine would read as a module
// and what it would read as a script is tried in turn, as the files have lost their names.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Linter } from 'eslint';
import security from 'eslint-plugin-security';

const { plugins, rules } = security.configs.recommended;

function lint(path) {
  const text = readFileSync(path, 'utf8');
  const linter = new Linter({ configType: 'flat' });
  const read = (sourceType) => {
    const parserOptions = { ecmaFeatures: { jsx: true } };
    const languageOptions = { sourceType, ecmaVersion: 'latest', parserOptions };
    const config = { files: ['**/*.js'], plugins, rules, languageOptions };
    return linter.verify(text, config, { filename: path, allowInlineConfig: false });
  };
  const isFatal = (messages) => messages.some((message) => message.fatal);
  const asScript = read('commonjs');
  if (!isFatal(asScript)) {
    return asScript;
  }
  const asModule = read('module');
  return isFatal(asModule) ? asScript : asModule;
}

const found = {};
for (const entry of readdirSync(process.argv[2], { recursive: true })) {
  if (entry.endsWith('.js')) {
    const path = join(process.argv[2], entry);
    found[path] = lint(path);
  }
}
process.stdout.write(JSON.stringify(found));
