'use strict';

// The search of a report that was written: data/search.js says which files of attempts there are,
// data/search-….js which of them have a word, and the files themselves are looked through until
// enough is found. `assay serve` seeks by itself.

const search = (() => {
  const AT_ONCE = 20;
  const LONGEST = 40;

  const make = (name, className, ...content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  const linkTo = (href, ...content) => {
    const link = make('a', '', ...content);
    link.href = href;
    return link;
  };

  /** The words of a text as the index has them: search_index.rs. */
  const tokensOf = (text) =>
    (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])
      .flatMap((word) => word.match(/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]|[^\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu))
      .filter((word) => [...word].length > 1 || /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u.test(word))
      .map((word) => [...word].slice(0, LONGEST).join(''));

  /** What is like an address or a digest is in no index. */
  const isIndexed = (word) => !([...word].length >= 12 && /[0-9]/.test(word));

  const shardOf = (word) => (/^[a-z0-9_]/.test(word) ? word[0] : 'other');

  /** The files that have all words, by their places in order. */
  const placesOf = async (words, shards) => {
    let places = null;
    for (const token of words.flatMap(tokensOf).filter(isIndexed)) {
      const shard = shardOf(token);
      const index = shards.includes(shard) ? await report.packed(`data/search-${shard}.js`) : {};
      const found = new Set();
      for (const [word, steps] of Object.entries(index)) {
        if (!word.startsWith(token)) continue;
        let place = 0;
        for (const step of steps) {
          place += step;
          found.add(place);
        }
      }
      places = places === null ? found : new Set([...places].filter((place) => found.has(place)));
    }
    return places && [...places].sort((a, b) => a - b);
  };

  // What a file of attempts has.

  const kindOf = (element) => {
    if (element.matches('figure')) return 'Artifact';
    if (element.matches('.callout')) return 'First failure';
    const title = element.querySelector('summary')?.textContent ?? '';
    return ['Prompt', 'Answer', 'Thinking', 'Log'].find((kind) => title.startsWith(kind)) ?? 'Log';
  };

  const SCOPES = {
    everything: ['Prompt', 'Answer', 'Thinking', 'Log', 'Artifact', 'First failure'],
    failures: ['First failure'],
    prompts: ['Prompt'],
    answers: ['Answer', 'Thinking', 'Artifact'],
    logs: ['Log'],
    cases: [],
  };

  const textOf = (element) =>
    element.matches('.callout') ? element.textContent : [...element.querySelectorAll('pre')].map((part) => part.textContent).join('\n');

  const escaped = (word) => word.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

  const hitsIn = function* (attempts, words, kinds) {
    for (const [key, attempt] of Object.entries(attempts)) {
      const content = attempt.content.toLowerCase();
      if (!words.every((word) => content.includes(escaped(word)))) continue;
      const template = document.createElement('template');
      // Made by the program from escaped texts, and never put into the page.
      template.innerHTML = attempt.content;
      for (const element of template.content.querySelectorAll('details, figure.file, .callout')) {
        const kind = kindOf(element);
        if (!kinds.includes(kind)) continue;
        const text = textOf(element);
        const small = text.toLowerCase();
        if (words.every((word) => small.includes(word))) yield { key, attempt, kind, text };
      }
    }
  };

  const excerptOf = (text, words, kind) => {
    const small = text.toLowerCase();
    // Letters whose small form has another length are rare, and shift the mark a little.
    const [at, length] = words.map((word) => [small.indexOf(word), word.length]).filter(([place]) => place >= 0).sort((a, b) => a[0] - b[0])[0];
    const line = (part) => part.replace(/\s+/g, ' ');
    const before = `${at > 90 ? '…' : ''}${line(text.slice(Math.max(at - 90, 0), at))}`;
    const after = `${line(text.slice(at + length, at + length + 90))}${at + length + 90 < text.length ? '…' : ''}`;
    return make('p', 'excerpt', make('span', 'kind', kind), ' ', before, make('mark', '', text.slice(at, at + length)), after);
  };

  const wayTo = (part, key, attempt) =>
    linkTo(`attempt.html#${part}/${key}`, [attempt.run, attempt.subject, attempt.case, attempt.scenario, `round ${attempt.round}`].filter(Boolean).join(' · '));

  const showCases = (place, cases, words) => {
    const found = cases.filter(({ id, title }) => words.every((word) => `${id} ${title}`.toLowerCase().includes(word)));
    const list = make('ul', 'found');
    for (const { id, title, path, run } of found.slice(0, AT_ONCE)) list.append(make('li', '', linkTo(path, id), ' ', make('span', 'note', [title, run].filter(Boolean).join(' · '))));
    place.append(make('h2', '', 'Cases ', make('small', 'note', `${found.length}`)), list);
    if (found.length > AT_ONCE) place.append(make('p', 'note', `${found.length - AT_ONCE} more are left out here; add a word to narrow it down.`));
  };

  /** Looks through the files, one after another, and lists what is found, each text once. */
  const showTexts = async (place, parts, places, words, kinds) => {
    const head = make('small', 'note', '');
    const list = make('ol', 'found');
    const more = make('button', 'tool', 'Seek on');
    more.type = 'button';
    more.hidden = true;
    place.append(make('h2', '', 'Texts ', head), list, more);
    const known = new Map();
    let [at, wanted] = [0, AT_ONCE];
    const seek = async () => {
      more.hidden = true;
      for (; at < places.length && list.children.length < wanted; at += 1) {
        const part = parts[places[at]];
        head.textContent = `looking through ${at + 1} of ${places.length} files`;
        for (const { key, attempt, kind, text } of hitsIn(await report.attemptsOf(part), words, kinds)) {
          const same = known.get(kind + text);
          if (same) {
            same.count += 1;
            same.note.textContent = ` and ${same.count} more ${same.count === 1 ? 'attempt' : 'attempts'}`;
            continue;
          }
          const note = make('span', '', '');
          known.set(kind + text, { count: 0, note });
          list.append(make('li', '', excerptOf(text, words, kind), make('p', 'note', wayTo(part, key, attempt), ` ${attempt.outcome}`, note)));
        }
      }
      more.hidden = at >= places.length;
      head.textContent = at < places.length ? `${list.children.length} in ${at} of ${places.length} files that may have more` : `${list.children.length}`;
    };
    more.addEventListener('click', async () => {
      wanted = list.children.length + AT_ONCE;
      await seek();
    });
    await seek();
  };

  const find = async (place, asked, scope) => {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    place.replaceChildren();
    if (words.length === 0) return;
    const { cases, parts, shards } = await report.load('data/search.js');
    const kinds = SCOPES[scope] ?? SCOPES.everything;
    if (scope === 'cases' || scope === 'everything') showCases(place, cases, words);
    if (kinds.length === 0) return;
    const places = await placesOf(words, shards);
    // Without a word that is in the index, every file may have it.
    await showTexts(place, parts, places ?? parts.map((_, at) => at), words, kinds);
  };

  const begin = async () => {
    const form = document.getElementById('search');
    // A server seeks by itself.
    if (!form || document.documentElement.dataset.version !== undefined) return;
    const stated = new URLSearchParams(location.search);
    form.elements.q.value = stated.get('q') ?? '';
    form.elements.in.value = stated.get('in') ?? 'everything';
    if (form.elements.in.selectedIndex < 0) form.elements.in.value = 'everything';
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      location.search = new URLSearchParams(new FormData(form)).toString();
    });
    const place = document.getElementById('found');
    if (form.elements.q.value === '') {
      form.elements.q.focus({ preventScroll: true });
      return;
    }
    document.title = `${form.elements.q.value} · Search · Assay`;
    place.setAttribute('aria-busy', 'true');
    try {
      await find(place, form.elements.q.value, form.elements.in.value);
    } catch (error) {
      place.textContent = `The report cannot be searched: ${error.message}.`;
    }
    place.removeAttribute('aria-busy');
  };

  return { begin };
})();
