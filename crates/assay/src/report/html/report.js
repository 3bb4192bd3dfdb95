'use strict';

// What moves in a report: tables that sort, a leaderboard that computes its scores anew
// for a part of the cases, and attempts that are loaded when they are asked for. Without
// it the pages say the same of everything, sorted by the overall score. In the report's one
// script it comes after highlight.js, changes.js and timeline.js.
//
// Nothing that a model wrote becomes a script here: the policy of each page forbids it,
// and texts are escaped where the pages are made.

const report = (() => {
  const received = new Map();

  /** Loads a file beside the pages, which says what it holds by calling `receive`. A
   * script element, because a page that was opened from disk may not fetch. */
  const load = (path) =>
    new Promise((resolve, reject) => {
      if (received.has(path)) {
        resolve(received.get(path));
        return;
      }
      const script = document.createElement('script');
      script.src = root + path;
      script.onload = () => {
        script.remove();
        if (received.has(path)) resolve(received.get(path));
        else reject(new Error(`${path} holds nothing`));
      };
      script.onerror = () => {
        script.remove();
        reject(new Error(`${path} cannot be loaded`));
      };
      document.head.append(script);
    });

  const receive = (path, content) => received.set(path, content);

  /** A text that was deflated and written in base64. */
  const inflate = async (content) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Response(stream).text();
  };

  const root = document.documentElement.dataset.root ?? '';

  // Tables that sort by a click on a column's head.

  const keyOf = (cell) => {
    const key = cell?.dataset.key ?? cell?.textContent.trim() ?? '';
    const number = Number(key.replaceAll(',', '').replace('%', ''));
    return key === '' || key === '–' ? null : Number.isNaN(number) ? key.toLowerCase() : number;
  };

  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === typeof b) return a < b ? -1 : Number(a > b);
    return typeof a === 'number' ? -1 : 1;
  };

  const sortBy = (table, head) => {
    const wasDescending = head.getAttribute('aria-sort') === 'descending';
    const startsDescending = head.classList.contains('numeric') || head.dataset.descending !== undefined;
    const descending = head.hasAttribute('aria-sort') ? !wasDescending : startsDescending;
    for (const other of table.tHead.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const column = head.cellIndex;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    // What has no value, or none of the kind that the others have, comes last either way.
    const order = ([a], [b]) => (typeof a === typeof b && a !== null && descending ? compare(b, a) : compare(a, b));
    rows.sort(order);
    body.append(...rows.map(([, row]) => row));
  };

  const makeSortable = (table) => {
    for (const head of table.tHead.rows[table.tHead.rows.length - 1].cells) {
      if (head.textContent.trim() === '') continue;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append(...head.childNodes);
      button.addEventListener('click', () => sortBy(table, head));
      head.append(button);
    }
  };

  // Scores (docs/scores.md), over the cases that a reader chooses.

  const MASK = (1n << 64n) - 1n;

  /** SplitMix64, as in the program. */
  const makeChance = (seed) => {
    let state = BigInt(seed);
    return (count) => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK;
      let z = state;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return Number(((z ^ (z >> 31n)) * BigInt(count)) >> 64n);
    };
  };

  const drawn = new Map();

  /** How often each of so many cases is drawn, in each resample. */
  const draws = (cases, { seed, resamples }) => {
    if (!drawn.has(cases)) {
      const place = makeChance(seed);
      const all = [];
      for (let resample = 0; resample < resamples; resample += 1) {
        const counts = new Uint16Array(cases);
        for (let one = 0; one < cases; one += 1) counts[place(cases)] += 1;
        all.push(counts);
      }
      drawn.set(cases, all);
    }
    return drawn.get(cases);
  };

  /** Equation 3, where each case counts so many times. */
  const score = (scenarios, times) => {
    let sum = 0;
    let total = 0;
    for (const { weight, cells } of scenarios) {
      let successes = 0;
      let all = 0;
      for (const [place, value, severity] of cells) {
        const counted = severity * times(place);
        successes += value * counted;
        all += counted;
      }
      if (all > 0) {
        sum += (weight * successes) / all;
        total += weight;
      }
    }
    return total > 0 ? sum / total : null;
  };

  const percentile = (values, share) => {
    const place = share * (values.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, values.length - 1);
    return values[below] + (values[above] - values[below]) * (place - below);
  };

  const wilson = (proportion, count) => {
    const z = 1.959963984540054;
    const spread = (z * z) / count;
    const middle = proportion + spread / 2;
    const width = Math.sqrt(proportion * (1 - proportion) * spread + (spread * spread) / 4);
    const end = (value) => Math.min(Math.max(value / (1 + spread), 0), 1);
    return [Math.min(end(middle - width), proportion), Math.max(end(middle + width), proportion)];
  };

  const interval = (scenarios, cases, data) => {
    const whole = score(scenarios, () => 1);
    if (whole === null) return null;
    const values = [];
    for (const counts of draws(cases, data)) {
      const value = score(scenarios, (place) => counts[place]);
      if (value !== null) values.push(value);
    }
    values.sort((a, b) => a - b);
    if (values[values.length - 1] - values[0] < 1e-12) {
      const places = scenarios.flatMap(({ cells }) => cells.map(([place]) => place));
      return wilson(whole, new Set(places).size);
    }
    return [percentile(values, 0.025), percentile(values, 0.975)];
  };

  /** The cells of a subject over chosen cases, by scenario. `which` is the place of the
   * successes that count in a cell. */
  const scenariosOf = (data, subject, places, chosen, which) =>
    data.scenarios
      .filter(({ name }) => !chosen.scenario || name === chosen.scenario)
      .map(({ name, weight }) => ({
        weight,
        cells: (data.cells[subject][name] ?? [])
          .filter((cell) => places.has(cell[0]) && cell[1] > 0)
          .map((cell) => [places.get(cell[0]), cell[which] / cell[1], data.cases[cell[0]].weight]),
      }));

  const percent = (value) => (value === null ? '–' : `${(value * 100).toFixed(2)}%`);

  const show = (row, name, value, key) => {
    const cell = row.querySelector(`[data-score="${name}"]`);
    if (!cell) return;
    cell.querySelector('.value').textContent = value;
    cell.dataset.key = key ?? '';
  };

  const chooseCases = (data, table, form) => {
    const chosen = Object.fromEntries(new FormData(form));
    const matches = (one) =>
      (!chosen.language || one.language === chosen.language) &&
      (!chosen.severity || one.severity === chosen.severity) &&
      (!chosen.cwe || one.cwe.includes(Number(chosen.cwe)));
    const places = new Map();
    data.cases.forEach((one, place) => matches(one) && places.set(place, places.size));
    const isAll = places.size === data.cases.length && !chosen.scenario;
    for (const row of table.tBodies[0].rows) {
      const subject = Number(row.dataset.subject);
      const secure = scenariosOf(data, subject, places, chosen, 2);
      const overall = data.withheld[subject] ? null : score(secure, () => 1);
      show(row, 'overall', data.withheld[subject] ? 'withheld' : percent(overall), overall);
      row.querySelector('[data-score="overall"] .meter-value')?.setAttribute('width', `${(overall ?? 0) * 100}%`);
      const ends = overall === null ? null : interval(secure, places.size, data);
      show(row, 'interval', ends ? `${(ends[0] * 100).toFixed(1)}–${(ends[1] * 100).toFixed(1)}` : '–', ends?.[0]);
      const equal = secure.map(({ cells }) => ({ weight: 1, cells: cells.map(([place, value]) => [place, value, 1]) }));
      const unweighted = score(equal, () => 1);
      show(row, 'unweighted', percent(unweighted), unweighted);
      const functional = score(scenariosOf(data, subject, places, chosen, 3), () => 1);
      show(row, 'functional', percent(functional), functional);
      row.classList.toggle('without-score', overall === null);
    }
    table.classList.toggle('of-a-part', !isAll);
    const heads = table.tHead.rows[0].cells;
    const sorted = [...heads].find((head) => head.hasAttribute('aria-sort')) ?? heads[2];
    sorted.removeAttribute('aria-sort');
    sortBy(table, sorted);
    const state = document.getElementById('chosen');
    state.textContent = isAll
      ? `All ${places.size} cases.`
      : `${places.size} of ${data.cases.length} cases${chosen.scenario ? `, ${chosen.scenario} alone` : ''}. Rank ranges are of all cases, so they are not shown.`;
  };

  const makeFilters = async () => {
    const form = document.getElementById('filters');
    const table = document.querySelector('table.leaderboard');
    if (!form || !table) return;
    const data = await load('data/cells.js');
    form.hidden = false;
    form.addEventListener('change', () => chooseCases(data, table, form));
    form.addEventListener('reset', () => setTimeout(() => chooseCases(data, table, form)));
    form.addEventListener('submit', (event) => event.preventDefault());
  };

  // Code: colours, and what it changes in other code.

  /** The files of markup that the program made from escaped texts. */
  const filesIn = (markup) => {
    const template = document.createElement('template');
    template.innerHTML = markup;
    return changes.filesOf(template.content);
  };

  const solutionsOf = async ({ solutions, against }) => {
    if (against) return { vulnerable: changes.filesOf(document.getElementById(against)) };
    if (!solutions) return {};
    const entries = Object.entries(await load(solutions));
    return Object.fromEntries(entries.map(([kind, markup]) => [kind, filesIn(markup)]));
  };

  const showCode = async (place) => {
    for (const figure of place.querySelectorAll('figure.file')) changes.linesOf(figure);
    for (const details of place.querySelectorAll('details:has(> pre.text)')) {
      const path = details.querySelector('summary code')?.textContent;
      const paint = () => {
        for (const text of details.querySelectorAll('pre.text')) {
          if (path) highlight.file(text, path);
          else highlight.conversation(text);
        }
      };
      if (details.open) paint();
      else details.addEventListener('toggle', paint, { once: true });
    }
    const shown = [...place.querySelectorAll('.artifact')].map((element) => [element, changes.filesOf(element)]);
    const all = new Map(shown);
    for (const [element, files] of shown) {
      const { vulnerable, secure } = await solutionsOf(element.dataset);
      // Another attempt may have been asked for.
      if (!element.isConnected) return;
      const before = all.get(element.closest('.turn')?.previousElementSibling?.querySelector('.artifact'));
      const others = [
        { name: 'Against the turn before', of: 'that of the turn before', files: before },
        { name: 'Against the insecure code', of: 'the insecure code', files: vulnerable },
        { name: 'Against a secure solution', of: 'the secure solution', files: secure },
      ];
      changes.offer(element, files, others.filter((other) => other.files));
    }
  };

  const tryToShowCode = (place) =>
    showCode(place).catch((error) => {
      const note = document.createElement('p');
      note.className = 'cut';
      note.textContent = `Code cannot be compared here: ${error.message}.`;
      place.prepend(note);
    });

  // Attempts: a page that shows the one its address names.

  const showAttempt = async () => {
    const place = document.getElementById('attempt');
    if (!place) return;
    // The skip link leads to a place on the page.
    if (location.hash === '#content') return;
    const [address, asked] = location.hash.slice(1).split('?');
    const [part, key] = decodeURIComponent(address).split('/');
    if (!/^[\w-]+$/.test(part ?? '') || !/^\w+$/.test(key ?? '')) {
      place.textContent = 'The address names no attempt.';
      return;
    }
    place.setAttribute('aria-busy', 'true');
    try {
      const attempts = JSON.parse(await inflate(await load(`attempts/${part}.js`)));
      const found = attempts[key];
      if (!found) throw new Error('it is not in this report');
      document.title = found.title;
      // Made by the program from escaped texts; the policy of the page forbids scripts in it.
      place.innerHTML = found.content;
      timeline.begin(place, address, new URLSearchParams(asked));
      await tryToShowCode(place);
    } catch (error) {
      place.textContent = `The attempt cannot be shown: ${error.message}.`;
    }
    place.removeAttribute('aria-busy');
    scrollTo(0, 0);
  };

  /** Sets the content of the page going, perhaps one that has just come. */
  const begin = async () => {
    received.clear();
    for (const table of document.querySelectorAll('table.sortable')) makeSortable(table);
    await makeFilters().catch((error) => {
      document.getElementById('chosen').textContent = `The cases cannot be filtered: ${error.message}.`;
    });
    // An attempt has none before it is loaded.
    if (!document.getElementById('attempt')) await tryToShowCode(document.getElementById('content'));
  };

  const start = () => {
    begin();
    if (document.getElementById('attempt')) {
      addEventListener('hashchange', showAttempt);
      showAttempt();
    }
  };

  document.addEventListener('DOMContentLoaded', start);
  return { begin, receive };
})();
