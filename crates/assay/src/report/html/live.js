'use strict';

// Keeps a page that assay serves up to date: how far runs have come, every second, and the
// page's content when there is a newer one, with what the reader did to it.

(() => {
  const root = document.documentElement.dataset.root ?? '';
  const strip = document.getElementById('live');
  const every = 1000;
  let version = document.documentElement.dataset.version;

  const focusable = (page) => [...page.querySelectorAll('a, button, input, select, summary, [tabindex]')];

  /** How a reader has sorted and unfolded the page, and where in it the reader is. What was chosen
   * of the cases stands in the address. */
  const choices = (page) => {
    return {
      sorted: [...page.querySelectorAll('table.sortable')].map((table) => {
        const head = table.querySelector('[aria-sort]');
        return head && { column: head.cellIndex, order: head.getAttribute('aria-sort') };
      }),
      unfolded: [...page.querySelectorAll('details')].map((details) => details.open),
      focused: focusable(page).indexOf(document.activeElement),
      scrolled: [...page.querySelectorAll('.scrolling')].map((part) => [part.scrollLeft, part.scrollTop]),
    };
  };

  const choose = (page, { sorted, unfolded, focused, scrolled }) => {
    [...page.querySelectorAll('table.sortable')].forEach((table, place) => {
      const wanted = sorted[place];
      if (!wanted) return;
      const head = table.tHead.rows[table.tHead.rows.length - 1].cells[wanted.column];
      for (let click = 0; click < 2 && head?.getAttribute('aria-sort') !== wanted.order; click += 1) {
        head?.querySelector('button')?.click();
      }
    });
    [...page.querySelectorAll('details')].forEach((details, place) => {
      details.open = unfolded[place] ?? details.open;
    });
    [...page.querySelectorAll('.scrolling')].forEach((part, place) => {
      [part.scrollLeft, part.scrollTop] = scrolled[place] ?? [0, 0];
    });
    focusable(page)[focused]?.focus({ preventScroll: true });
  };

  let touched = 0;
  for (const event of ['pointerdown', 'keydown']) {
    addEventListener(event, () => { touched = performance.now(); }, { capture: true });
  }

  /** Whether the page must not change now: a reader marks text, or a list may be open. */
  const isInUse = (page) => {
    const selection = getSelection();
    const marks = !selection.isCollapsed && page.contains(selection.anchorNode);
    const chooses = /^(SELECT|INPUT)$/.test(document.activeElement?.tagName) && performance.now() - touched < 15 * every;
    return marks || chooses;
  };

  /** Puts the newest content into the page; returns whether it did. */
  const renew = async () => {
    const page = document.getElementById('content');
    // An attempt that is finished does not change, and what was found is not taken from a reader.
    if (document.querySelector('#attempt, #pair, #search')) return true;
    if (isInUse(page)) return false;
    const response = await fetch(location.pathname, { cache: 'no-store' });
    if (!response.ok) return false;
    // Made by the program from escaped texts; the policy of the page forbids scripts in it.
    const made = new DOMParser().parseFromString(await response.text(), 'text/html');
    const newest = made.getElementById('content');
    if (!newest || isInUse(page)) return false;
    const before = choices(page);
    const [x, y] = [scrollX, scrollY];
    page.replaceWith(newest);
    await report.begin();
    choose(newest, before);
    scrollTo(x, y);
    document.title = made.title;
    return true;
  };

  const look = async () => {
    try {
      const response = await fetch(`${root}live.html`, { cache: 'no-store' });
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      strip.innerHTML = await response.text();
      const newest = response.headers.get('x-assay-version');
      if (newest !== version && (await renew())) version = newest;
    } catch {
      strip.textContent = 'Assay does not answer any more; the page stays as it is.';
    }
    setTimeout(look, document.hidden ? 10 * every : every);
  };

  addEventListener('load', () => setTimeout(look, every));
})();
