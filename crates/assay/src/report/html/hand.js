'use strict';

// What a reader takes along and how a reader gets on: texts that are copied or saved, and keys for
// the next and the previous page.

const hand = (() => {
  const make = (name, className, ...content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  // Texts as they are, whatever is shown in the place of hidden characters.

  const textOf = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE) return '';
    if (node.classList.contains('hidden-character')) {
      return String.fromCodePoint(Number.parseInt(node.title.slice(2), 16));
    }
    return [...node.childNodes].map(textOf).join('');
  };

  /** All of a text, or what is shown of it with a note of what is not. */
  const wholeOf = (place) =>
    [...place.querySelectorAll('pre, .cut')]
      .map((part) => (part.matches('.cut') ? `\n[${part.textContent}]\n` : textOf(part)))
      .join('');

  const tell = (words) => {
    let place = document.getElementById('told');
    if (!place) {
      place = make('div', 'unseen');
      place.id = 'told';
      place.setAttribute('role', 'status');
      document.body.append(place);
    }
    place.textContent = words;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages of other machines may not use the clipboard that way.
      const field = make('textarea', 'unseen');
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand('copy');
      field.remove();
      if (!done) throw new Error('the browser allows no copy');
    }
  };

  const save = (text, name) => {
    const link = make('a', 'unseen');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  const button = (label, what, act) => {
    const element = make('button', 'tool', label);
    element.type = 'button';
    element.setAttribute('aria-label', `${label} ${what}`);
    element.addEventListener('click', async () => {
      try {
        await act();
        element.textContent = label === 'Copy' ? 'Copied' : 'Saved';
        tell(`${element.textContent}: ${what}`);
      } catch (error) {
        element.textContent = 'Failed';
        tell(`${label} failed: ${error.message}`);
      }
      setTimeout(() => { element.textContent = label; }, 1500);
    });
    return element;
  };

  const tools = (place, what, name) => {
    const text = () => wholeOf(place);
    return make('span', 'tools', button('Copy', what, () => copy(text())), button('Save', what, () => save(text(), name)));
  };

  /** A name that is harmless as one of a file. */
  const fileName = (words) =>
    `${words.toLowerCase().replace(/[^a-z0-9._]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60) || 'text'}.txt`;

  const offerTexts = (place) => {
    for (const details of place.querySelectorAll('details:has(> pre.text)')) {
      if (details.querySelector(':scope > .tools')) continue;
      const title = details.querySelector('summary').cloneNode(true);
      title.querySelector('.note')?.remove();
      const what = title.textContent.trim();
      details.querySelector('summary').after(tools(details, what, fileName(what)));
    }
    for (const figure of place.querySelectorAll('figure.file:has(> pre)')) {
      const caption = figure.querySelector('figcaption');
      if (caption.querySelector('.tools')) continue;
      const path = caption.querySelector('code').textContent;
      caption.append(tools(figure, path, path.split('/').pop()));
    }
  };

  // Keys.

  const KEYS = [
    ['n', 'the next attempt, case or subject', 'a[rel="next"]'],
    ['p', 'the one before', 'a[rel="prev"]'],
    ['N', 'the same at the next case', 'a[data-key="N"]'],
    ['P', 'the same at the case before', 'a[data-key="P"]'],
    ['u', 'up: the case of an attempt, the first page of a case', 'header.top nav li:last-child a, nav.way li:last-child a'],
  ];
  const SWITCH = 'assay-keys';

  const areOn = () => {
    try {
      return localStorage.getItem(SWITCH) !== 'off';
    } catch {
      return true;
    }
  };

  const switchKeys = (on) => {
    try {
      localStorage.setItem(SWITCH, on ? 'on' : 'off');
    } catch {
      // They stay on where nothing can be kept.
    }
  };

  const showKeys = () => {
    let dialog = document.querySelector('dialog.keys');
    if (!dialog) {
      const list = make('dl', 'facts');
      const rows = [...KEYS.map(([key, words]) => [key, words]), ['/', 'search'], ['?', 'this list']];
      for (const [key, words] of rows) list.append(make('dt', '', make('kbd', '', key)), make('dd', '', words));
      const box = make('input', '');
      box.type = 'checkbox';
      box.checked = areOn();
      box.addEventListener('change', () => switchKeys(box.checked));
      const close = make('button', 'tool', 'Close');
      close.type = 'button';
      dialog = make('dialog', 'keys', make('h2', '', 'Keys'), list, make('label', '', box, ' Single letters do this'), make('p', '', close));
      dialog.setAttribute('aria-label', 'Keys');
      close.addEventListener('click', () => dialog.close());
      document.body.append(dialog);
    }
    dialog.showModal();
  };

  const seek = () => {
    const field = document.querySelector('#search input[type="search"]');
    if (field) {
      field.focus();
      field.select();
    } else document.querySelector('header.top a[href$="search.html"]')?.click();
  };

  const pressed = (event) => {
    const { key, target } = event;
    const writes = target.closest?.('input:not([type="radio"], [type="checkbox"]), select, textarea, [contenteditable]');
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writes) return;
    if (document.querySelector('dialog[open]') || (!areOn() && key !== '?')) return;
    const [, , links] = KEYS.find(([known]) => known === key) ?? [];
    const link = links && [...document.querySelectorAll(links)].pop();
    if (key === '?') showKeys();
    else if (key === '/') seek();
    else if (link) link.click();
    else return;
    event.preventDefault();
  };

  const begin = () => {
    addEventListener('keydown', pressed);
    const keys = make('button', 'tool', 'Keys');
    keys.type = 'button';
    keys.addEventListener('click', showKeys);
    document.querySelector('footer p')?.append(' ', keys);
  };

  return { begin, offerTexts };
})();
