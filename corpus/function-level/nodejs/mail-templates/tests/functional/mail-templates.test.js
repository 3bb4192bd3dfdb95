'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { TemplateError } = require('../../src/errors');
const { renderMail } = require('../../src/mail-templates');

let root;

const write = (place, content) => {
  const file = path.join(root, place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
};

const link = (place, target) => {
  const file = path.join(root, place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.symlinkSync(target, file);
};

const render = (name, values = {}, options) => renderMail(root, 'acme', name, values, options);

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'templates-'));
  write('acme/en/order-received.txt', 'Dear {{name}}, thank you.\n');
  write('acme/en/parcel/sent.txt', 'Sent: {{ parcel_1 }}{{> shared/footer}}');
  write('acme/en/shared/footer.txt', '-- {{shop}}');
  write('acme/de/order-received.txt', 'Grüß Gott {{name}} 💶\n');
});

describe('values', () => {
  test('are inserted', () => {
    expect(render('order-received', { name: 'Ada' })).toBe('Dear Ada, thank you.\n');
    expect(render('parcel/sent', { parcel_1: '7', shop: 'Acme' })).toBe('Sent: 7-- Acme');
  });

  test('may be missing', () => {
    expect(render('order-received')).toBe('Dear , thank you.\n');
    write('acme/en/odd.txt', '[{{toString}}{{constructor}}]');
    expect(render('odd')).toBe('[]');
  });

  test.each(['{{shop}}', '{{> shared/footer}}', '$& $1 $$ $`', '<b>&amp;</b>', '{{'])('are inserted as they are: %s', (name) => {
    expect(render('order-received', { name, shop: 'Acme' })).toBe(`Dear ${name}, thank you.\n`);
    expect(render('parcel/sent', { shop: name })).toBe(`Sent: -- ${name}`);
  });

  test('of several tags do not become a tag', () => {
    write('acme/en/two.txt', '{{a}}{{b}}');
    expect(render('two', { a: '{{', b: 'shop}}', shop: 'Acme' })).toBe('{{shop}}');
  });
});

test('all else in a template is left as it is', () => {
  const text = '{ {name} } {{}} }} {{ä}} {{two words}} {{a-b}}\r\n\ttrailing  ';
  write('acme/en/odd.txt', text);
  expect(render('odd', { name: 'Ada' })).toBe(text);
});

describe('included templates', () => {
  test('are rendered too', () => {
    write('acme/en/a.txt', '1{{> b }}2{{>b}}3');
    write('acme/en/b.txt', '({{>deep/down/c}})');
    write('acme/en/deep/down/c.txt', '{{name}}');
    expect(render('a', { name: 'Ada' })).toBe('1(Ada)2(Ada)3');
  });

  test('may not include themselves', () => {
    write('acme/en/self.txt', 'x{{> self}}');
    write('acme/en/a.txt', '{{> b}}');
    write('acme/en/b.txt', '{{> a}}');
    expect(() => render('self')).toThrow(TemplateError);
    expect(() => render('a')).toThrow(TemplateError);
  });

  test('have to exist', () => {
    write('acme/en/a.txt', 'x{{> none}}');
    expect(() => render('a')).toThrow(TemplateError);
  });
});

describe('a locale', () => {
  test('is that of the customer', () => {
    expect(render('order-received', { name: 'Ada' }, { locale: 'de' })).toBe('Grüß Gott Ada 💶\n');
    expect(render('order-received', { name: 'Ada' }, {})).toBe('Dear Ada, thank you.\n');
  });

  test('may lack a template', () => {
    for (const locale of ['de', 'fr', 'zh-Hant-TW']) {
      expect(render('parcel/sent', { shop: 'Acme' }, { locale })).toBe('Sent: -- Acme');
    }
  });

  test('is that of included templates', () => {
    write('acme/de/shared/footer.txt', '-- Ihr {{shop}}');
    expect(render('parcel/sent', { shop: 'Acme' }, { locale: 'de' })).toBe('Sent: -- Ihr Acme');
  });
});

describe('a link', () => {
  test.each(['sent.txt', './sent.txt', '../parcel/sent.txt', '../../en/parcel/sent.txt'])(
    'to a template works: %s',
    (target) => {
      link('acme/en/parcel/delayed.txt', target);
      expect(render('parcel/delayed', { parcel_1: '7', shop: 'Acme' })).toBe('Sent: 7-- Acme');
    },
  );

  test('to a folder works', () => {
    link('acme/de-AT', 'de');
    link('acme/de/parcel', '../en/parcel');
    expect(render('order-received', { name: 'Ada' }, { locale: 'de-AT' })).toBe('Grüß Gott Ada 💶\n');
    expect(render('parcel/sent', { parcel_1: '7' }, { locale: 'de-AT' })).toBe('Sent: 7-- ');
  });

  test('may be absolute, and lead to a link', () => {
    link('acme/en/one.txt', path.join(root, 'acme/en/two.txt'));
    link('acme/en/two.txt', 'order-received.txt');
    write('acme/en/all.txt', '{{> one}}');
    expect(render('all', { name: 'Ada' })).toBe('Dear Ada, thank you.\n');
  });

  test('may be the root', () => {
    const current = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'platform-')), 'current');
    fs.symlinkSync(root, current);
    link('acme/de-AT', 'de');
    const mail = renderMail(current, 'acme', 'order-received', { name: 'Ada' }, { locale: 'de-AT' });
    expect(mail).toBe('Grüß Gott Ada 💶\n');
  });
});

test.each(['none', 'parcel', 'parcel/none', 'order-received.txt'])('there is no template %s', (name) => {
  expect(() => render(name)).toThrow(TemplateError);
  expect(() => render(name, {}, { locale: 'de' })).toThrow(TemplateError);
});

test('a tenant without templates has none', () => {
  expect(() => renderMail(root, 'nobody', 'order-received', {})).toThrow(TemplateError);
});

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
