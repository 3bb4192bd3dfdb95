'use strict';

// The part of the first page's cases and subjects that a reader chooses: its scores, counts and
// plots, computed from data/cells.js. What is chosen stands in the address behind `?`, so that the
// way back leads through what was chosen before, and a link can be sent.

const filters = (() => {
  const NAMES = ['language', 'cwe', 'severity', 'scenario', 'case', 'subject'];

  /** The places of numbers in a cell; those of verdicts come behind them. */
  const [PLACE, ERRORED, UNJUDGED, SAID, SAID_RIGHT, TOKENS, COST, VERDICTS] = [0, 1, 2, 3, 4, 5, 6, 7];

  const make = (name, className, ...content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  const draw = (name, attributes, ...content) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };

  const counted = (number) => number.toLocaleString('en-US');
  const percent = (value) => (value === null ? '–' : `${(value * 100).toFixed(2)}%`);

  // What is chosen.

  const fromAddress = () => {
    const stated = new URLSearchParams(location.search);
    return Object.fromEntries(NAMES.map((name) => [name, stated.get(name) ?? '']));
  };

  const toAddress = (chosen, isTyped) => {
    const stated = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''));
    const query = stated.size > 0 ? `?${stated}` : location.pathname;
    if (new URLSearchParams(location.search).toString() === stated.toString()) return;
    // Not every letter is a step on the way back.
    history[isTyped ? 'replaceState' : 'pushState'](null, '', query);
  };

  const words = (text) => text.toLowerCase().split(',').map((word) => word.trim()).filter(Boolean);
  const hasAny = (text, sought) => sought.length === 0 || sought.some((word) => text.toLowerCase().includes(word));

  /** The chosen cases, each with its place among them, the chosen subjects and scenarios. */
  const partOf = (data, chosen, form) => {
    // The first option is for all.
    const cwe = form.elements.cwe.selectedIndex - 1;
    const sought = words(chosen.case);
    const matches = (one) =>
      (!chosen.language || one.language === chosen.language) &&
      (!chosen.severity || one.severity === chosen.severity) &&
      (cwe < 0 || one.cwe.includes(cwe)) &&
      hasAny(`${one.id} ${one.title}`, sought);
    const places = new Map();
    data.cases.forEach((one, place) => matches(one) && places.set(place, places.size));
    const named = words(chosen.subject);
    const subjects = new Set();
    data.subjects.forEach(({ name }, place) => hasAny(name, named) && subjects.add(place));
    const ofAll = places.size === data.cases.length && !chosen.scenario;
    return { places, subjects, scenario: chosen.scenario, ofAll, isAll: ofAll && subjects.size === data.subjects.length };
  };

  // What is counted of it.

  const sumOf = (cell, data, which) =>
    data.verdicts.reduce((sum, verdict, at) => sum + (!which || verdict[which] ? cell[VERDICTS + at] : 0), 0);

  const cellsOf = function* (data, subject, part) {
    for (const { name, weight } of data.scenarios) {
      if (part.scenario && name !== part.scenario) continue;
      for (const cell of data.subjects[subject].cells[name] ?? []) {
        if (part.places.has(cell[PLACE])) yield { cell, weight, name };
      }
    }
  };

  /** The cells of a subject over chosen cases, by scenario; `which` says which verdicts succeed. */
  const scenariosOf = (data, subject, part, which) => {
    const open = new Set(data.subjects[subject].open);
    const byName = new Map();
    for (const { cell, weight, name } of cellsOf(data, subject, part)) {
      const judged = sumOf(cell, data);
      if (judged === 0 || open.has(cell[PLACE])) continue;
      const one = byName.get(name) ?? { weight, cells: [] };
      byName.set(name, one);
      one.cells.push([part.places.get(cell[PLACE]), sumOf(cell, data, which) / judged, data.cases[cell[PLACE]].weight]);
    }
    return [...byName.values()];
  };

  const countsOf = (data, subject, part) => {
    const counts = { attempts: 0, errored: 0, unjudged: 0, tokens: 0, cost: null, verdicts: data.verdicts.map(() => 0) };
    for (const { cell } of cellsOf(data, subject, part)) {
      counts.attempts += sumOf(cell, data) + cell[SAID] + cell[ERRORED] + cell[UNJUDGED];
      counts.errored += cell[ERRORED];
      counts.unjudged += cell[UNJUDGED];
      counts.tokens += cell[TOKENS];
      if (cell[COST] !== null) counts.cost = (counts.cost ?? 0) + cell[COST];
      data.verdicts.forEach((_, at) => { counts.verdicts[at] += cell[VERDICTS + at]; });
    }
    return counts;
  };

  const noTally = () => ({ successes: 0, judged: 0, errored: 0, unjudged: 0 });

  /** What became of a subject's attempts at each chosen case. */
  const talliesOf = (data, subject, part) => {
    const tallies = new Map();
    for (const { cell } of cellsOf(data, subject, part)) {
      const tally = tallies.get(cell[PLACE]) ?? noTally();
      tallies.set(cell[PLACE], tally);
      tally.successes += sumOf(cell, data, 'success') + cell[SAID_RIGHT];
      tally.judged += sumOf(cell, data) + cell[SAID];
      tally.errored += cell[ERRORED];
      tally.unjudged += cell[UNJUDGED];
    }
    return tallies;
  };

  /** Everything that the page shows of a subject. */
  const measure = (data, subject, part) => {
    const secure = scenariosOf(data, subject, part, 'success');
    const overall = scores.score(secure);
    const equal = secure.map(({ cells }) => ({ weight: 1, cells: cells.map(([place, value]) => [place, value, 1]) }));
    const isWithheld = data.subjects[subject].withheld;
    return {
      overall: isWithheld ? null : overall,
      isWithheld,
      ends: overall === null || isWithheld ? null : scores.interval(secure),
      unweighted: scores.score(equal),
      functional: scores.score(scenariosOf(data, subject, part, 'functional')),
      counts: countsOf(data, subject, part),
      tallies: talliesOf(data, subject, part),
    };
  };

  // How it is shown.

  const verdictBar = (data, counts) => {
    const total = counts.reduce((sum, number) => sum + number, 0);
    if (total === 0) return [make('span', 'none', 'none judged')];
    const present = data.verdicts.map(({ label, class: kind }, at) => ({ label, kind, number: counts[at] })).filter(({ number }) => number > 0);
    const bar = draw('svg', { class: 'bar', role: 'img', 'aria-label': present.map(({ label, number }) => `${counted(number)} ${label}`).join(', ') });
    const list = make('span', 'bar-words');
    let start = 0;
    for (const { label, kind, number } of present) {
      const share = (part) => `${((part * 100) / total).toFixed(2)}%`;
      const title = draw('title', {}, `${counted(number)} ${label}`);
      bar.append(draw('rect', { class: `fill-${kind}`, height: '100%', x: share(start), width: share(number) }, title));
      list.append(make('span', `count count-${kind}`, make('strong', '', counted(number)), ` ${label}`));
      start += number;
    }
    return [bar, list];
  };

  const tallyMarks = ({ successes, judged, errored, unjudged }) => {
    const marks = [];
    if (judged > 0) {
      const half = successes * 2 >= judged ? 'most' : 'some';
      const shade = successes === 0 ? 'none' : successes === judged ? 'all' : half;
      marks.push(make('span', `tally tally-${shade}`, `${successes}/${judged}`));
    } else if (errored + unjudged === 0) marks.push(make('span', 'none', '–'));
    if (unjudged > 0) marks.push(' ', make('span', 'tally-errored', `${unjudged} unjudged`));
    if (errored > 0) marks.push(' ', make('span', 'tally-errored', `${errored} errored`));
    return marks;
  };

  const setScore = (cell, value, key) => {
    if (!cell) return;
    cell.querySelector('.value').textContent = value;
    cell.dataset.key = key ?? '';
  };

  const showRow = (data, row, one) => {
    const cell = (name) => row.querySelector(`[data-score="${name}"]`);
    setScore(cell('overall'), one.isWithheld ? 'withheld' : percent(one.overall), one.overall);
    cell('overall').querySelector('.meter-value')?.setAttribute('width', `${(one.overall ?? 0) * 100}%`);
    const ends = one.ends ? one.ends.map((end) => (end * 100).toFixed(1)).join('–') : '–';
    setScore(cell('interval'), ends, one.ends?.[0]);
    setScore(cell('unweighted'), percent(one.unweighted), one.unweighted);
    setScore(cell('functional'), percent(one.functional), one.functional);
    cell('verdicts').replaceChildren(...verdictBar(data, one.counts.verdicts));
    for (const name of ['attempts', 'errored', 'unjudged', 'tokens']) {
      const place = cell(name);
      if (!place) continue;
      const number = counted(one.counts[name]);
      place.replaceChildren(name === 'errored' && one.counts.errored > 0 ? make('span', 'tally-errored', number) : number);
    }
    const cost = cell('cost');
    if (cost) {
      // Whether it is known of all attempts, or estimated, is said of the whole.
      cost.dataset.sign ??= /^[≥≈]/.exec(cost.textContent.trim())?.[0] ?? '';
      cost.textContent = one.counts.cost === null ? '–' : `${cost.dataset.sign}${Number((one.counts.cost / 1e9).toPrecision(6))}`;
    }
    row.classList.toggle('without-score', one.overall === null);
  };

  const showBreakdown = (data, part) => {
    const table = document.querySelector('table.breakdown');
    if (!table) return;
    const heads = [...table.tHead.rows[1].cells];
    for (const row of table.tBodies[0].rows) {
      const subject = Number(row.dataset.subject);
      row.hidden = !part.subjects.has(subject);
      if (row.hidden) continue;
      heads.forEach(({ dataset: { kind, part: name } }, at) => {
        if (!kind) return;
        const of = (place) => data.cases[place][kind] === name;
        const places = kind === 'scenario' ? part.places : new Map([...part.places].filter(([place]) => of(place)));
        const isChosen = kind !== 'scenario' || !part.scenario || part.scenario === name;
        const within = { places, scenario: kind === 'scenario' ? name : part.scenario };
        const value = isChosen ? scores.score(scenariosOf(data, subject, within, 'success')) : null;
        const cell = row.cells[at];
        const meter = draw('svg', { class: 'meter', 'aria-hidden': 'true' },
          draw('rect', { class: 'meter-track', width: '100%', height: '100%' }),
          draw('rect', { class: 'meter-value', width: `${(value ?? 0) * 100}%`, height: '100%' }));
        cell.replaceChildren(percent(value), ...(value === null ? [] : [meter]));
      });
    }
  };

  const showCases = (part, measured) => {
    const table = document.querySelector('table.cases');
    if (!table) return;
    for (const head of table.tHead.querySelectorAll('[data-subject]')) head.hidden = !part.subjects.has(Number(head.dataset.subject));
    for (const row of table.tBodies[0].rows) {
      const place = Number(row.dataset.case);
      row.hidden = !part.places.has(place);
      for (const cell of row.querySelectorAll('[data-subject]')) {
        const subject = Number(cell.dataset.subject);
        cell.hidden = !part.subjects.has(subject);
        const link = cell.querySelector('a.cell');
        if (row.hidden || cell.hidden || !link) continue;
        const tally = measured.get(subject).tallies.get(place) ?? noTally();
        link.replaceChildren(...tallyMarks(tally));
      }
    }
  };

  const stateOf = (data, part) => {
    const cases = part.places.size === data.cases.length ? `All ${part.places.size} cases` : `${part.places.size} of ${data.cases.length} cases`;
    const scenario = part.scenario ? `, ${part.scenario} alone` : '';
    const subjects = part.subjects.size === data.subjects.length ? '' : `, ${part.subjects.size} of ${data.subjects.length} subjects`;
    const ranks = part.ofAll ? '' : ' Rank ranges are of all cases, so they are not shown.';
    return `${cases}${scenario}${subjects}.${ranks}`;
  };

  /** Cells of the leaderboard whose values for all cases are the program's own: what a run spent is
   * more than what its attempts say. */
  const OWN = ['verdicts', 'attempts', 'errored', 'unjudged', 'tokens', 'cost'];
  const kept = new WeakMap();

  const keep = (rows) => {
    for (const row of rows) {
      for (const name of OWN) {
        const cell = row.querySelector(`[data-score="${name}"]`);
        if (cell && !kept.has(cell)) kept.set(cell, [...cell.cloneNode(true).childNodes]);
      }
    }
  };

  const restore = (row) => {
    for (const name of OWN) {
      const cell = row.querySelector(`[data-score="${name}"]`);
      cell?.replaceChildren(...kept.get(cell).map((node) => node.cloneNode(true)));
    }
  };

  const show = (data, form) => {
    const part = partOf(data, Object.fromEntries(new FormData(form)), form);
    const table = document.querySelector('table.leaderboard');
    const { rows } = table.tBodies[0];
    keep(rows);
    const measured = new Map([...part.subjects].map((subject) => [subject, measure(data, subject, part)]));
    for (const row of rows) {
      const subject = Number(row.dataset.subject);
      row.hidden = !part.subjects.has(subject);
      if (row.hidden) continue;
      showRow(data, row, measured.get(subject));
      if (part.ofAll) restore(row);
    }
    showBreakdown(data, part);
    showCases(part, measured);
    plots.show(data, part, measured);
    table.classList.toggle('of-a-part', !part.ofAll);
    const heads = table.tHead.rows[0].cells;
    const sorted = [...heads].find((head) => head.hasAttribute('aria-sort')) ?? heads[2];
    report.sortAgain(table, sorted);
    document.getElementById('chosen').textContent = stateOf(data, part);
  };

  const choose = (form, chosen) => {
    for (const name of NAMES) {
      const field = form.elements[name];
      field.value = chosen[name];
      // A value that this report does not have chooses nothing.
      if (field.value !== chosen[name]) field.value = '';
    }
  };

  const begin = async () => {
    const form = document.getElementById('filters');
    if (!form || !document.querySelector('table.leaderboard')) return;
    const data = await report.load('data/cells.js');
    form.hidden = false;
    choose(form, fromAddress());
    if (NAMES.some((name) => form.elements[name].value !== '')) show(data, form);
    else document.getElementById('chosen').textContent = `All ${data.cases.length} cases.`;
    const changed = (isTyped) => {
      toAddress(Object.fromEntries(new FormData(form)), isTyped);
      show(data, form);
    };
    form.addEventListener('change', ({ target }) => target.type !== 'search' && changed(false));
    form.addEventListener('input', ({ target }) => target.type === 'search' && changed(true));
    form.addEventListener('reset', () => setTimeout(() => changed(false)));
    form.addEventListener('submit', (event) => event.preventDefault());
    again = () => {
      if (!form.isConnected) return;
      choose(form, fromAddress());
      show(data, form);
    };
  };

  /** Shows what the address says now. */
  let again = () => {};
  addEventListener('popstate', () => again());

  return { begin, draw };
})();
