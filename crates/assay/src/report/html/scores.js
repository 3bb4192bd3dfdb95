'use strict';

// Scores (docs/scores.md) over the cases that a reader chooses, computed as the program does.

const scores = (() => {
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

  return { interval, score };
})();
