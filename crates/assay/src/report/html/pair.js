'use strict';

// Two attempts at a case side by side: what became of each, and what differs between their
// artifacts. The page's address names both: pair.html#PART/ATTEMPT/PART/ATTEMPT.

const pair = (() => {
  const make = (name, className, ...content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  const fromAddress = () => {
    const [first, one, second, other] = decodeURIComponent(location.hash.slice(1)).split('/');
    return [{ part: first, key: one }, { part: second, key: other }];
  };

  const toAddress = (sides) => `#${sides.map(({ part, key }) => `${part}/${key}`).join('/')}`;

  const taskOf = ({ scenario, round }) => `${scenario}, round ${round}`;

  const inOrder = (attempts) => Object.entries(attempts).map(([key, attempt]) => ({ key, ...attempt }));

  /** The attempts that are named, or the first that both made at the same task. */
  const chosenOf = (sides, lists) => {
    const common = lists[0].find((one) => lists[1].some((other) => taskOf(one) === taskOf(other)));
    return sides.map((side, at) => {
      const named = lists[at].find(({ key }) => key === side.key);
      return named ?? lists[at].find((one) => common && taskOf(one) === taskOf(common)) ?? lists[at][0];
    });
  };

  const select = (list, chosen, label, choose) => {
    const field = make('select', '');
    for (const one of list) {
      const option = make('option', '', `${taskOf(one)}: ${one.outcome}`);
      option.value = one.key;
      option.selected = one.key === chosen.key;
      field.append(option);
    }
    field.addEventListener('change', () => choose(field.value));
    return make('label', '', make('span', '', label), field);
  };

  /** The parts of an attempt's content that are shown of it here. */
  const partsOf = (attempt) => {
    const template = document.createElement('template');
    // Made by the program from escaped texts; the policy of the page forbids scripts in it.
    template.innerHTML = attempt.content;
    const turn = [...template.content.querySelectorAll('.turn')].pop();
    const artifact = turn?.querySelector('.artifact');
    return {
      way: template.content.querySelector('nav.way'),
      badge: template.content.querySelector('h1 .badge'),
      callouts: [...template.content.children].filter((it) => it.matches('.callout')),
      figures: template.content.querySelector('.figures'),
      files: artifact ? changes.filesOf(artifact) : new Map(),
      texts: turn ? [...turn.querySelectorAll(':scope > details')] : [],
    };
  };

  const columnOf = (side, attempt, parts) => {
    const link = make('a', '', attempt.subject);
    link.href = `attempt.html#${side.part}/${attempt.key}`;
    const column = make('section', 'side', make('h2', '', link, ' ', ...(parts.badge ? [parts.badge] : [])));
    column.append(make('p', 'note', [attempt.run, taskOf(attempt)].filter(Boolean).join(' · ')));
    column.append(...parts.callouts, ...(parts.figures ? [parts.figures] : []));
    return column;
  };

  /** The artifacts: what differs, and each as it is. */
  const artifactsOf = (attempts, [first, second]) => {
    const place = make('section', 'artifacts', make('h2', '', 'Artifacts'));
    const whole = ({ files }) => () => (files.size > 0 ? [...files.values()] : [make('p', 'note', 'None.')]);
    const note = `− is only in the first, + only in the second.`;
    const views = [
      ['What differs', () => [make('p', 'note', note), ...changes.between(first.files, second.files)]],
      [`First: ${attempts[0].subject}`, whole(first)],
      [`Second: ${attempts[1].subject}`, whole(second)],
    ];
    const choices = make('fieldset', 'views', make('legend', '', 'What is shown'));
    const shown = make('div', 'view');
    for (const [at, [name, content]] of views.entries()) {
      const radio = make('input', '');
      radio.type = 'radio';
      radio.name = 'pair-view';
      radio.checked = at === 0;
      radio.addEventListener('change', () => shown.replaceChildren(...content()));
      choices.append(make('label', '', radio, ` ${name}`));
    }
    // The lines are known before they are shown: what differs is made of copies.
    for (const { files } of [first, second]) for (const figure of files.values()) changes.linesOf(figure);
    shown.append(...views[0][1]());
    place.append(choices, shown);
    return place;
  };

  const textsOf = (attempts, parts) => {
    const columns = parts.map(({ texts }, at) => {
      const column = make('section', 'side', make('h3', '', attempts[at].subject), ...texts);
      for (const details of texts) {
        const title = details.querySelector('summary').textContent;
        // The question is the same for both.
        details.open = details.open && !title.startsWith('Prompt');
      }
      return column;
    });
    return [make('h2', '', 'What was asked, said and observed last'), make('div', 'sides', ...columns)];
  };

  /** The ways to the task before and after this one that both attempted. */
  const neighboursOf = (sides, lists, chosen) => {
    const tasks = lists[0].filter((one) => lists[1].some((other) => taskOf(other) === taskOf(one)));
    const at = tasks.findIndex((one) => taskOf(one) === taskOf(chosen[0]));
    const nav = make('nav', 'neighbours');
    nav.setAttribute('aria-label', 'Other tasks that both attempted');
    for (const [rel, label, task] of [['prev', 'Before', tasks[at - 1]], ['next', 'Next', at < 0 ? undefined : tasks[at + 1]]]) {
      if (!task) continue;
      const other = lists[1].find((one) => taskOf(one) === taskOf(task));
      const link = make('a', '', make('span', 'note', label), taskOf(task));
      link.rel = rel;
      link.href = toAddress([{ ...sides[0], key: task.key }, { ...sides[1], key: other.key }]);
      nav.append(link);
    }
    return nav.childElementCount > 0 ? [nav] : [];
  };

  const show = async () => {
    const place = document.getElementById('pair');
    if (!place || location.hash === '#content') return;
    const sides = fromAddress();
    if (!sides.every(({ part }) => /^[\w-]+$/.test(part ?? ''))) {
      place.textContent = 'The address names no two attempts.';
      return;
    }
    place.setAttribute('aria-busy', 'true');
    try {
      const lists = await Promise.all(sides.map(async ({ part }) => inOrder(await report.attemptsOf(part))));
      const chosen = chosenOf(sides, lists);
      const named = sides.map((side, at) => ({ ...side, key: chosen[at].key }));
      if (toAddress(named) !== location.hash) history.replaceState(null, '', toAddress(named));
      const parts = chosen.map(partsOf);
      const choose = (at) => (key) => {
        location.hash = toAddress(named.map((side, place) => (place === at ? { ...side, key } : side)));
      };
      const form = make('form', 'filters', ...[0, 1].map((at) => select(lists[at], chosen[at], ['First', 'Second'][at], choose(at))));
      form.setAttribute('aria-label', 'Which attempts');
      const [first, second] = chosen;
      document.title = `${first.subject} and ${second.subject} · ${first.case} · Assay`;
      const heading = make('header', 'heading', make('p', 'kicker', 'Side by side'), make('h1', '', first.case), make('p', 'lede', `${first.subject} and ${second.subject}`));
      place.replaceChildren(
        ...(parts[0].way ? [parts[0].way] : []), heading, form,
        make('div', 'sides', ...chosen.map((attempt, at) => columnOf(named[at], attempt, parts[at]))),
        artifactsOf(chosen, parts), ...textsOf(chosen, parts), ...neighboursOf(named, lists, chosen));
      hand.offerTexts(place);
    } catch (error) {
      place.textContent = `The attempts cannot be shown: ${error.message}.`;
    }
    place.removeAttribute('aria-busy');
  };

  const begin = () => {
    const form = document.getElementById('pair-form');
    if (!form) return;
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const [first, second] = [form.elements.first.value, form.elements.second.value];
      location.assign(`${form.dataset.page}#${first}//${second}/`);
    });
  };

  return { begin, show };
})();
