'use strict';

// The search over the steps of an agent: it leaves the steps that have what is looked for,
// unfolds and marks it, and stands in the address after the attempt. In the report's one script
// it comes before report.js.

const timeline = (() => {
  // So much is unfolded and marked at once; steps are filtered however many there are.
  const MOST_UNFOLDED = 200;
  const MOST_MARKS = 2000;

  /** In small letters, as long as the text itself, so that places in one are places in both. */
  const small = (text) => {
    const lower = text.toLowerCase();
    return lower.length === text.length ? lower : text;
  };

  /** The pieces of text in an element, with where each begins in the whole. */
  const piecesOf = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const pieces = [];
    let length = 0;
    while (walker.nextNode()) {
      pieces.push({ node: walker.currentNode, start: length });
      length += walker.currentNode.data.length;
    }
    return pieces;
  };

  /** The piece and the place in it that a place in the whole is at; `pieces` are in order. */
  const placeIn = (pieces, at) => {
    let [low, high] = [0, pieces.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (pieces[middle].start <= at) low = middle;
      else high = middle - 1;
    }
    return [pieces[low].node, at - pieces[low].start];
  };

  /** Ranges around what is looked for. */
  const rangesIn = (element, text, wanted, most) => {
    const pieces = piecesOf(element);
    const ranges = [];
    for (let at = text.indexOf(wanted); at >= 0 && ranges.length < most; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(...placeIn(pieces, at));
      const [node, last] = placeIn(pieces, at + wanted.length - 1);
      range.setEnd(node, last + 1);
      ranges.push(range);
    }
    return ranges;
  };

  const KINDS = { '': ['message', 'tool', 'output'], all: ['message', 'tool', 'output', 'thinking'] };

  /** Makes the search of an attempt that has just been loaded work. `address` is that of the
   * attempt, and `asked` what stands after it. */
  const begin = (place, address, asked) => {
    const form = place.querySelector('form.steps');
    if (!form) return;
    const field = form.elements.find;
    const output = form.querySelector('output');
    const steps = [...place.querySelectorAll('.timeline > li')].map((element) => ({ element, parts: null }));
    const unfolded = new Set();
    let found = [];
    let current = -1;

    const partsOf = (step) => {
      step.parts ??= [...step.element.querySelectorAll('[data-kind]')].map((element) => ({
        element,
        kind: element.dataset.kind,
        text: small(element.textContent),
      }));
      return step.parts;
    };

    const mark = () => {
      if (!('highlights' in CSS)) return;
      CSS.highlights.delete('found');
      const wanted = small(field.value.trim());
      if (wanted === '') return;
      const ranges = [];
      for (const { parts } of found) {
        for (const { element, text } of parts) {
          if (ranges.length >= MOST_MARKS) break;
          ranges.push(...rangesIn(element, text, wanted, MOST_MARKS - ranges.length));
        }
      }
      CSS.highlights.set('found', new Highlight(...ranges));
    };

    let marking = 0;
    /** Texts get their colours when they are unfolded, and are marked after that. */
    const markSoon = () => {
      clearTimeout(marking);
      marking = setTimeout(mark, 30);
    };

    const fold = () => {
      for (const details of unfolded) details.open = false;
      unfolded.clear();
    };

    const tell = () => {
      const all = `${found.length} of ${steps.length} step${steps.length === 1 ? '' : 's'}`;
      if (field.value.trim() === '') output.textContent = '';
      else if (found.length === 0) output.textContent = 'No step has it.';
      else output.textContent = current < 0 ? `${all}.` : `${current + 1} of ${found.length}, ${all}.`;
    };

    const search = () => {
      const wanted = small(field.value.trim());
      const kinds = KINDS[form.elements.in.value] ?? [form.elements.in.value];
      fold();
      found[current]?.element.classList.remove('current');
      current = -1;
      found = [];
      for (const step of steps) {
        const has = ({ kind, text }) => kinds.includes(kind) && text.includes(wanted);
        const parts = wanted === '' ? [] : partsOf(step).filter(has);
        step.element.hidden = wanted !== '' && parts.length === 0;
        if (parts.length > 0) found.push({ element: step.element, parts });
      }
      for (const { parts } of found) {
        for (const { element } of parts) {
          if (unfolded.size >= MOST_UNFOLDED) break;
          const details = element.querySelector('details:not([open])');
          if (!details) continue;
          details.open = true;
          unfolded.add(details);
        }
      }
      tell();
      markSoon();
      const state = new URLSearchParams();
      if (wanted !== '') {
        state.set('find', field.value.trim());
        if (form.elements.in.value !== '') state.set('in', form.elements.in.value);
      }
      const rest = state.toString();
      history.replaceState(null, '', `#${address}${rest && `?${rest}`}`);
    };

    const go = (by) => {
      if (found.length === 0) return;
      found[current]?.element.classList.remove('current');
      current = current < 0 && by < 0 ? found.length - 1 : (current + by + found.length) % found.length;
      const { element, parts } = found[current];
      element.classList.add('current');
      for (const part of parts) {
        const details = part.element.querySelector('details:not([open])');
        if (!details) continue;
        details.open = true;
        unfolded.add(details);
      }
      (parts[0]?.element ?? element).scrollIntoView({ block: 'center' });
      tell();
    };

    let waiting = 0;
    field.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(search, steps.length > 500 ? 120 : 0);
    });
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || field.value === '') return;
      event.preventDefault();
      field.value = '';
      search();
    });
    form.elements.in.addEventListener('change', search);
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.target !== field) return;
      event.preventDefault();
      clearTimeout(waiting);
      if (found.length === 0 && field.value.trim() !== '') search();
      go(event.shiftKey ? -1 : 1);
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    for (const button of form.querySelectorAll('button[data-by]')) {
      button.addEventListener('click', () => go(Number(button.dataset.by)));
    }
    place.querySelector('.timeline')?.closest('section')?.addEventListener('toggle', markSoon, true);

    field.value = asked.get('find') ?? '';
    const kind = asked.get('in') ?? '';
    if ([...form.elements.in.options].some((option) => option.value === kind)) form.elements.in.value = kind;
    if (field.value !== '') search();
  };

  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.('input, select, textarea')) return;
    const field = document.querySelector('form.steps input');
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  return { begin };
})();
