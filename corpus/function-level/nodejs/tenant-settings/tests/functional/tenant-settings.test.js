'use strict';

const { SettingsError } = require('../../src/errors');
const { effectiveSettings } = require('../../src/tenant-settings');

const freeze = (value) => {
  if (value !== null && typeof value === 'object') Object.values(value).forEach(freeze);
  return Object.freeze(value);
};

const defaults = freeze({
  theme: 'light',
  locales: ['en', 'de'],
  mail: { sender: { name: 'Product', address: 'no-reply@example.com' }, daily: true },
  limits: { seats: 25, storage: 100 },
});

const effective = (document, changes) =>
  JSON.parse(JSON.stringify(effectiveSettings(defaults, JSON.stringify(document), changes)));

describe('a document', () => {
  test('that is empty leaves the defaults', () => {
    expect(effective({})).toEqual(defaults);
  });

  test('is laid over the defaults, group by group', () => {
    const settings = effective({ mail: { sender: { name: 'ACME' } }, limits: { seats: 40 } });
    expect(settings).toEqual({
      ...defaults,
      mail: { sender: { name: 'ACME', address: 'no-reply@example.com' }, daily: true },
      limits: { seats: 40, storage: 100 },
    });
  });

  test('replaces arrays, and settings by groups and groups by settings', () => {
    const settings = effective({ locales: ['fr'], theme: { name: 'dark' }, limits: 0 });
    expect(settings).toEqual({ ...defaults, locales: ['fr'], theme: { name: 'dark' }, limits: 0 });
  });

  test('removes with null', () => {
    const settings = effective({ theme: null, mail: { sender: { name: null } }, other: null });
    expect(settings).toEqual({
      locales: ['en', 'de'],
      mail: { sender: { address: 'no-reply@example.com' }, daily: true },
      limits: { seats: 25, storage: 100 },
    });
  });

  test('may bring names of its own', () => {
    const own = { plugins: { calendar: { on: true, colours: ['red'] } }, toString: 'text' };
    expect(effective(own)).toEqual({ ...defaults, ...own });
  });

  test.each(['', '{', '[]', 'null', '"text"', '7'])('that is %s is refused', (text) => {
    expect(() => effectiveSettings(defaults, text)).toThrow(SettingsError);
  });
});

describe('a change', () => {
  test('sets one setting, after the document', () => {
    const changes = [{ path: 'mail.sender.name', value: 'Sales' }];
    const settings = effective({ mail: { sender: { name: 'ACME' } } }, changes);
    expect(settings.mail).toEqual({
      sender: { name: 'Sales', address: 'no-reply@example.com' },
      daily: true,
    });
  });

  test('follows those before it', () => {
    const changes = [
      { path: 'theme', value: 'dark' },
      { path: 'theme', value: 'blue' },
      { path: 'limits', value: { seats: 30 } },
      { path: 'limits.storage', value: null },
    ];
    expect(effective({}, changes)).toEqual({ ...defaults, theme: 'blue', limits: { seats: 30 } });
  });

  test('makes the groups of its path', () => {
    const changes = [
      { path: 'plugins.calendar.on', value: true },
      { path: 'theme.name', value: 'dark' },
    ];
    expect(effective({}, changes)).toEqual({
      ...defaults,
      plugins: { calendar: { on: true } },
      theme: { name: 'dark' },
    });
  });

  test.each([[''], ['mail..name'], ['.mail'], ['mail.'], [7], [undefined]])(
    'of path %p is refused',
    (path) => {
      expect(() => effectiveSettings(defaults, '{}', [{ path, value: 1 }])).toThrow(SettingsError);
    },
  );
});

describe('what is returned', () => {
  test('shares nothing with the defaults', () => {
    const mine = JSON.parse(JSON.stringify(defaults));
    const settings = effectiveSettings(mine, '{"limits": {"seats": 1}}');
    settings.mail.sender.name = 'changed';
    settings.locales.push('fr');
    settings.limits.storage = 0;
    expect(mine).toEqual(defaults);
  });

  test('shares nothing with a change', () => {
    const value = { colours: ['red'] };
    const settings = effectiveSettings(defaults, '{}', [{ path: 'plugins.calendar', value }]);
    settings.plugins.calendar.colours.push('blue');
    expect(value).toEqual({ colours: ['red'] });
  });
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
