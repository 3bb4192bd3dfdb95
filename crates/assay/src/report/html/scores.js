'use strict';

// Scores (docs/scores.md) over the cases that a reader chooses, computed as the program does.

const scores = (() => {
  /** Equation 3. */
  const score = (scenarios) => {
    let sum = 0;
    let total = 0;
    for (const { weight, cells } of scenarios) {
      let successes = 0;
      let all = 0;
      for (const [, value, severity] of cells) {
        successes += value * severity;
        all += severity;
      }
      if (all > 0) {
        sum += (weight * successes) / all;
        total += weight;
      }
    }
    return total > 0 ? sum / total : null;
  };

  const wilson = (proportion, count, quantile) => {
    const spread = (quantile * quantile) / count;
    const middle = proportion + spread / 2;
    const width = Math.sqrt(proportion * (1 - proportion) * spread + (spread * spread) / 4);
    const end = (value) => Math.min(Math.max(value / (1 + spread), 0), 1);
    return [Math.min(end(middle - width), proportion), Math.max(end(middle + width), proportion)];
  };

  /** Student's quantile of 97.5 %, as in the program: with t = sqrt(freedom) tan(a) the density of
   * a is proportional to cos(a)^(freedom - 1). */
  const student = (freedom) => {
    if (freedom > 5000) return 1.959963984540054;
    const steps = 1000;
    const step = (freedom > 30 ? Math.atan(12 / Math.sqrt(freedom)) : Math.PI / 2) / steps;
    const density = (place) => Math.max(Math.cos(step * place), 0) ** (freedom - 1);
    const pieces = [];
    for (let place = 0; place < steps; place += 1) pieces.push((density(place) + density(place + 1)) / 2);
    let wanted = 0.95 * pieces.reduce((sum, piece) => sum + piece, 0);
    const place = pieces.findIndex((piece) => {
      if (wanted <= piece) return true;
      wanted -= piece;
      return false;
    });
    return Math.sqrt(freedom) * Math.tan(step * (place + wanted / pieces[place]));
  };

  /** The share of each case in the weights of equation 3, and its value. */
  const shares = (scenarios) => {
    const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
    const totals = scenarios.map(({ cells }) => sum(cells.map((cell) => cell[2])));
    const weights = sum(scenarios.map(({ weight }, at) => (totals[at] > 0 ? weight : 0)));
    const cases = new Map();
    scenarios.forEach(({ weight, cells }, at) => {
      for (const [place, value, severity] of totals[at] > 0 ? cells : []) {
        const share = ((weight / weights) * severity) / totals[at];
        const [before, part] = cases.get(place) ?? [0, 0];
        cases.set(place, [before + share, part + share * value]);
      }
    });
    const counted = [...cases.values()].filter(([share]) => share > 0);
    return counted.map(([share, part]) => [share, part / share]);
  };

  /** The interval of 95 %, as in the program (docs/scores.md, "Intervals"). */
  const interval = (scenarios) => {
    const cases = shares(scenarios);
    if (cases.length === 0) return null;
    const count = cases.length;
    const sum = (of) => cases.reduce((all, one) => all + of(one), 0);
    const mean = sum(([share, value]) => share * value);
    const effective = 1 / sum(([share]) => share * share);
    const deviations = sum(([share, value]) => (share * (value - mean)) ** 2);
    const likely = (mean * count + 1) / (count + 2);
    const prior = Math.sqrt(count);
    const variance = (deviations * count + (prior * likely * (1 - likely)) / effective) / (count - 1 + prior);
    const isBetween = mean >= 1e-9 && mean <= 1 - 1e-9;
    const trials = isBetween ? Math.max((mean * (1 - mean)) / variance, effective) : effective;
    return wilson(mean, trials, student(Math.max(effective - 1, 1)));
  };

  return { interval, score };
})();
