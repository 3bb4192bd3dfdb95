'use strict';

// The plots of the first page for a part of its cases, drawn as the program draws them: plot.rs,
// plot_labels.rs, axis.rs and heat.rs.

const plots = (() => {
  const { draw } = filters;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 440, 64, 24, 16, 56];
  const round = (value) => value.toFixed(1);

  const short = (name) => {
    const letters = [...name];
    return letters.length > 26 ? `${letters.slice(0, 25).join('')}…` : name;
  };

  // Axes.

  const roundStep = (span) => {
    if (span <= 0) return 1;
    const rough = span / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    return ([1, 2, 5].find((times) => rough <= times * power * 1.0001) ?? 10) * power;
  };

  const placesOf = (step) => (step <= 0 ? 0 : Math.min(Math.max(-Math.floor(Math.log10(step * 1.0001)), 0), 8));
  // Never a zero with a sign.
  const fixed = (value, places) => value.toFixed(places).replace(/^-(?=[0.]*$)/, '');

  const shareAxis = (label, values) => {
    const from = Math.max(Math.floor(Math.min(1, ...values) * 10 - 0.2), 0) / 10;
    const to = Math.min(Math.ceil(Math.max(0, ...values) * 10 + 0.2) / 10, 1);
    const write = (value, step) => `${fixed(value * 100, step ? placesOf(step * 100) : 2)}%`;
    return { label, from: Math.max(Math.min(from, to - 0.1), 0), to, write };
  };

  const costAxis = (label, values) => {
    const most = Math.max(0, ...values);
    const step = roundStep(most);
    const write = (value, by) => fixed(value, placesOf(by ?? value / 100));
    return { label, from: 0, to: most > 0 ? Math.ceil(most / step - 1e-9) * step : 1, write };
  };

  const ticksOf = ({ from, to }) => {
    const step = roundStep(to - from);
    const ticks = [];
    for (let number = Math.ceil(from / step - 1e-9); number * step <= to + step * 1e-6; number += 1) ticks.push(number * step);
    return ticks;
  };

  // Names beside points.

  const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

  const candidatesOf = ([x, y], width) => {
    const bounds = (left, baseline) => [left - 1, baseline - 10, left + width + 1, baseline + 3];
    const beside = [[x + 8, y + 4], [x - 8 - width, y + 4], [x - width / 2, y - 9], [x - width / 2, y + 17]];
    const all = beside.map(([left, baseline]) => ({ left, baseline, bounds: bounds(left, baseline) }));
    const further = [];
    for (const aside of [12, 36, 70, 115, 170, 230, 300]) {
      for (let at = 0; at <= 14; at += 1) further.push([aside, at * 13], [-aside, at * 13], [aside, -at * 13], [-aside, -at * 13]);
    }
    further.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
    for (const [right, down] of further) {
      const [endX, endY] = [x + right, y + down];
      const left = right < 0 ? endX - width : endX;
      all.push({ left, baseline: endY + 4, bounds: bounds(left, endY + 4), leader: [x, y, endX, endY] });
    }
    return all;
  };

  const isWithin = ([left, top, right, bottom]) => left >= LEFT && right <= WIDTH && top >= 0 && bottom <= HEIGHT - BOTTOM;

  const placeLabels = (places, names) => {
    const taken = places.map(([x, y]) => [x - 5, y - 5, x + 5, y + 5]);
    return places.map((place, at) => {
      const candidates = candidatesOf(place, [...names[at]].length * 6.1);
      let [best, fewest] = [candidates[0], Infinity];
      for (const one of candidates.filter(({ bounds }) => isWithin(bounds))) {
        const crossed = taken.filter((other) => overlap(one.bounds, other)).length;
        if (crossed < fewest) [best, fewest] = [one, crossed];
        if (fewest === 0) break;
      }
      taken.push(best.bounds);
      return best;
    });
  };

  // Scatter plots.

  const line = (name, [x1, y1, x2, y2]) => draw('line', { class: name, x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) });
  const text = (name, x, y, anchor, content) =>
    draw('text', { class: name, x: round(x), y: round(y), ...(anchor && { 'text-anchor': anchor }) }, content);

  const scatter = (figure, x, y, points, hasDiagonal) => {
    const svg = figure.querySelector('svg');
    const share = ({ from, to }, value) => Math.min(Math.max((value - from) / (to - from), 0), 1);
    const atX = (value) => LEFT + share(x, value) * (WIDTH - LEFT - RIGHT);
    const atY = (value) => HEIGHT - BOTTOM - share(y, value) * (HEIGHT - TOP - BOTTOM);
    const parts = [];
    const stepOf = ({ from, to }) => roundStep(to - from);
    for (const tick of ticksOf(x)) {
      parts.push(line('plot-grid', [atX(tick), TOP, atX(tick), HEIGHT - BOTTOM]));
      parts.push(text('plot-tick', atX(tick), HEIGHT - BOTTOM + 18, 'middle', x.write(tick, stepOf(x))));
    }
    for (const tick of ticksOf(y)) {
      parts.push(line('plot-grid', [LEFT, atY(tick), WIDTH - RIGHT, atY(tick)]));
      parts.push(text('plot-tick', LEFT - 8, atY(tick) + 4, 'end', y.write(tick, stepOf(y))));
    }
    parts.push(text('plot-label', (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, 'middle', x.label));
    const turned = `translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`;
    parts.push(draw('text', { class: 'plot-label', transform: turned, 'text-anchor': 'middle' }, y.label));
    const [from, to] = [Math.max(x.from, y.from), Math.min(x.to, y.to)];
    if (hasDiagonal && from < to) parts.push(line('plot-diagonal', [atX(from), atY(from), atX(to), atY(to)]));
    for (const { x: value, ends } of points) {
      if (ends) parts.push(line('plot-interval', [atX(value), atY(ends[0]), atX(value), atY(ends[1])]));
    }
    const names = points.map(({ name }) => short(name));
    const labels = placeLabels(points.map((one) => [atX(one.x), atY(one.y)]), names);
    points.forEach((one, at) => {
      if (labels[at].leader) parts.push(line('plot-leader', labels[at].leader));
      parts.push(text('plot-name', labels[at].left, labels[at].baseline, '', names[at]));
      const title = draw('title', {}, `${one.name}: ${x.write(one.x)}, ${(one.y * 100).toFixed(2)}%`);
      parts.push(draw('circle', { class: 'plot-point', cx: round(atX(one.x)), cy: round(atY(one.y)), r: 4.5 }, title));
    });
    svg.replaceChildren(...parts);
  };

  const pointsOf = (data, measured, valueOf) =>
    [...measured].map(([subject, one]) => ({ name: data.subjects[subject].name, x: valueOf(one), y: one.overall, ends: one.ends }))
      .filter(({ x, y }) => x !== null && y !== null);

  const showScatter = (kind, data, measured, valueOf, xAxis) => {
    const figure = document.querySelector(`[data-plot="${kind}"]`);
    if (!figure) return;
    const points = pointsOf(data, measured, valueOf);
    figure.hidden = points.length === 0;
    if (figure.hidden) return;
    const labels = figure.querySelectorAll('.plot-label');
    const y = shareAxis(labels[1].textContent, points.flatMap((one) => one.ends ?? [one.y]));
    const x = xAxis(labels[0].textContent, points.map((one) => one.x));
    scatter(figure, x, y, points, kind === 'works');
  };

  // Heat maps: their columns and rows are moved together, and their cells counted anew.

  const showHeat = (kind, part, columns, tallyOf) => {
    const figure = document.querySelector(`.heat[data-plot="${kind}"]`);
    if (!figure) return;
    const [names, heads, side] = ['names', 'heads', 'side'].map((name) => Number(figure.dataset[name]));
    const svg = figure.querySelector('svg');
    const rows = new Map();
    const label = new Map();
    for (const group of svg.querySelectorAll('.heat-name')) {
      const row = Number(group.dataset.row);
      label.set(row, group.textContent);
      const isShown = part.subjects.has(row);
      group.setAttribute('display', isShown ? 'inline' : 'none');
      if (!isShown) continue;
      group.setAttribute('transform', `translate(0 ${round(heads + rows.size * side)})`);
      rows.set(row, rows.size);
    }
    let shown = 0;
    for (const group of svg.querySelectorAll('.heat-column')) {
      const column = Number(group.dataset.column);
      const isShown = columns.has(column);
      group.setAttribute('display', isShown ? 'inline' : 'none');
      if (!isShown) continue;
      group.setAttribute('transform', `translate(${round(names + shown * side)} 0)`);
      shown += 1;
      for (const rect of group.querySelectorAll('rect')) {
        const row = Number(rect.dataset.row);
        const { successes, judged } = rows.has(row) ? tallyOf(row, column) : { successes: 0, judged: 0 };
        rect.setAttribute('display', judged > 0 ? 'inline' : 'none');
        if (judged === 0) continue;
        rect.setAttribute('y', round(heads + rows.get(row) * side));
        rect.setAttribute('class', `heat-${Math.floor((successes * 10 + judged / 2) / judged)}`);
        rect.querySelector('title').textContent = `${label.get(row)}, ${group.querySelector('text').textContent}: ${successes} of ${judged}`;
      }
    }
    const [width, height] = [names + shown * side + 90, heads + rows.size * side + 8].map(round);
    for (const [name, value] of [['viewBox', `0 0 ${width} ${height}`], ['width', width], ['height', height]]) svg.setAttribute(name, value);
    figure.hidden = shown === 0 || rows.size === 0;
  };

  /** Draws every plot for a part of the cases. */
  const show = (data, part, measured) => {
    showScatter('works', data, measured, (one) => one.functional, shareAxis);
    const cost = ({ counts }) => (counts.cost === null || counts.attempts === 0 ? null : counts.cost / 1e9 / counts.attempts);
    showScatter('cost', data, measured, cost, costAxis);
    const nothing = { successes: 0, judged: 0 };
    const ofCase = (subject, place) => measured.get(subject).tallies.get(place) ?? nothing;
    showHeat('case', part, new Set(part.places.keys()), ofCase);
    const byCwe = new Map();
    for (const place of part.places.keys()) {
      for (const cwe of data.cases[place].cwe) byCwe.set(cwe, [...(byCwe.get(cwe) ?? []), place]);
    }
    const ofCwe = (subject, cwe) =>
      byCwe.get(cwe).map((place) => ofCase(subject, place))
        .reduce((sum, one) => ({ successes: sum.successes + one.successes, judged: sum.judged + one.judged }), nothing);
    showHeat('cwe', part, new Set(byCwe.keys()), ofCwe);
  };

  return { show };
})();
