'use strict';

// What moves in a report: tables that sort, a first page that shows a part of the cases, and
// attempts that are loaded when they are asked for. Without it the pages say the same of
// everything, sorted by the overall score. It comes last in the report's one script.
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
    arrange(table, head);
  };

  /** Puts the rows in the order that the head of a column states. */
  const arrange = (table, head) => {
    const descending = head.getAttribute('aria-sort') === 'descending';
    const column = head.cellIndex;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    // What has no value, or none of the kind that the others have, comes last either way.
    const order = ([a], [b]) => (typeof a === typeof b && a !== null && descending ? compare(b, a) : compare(a, b));
    rows.sort(order);
    body.append(...rows.map(([, row]) => row));
  };

  /** After the values of a table have changed. */
  const sortAgain = (table, head) => {
    if (!head.hasAttribute('aria-sort')) head.setAttribute('aria-sort', 'descending');
    arrange(table, head);
  };

  const makeSortable = (table) => {
    for (const head of table.tHead.rows[table.tHead.rows.length - 1].cells) {
      if (head.textContent.trim() === '') continue;

      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      if (head.querySelector('a')) {
        // A link cannot stand in a button.
        button.append('Sort');
        button.setAttribute('aria-label', `Sort by ${head.textContent.trim()}`);
        button.classList.add('sort-apart');
      } else button.append(...head.childNodes);
      button.addEventListener('click', () => sortBy(table, head));
      head.append(button);
    }
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
    hand.offerTexts(place);
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

  /** A file that is deflated. */
  const packed = async (path) => JSON.parse(await inflate(await load(path)));

  /** What is shown of each attempt of a subject at a case. */
  const attemptsOf = (part) => packed(`attempts/${part}.js`);

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
      const attempts = await attemptsOf(part);
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
    await filters.begin().catch((error) => {
      const place = document.getElementById('chosen');
      place.closest('form').hidden = false;
      place.textContent = `The page cannot be filtered: ${error.message}.`;
    });
    pair.begin();
    await search.begin();
    // Attempts have none before they are loaded.
    if (!document.getElementById('attempt') && !document.getElementById('pair')) await tryToShowCode(document.getElementById('content'));
  };

  const start = () => {
    hand.begin();
    const ready = [begin()];
    if (document.getElementById('attempt')) {
      addEventListener('hashchange', showAttempt);
      ready.push(showAttempt());
    }
    if (document.getElementById('pair')) {
      addEventListener('hashchange', pair.show);
      ready.push(pair.show());
    }
    // Tests wait for it.
    Promise.allSettled(ready).then(() => { document.documentElement.dataset.ready = ''; });
  };

  document.addEventListener('DOMContentLoaded', start);
  return { attemptsOf, begin, load, packed, receive, sortAgain };
})();
