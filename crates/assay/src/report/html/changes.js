'use strict';

// What an artifact changes: files compared line by line where a page shows them, once
// somebody asks. So solutions of a case are in a report once, however many attempts are
// held against them. A changed line is a copy of the line that the page shows already.

const changes = (() => {
  /** Unchanged lines around a change. */
  const CONTEXT = 4;

  /** Files that differ in more lines are not searched for what they share any further:
   * the time grows with it. */
  const PATIENCE = 2000;

  const known = new WeakMap();

  /** The lines of a file that is shown, in the colours of its language. */
  const linesOf = (figure) => {
    if (!known.has(figure)) {
      const code = figure.querySelector('pre.code');
      const nodes = code ? [...code.querySelectorAll('.line')] : [];
      // Before there are colours: a character that is marked is another one than its mark.
      const lines = nodes.map((node) => ({ node, key: node.innerHTML }));
      if (code) highlight.file(code, pathOf(figure));
      known.set(figure, lines);
    }
    return known.get(figure);
  };

  const pathOf = (figure) => figure.querySelector('figcaption code').textContent;

  /** The files that an element shows, by their paths. */
  const filesOf = (element) =>
    new Map([...element.querySelectorAll('figure.file')].map((figure) => [pathOf(figure), figure]));

  /** Which places of two lists hold the same, in order: Myers, "An O(ND) Difference
   * Algorithm and Its Variations", 1986. */
  const shared = (a, b) => {
    const pairs = [];
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) {
      pairs.push([start, start]);
      start += 1;
    }
    let [endA, endB] = [a.length, b.length];
    const tail = [];
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
      endA -= 1;
      endB -= 1;
      tail.push([endA, endB]);
    }
    for (const [x, y] of between(a.slice(start, endA), b.slice(start, endB))) pairs.push([x + start, y + start]);
    return pairs.concat(tail.reverse());
  };

  const between = (a, b) => {
    const most = Math.min(a.length + b.length, PATIENCE);
    // Of each diagonal, how far along `a` one gets with so many differences.
    const reach = new Int32Array(2 * most + 3);
    const middle = most + 1;
    const history = [];
    for (let edits = 0; edits <= most; edits += 1) {
      history.push(reach.slice(middle - edits, middle + edits + 1));
      for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const below = reach[middle + diagonal - 1];
        const above = reach[middle + diagonal + 1];
        let x = diagonal === -edits || (diagonal !== edits && below < above) ? above : below + 1;
        while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
        reach[middle + diagonal] = x;
        if (x >= a.length && x - diagonal >= b.length) return walkBack(history, a, b);
      }
    }
    return [];
  };

  const walkBack = (history, a, b) => {
    const pairs = [];
    let [x, y] = [a.length, b.length];
    const walkTo = (fromX, fromY) => {
      while (x > fromX && y > fromY) {
        x -= 1;
        y -= 1;
        pairs.push([x, y]);
      }
      [x, y] = [fromX, fromY];
    };
    for (let edits = history.length - 1; edits > 0; edits -= 1) {
      const reach = (diagonal) => history[edits][diagonal + edits];
      const diagonal = x - y;
      const isInsertion = diagonal === -edits || (diagonal !== edits && reach(diagonal - 1) < reach(diagonal + 1));
      const from = isInsertion ? diagonal + 1 : diagonal - 1;
      walkTo(reach(from), reach(from) - from);
    }
    walkTo(0, 0);
    return pairs.reverse();
  };

  /** Every line of both: what was removed, then what was added, between lines that stay. */
  const rowsOf = (old, fresh) => {
    const rows = [];
    let [x, y] = [0, 0];
    const numbers = new Map();
    const numbered = ({ key }) => numbers.get(key) ?? numbers.set(key, numbers.size).get(key);
    const pairs = shared(old.map(numbered), fresh.map(numbered));
    for (const [nextX, nextY] of [...pairs, [old.length, fresh.length]]) {
      const removed = old.slice(x, nextX).map(({ node }, at) => ({ sign: '−', old: x + at, node }));
      const added = fresh.slice(y, nextY).map(({ node }, at) => ({ sign: '+', fresh: y + at, node }));
      if (removed.length === added.length) removed.forEach((row, at) => emphasize(row, added[at]));
      for (const row of removed) rows.push(row);
      for (const row of added) rows.push(row);
      if (nextX < old.length) rows.push({ sign: ' ', old: nextX, fresh: nextY, node: fresh[nextY].node });
      [x, y] = [nextX + 1, nextY + 1];
    }
    return rows;
  };

  /** Says which part of two lines differs, if they have much in common. */
  const emphasize = (removed, added) => {
    const [a, b] = [removed, added].map(({ node }) => node.textContent.trimEnd());
    const splits = (text, at) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
    const shorter = Math.min(a.length, b.length);
    let start = 0;
    while (start < shorter && a[start] === b[start]) start += 1;
    while (start > 0 && (splits(a, start) || splits(b, start))) start -= 1;
    let end = 0;
    while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
    while (end > 0 && (splits(a, a.length - end) || splits(b, b.length - end))) end -= 1;
    const indent = a.length - a.trimStart().length;
    if (start + end - indent < Math.max(a.length, b.length) / 3) return;
    removed.changed = { start, end: a.length - end };
    added.changed = { start, end: b.length - end };
  };

  const make = (name, className, ...content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  const rowElement = ({ sign, old, fresh, node, changed }) => {
    const number = (at) => make('td', 'number', at === undefined ? '' : `${at + 1}`);
    const line = node.cloneNode(true);
    const text = line.textContent;
    if (changed && changed.start < changed.end) highlight.paint(line, [changed], 'b');
    line.className = '';
    const cell = make('td', 'change', make('span', 'sign', sign), line);
    if (!text.endsWith('\n')) cell.append(make('span', 'note', ' no line end at the end of the file'));
    const className = { '−': 'removed', '+': 'added', ' ': 'same' }[sign];
    return make('tr', className, number(old), number(fresh), cell);
  };

  /** The table of what changed, with a gap where lines that stay are left out. */
  const table = (rows) => {
    const near = new Uint8Array(rows.length);
    rows.forEach(({ sign }, at) => {
      if (sign !== ' ') near.fill(1, Math.max(at - CONTEXT, 0), at + CONTEXT + 1);
    });
    const element = make('table', 'diff');
    let body = null;
    rows.forEach((row, at) => {
      if (!near[at]) {
        body = null;
        return;
      }
      if (!body) {
        const isFirst = element.tBodies.length === 0;
        body = element.createTBody();
        if (!isFirst) {
          const gap = make('td', '', '⋯');
          gap.colSpan = 3;
          gap.setAttribute('aria-label', 'Unchanged lines left out');
          body.append(make('tr', 'gap', gap));
        }
      }
      body.append(rowElement(row));
    });
    return element;
  };

  const compared = (old, fresh) => {
    if ([old, fresh].some((figure) => figure?.querySelector('.cut'))) {
      return make('p', 'cut', 'The files are too large to be compared here.');
    }
    const [before, after] = [old, fresh].map((figure) => (figure ? linesOf(figure) : []));
    const rows = rowsOf(before, after);
    const isSame = rows.every(({ sign }) => sign === ' ');
    return isSame ? make('p', 'note', 'Unchanged.') : table(rows);
  };

  /** The changes from one set of files to another. */
  const betweenFiles = (before, after) => [...new Set([...before.keys(), ...after.keys()])].sort().map((path) => {
      const caption = make('figcaption', '', make('code', '', path));
      if (!before.has(path)) caption.append(make('span', 'note', ' added'));
      if (!after.has(path)) caption.append(make('span', 'note', ' not there'));
      const figure = make('figure', 'file', caption);
      if (after.has(path)) figure.append(compared(before.get(path), after.get(path)));
      return figure;
    });

  let groups = 0;
  /** What was chosen last, so that one reads attempt after attempt in one way. */
  let preferred = null;

  /** Lets a reader choose between the files of an element and what they change in others:
   * each of `others` has a `name`, what it is `of`, and its `files`. */
  const offer = (element, files, others) => {
    if (others.length === 0) return;
    groups += 1;
    const { name, of } = element.dataset;
    const whole = make('div', 'view', ...element.childNodes);
    const choices = make('fieldset', 'views', make('legend', '', 'What is shown'));
    element.append(choices, whole);
    const views = [{ name, view: whole }, ...others];
    const choose = (chosen) => {
      if (!chosen.view) {
        const note = make('p', 'note', `− is only in ${chosen.of}, + only in ${of}.`);
        chosen.view = make('div', 'view', note, ...betweenFiles(chosen.files, files));
        element.append(chosen.view);
      }
      for (const { view } of views) if (view) view.hidden = view !== chosen.view;
    };
    const preferable = views.find((one) => one.name === preferred) ?? views[0];
    for (const one of views) {
      const radio = make('input', '');
      radio.type = 'radio';
      radio.name = `view-${groups}`;
      radio.checked = one === preferable;
      radio.addEventListener('change', () => {
        preferred = one.name;
        choose(one);
      });
      choices.append(make('label', '', radio, ` ${one.name}`));
    }
    choose(preferable);
  };

  return { between: betweenFiles, filesOf, linesOf, offer };
})();
