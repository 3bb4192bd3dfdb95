//! How often intervals of 95 % hold the true score, and the true difference of two subjects, for few
//! cases: by simulation, with the results as tables for `docs/coverage.md`.
//!
//! ```sh
//! cargo run --release --package assay-core --example coverage -- 4000
//! ```
//!
//! In each repetition every case has a chance of success of its own, drawn from a beta
//! distribution, and rounds are drawn with that chance. The true score is the mean of the
//! distribution, which is what more cases of the same kind would show. A setting is a mean, how
//! alike cases are, a number of rounds, and whether cases weigh alike.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints tables")]

use std::process::ExitCode;

use assay_core::score::{Chance, Interval, WeightedMean, bayesian, bootstrap};

const CASES: [usize; 5] = [15, 25, 40, 60, 98];
const ROUNDS: [u32; 3] = [1, 3, 10];
const MEANS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/// The two parameters of the beta distribution together: cases are nearly all or nothing, as
/// unlike as can be, moderately alike, or alike.
const ALIKE: [f64; 4] = [0.3, 1.0, 4.0, 20.0];

/// Means of two subjects.
const PAIRS: [(f64, f64); 6] =
    [(0.5, 0.5), (0.5, 0.6), (0.1, 0.1), (0.1, 0.3), (0.9, 0.95), (0.2, 0.7)];

/// How often a case is as hard for the second subject as for the first.
const TOGETHER: [f64; 3] = [0.0, 0.5, 0.95];

/// Severities of five cases, as in SecCodeBench-V2: critical, high, medium.
const WEIGHTS: [f64; 5] = [4.0, 2.0, 2.0, 2.0, 1.0];

const RESAMPLES: usize = 400;

/// The others, which take long, are made in every repetition of so many.
const EVERY: usize = 10;

/// The ways to an interval.
const WAYS: [&str; 3] = ["Assay's", "bootstrap", "Bayesian"];

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let Some(repetitions) = argument.map_or(Some(1_000), |it| it.parse().ok()).filter(|it| *it > 0)
    else {
        eprintln!("name the number of repetitions, such as 1000");
        return ExitCode::from(2);
    };
    println!("{repetitions} repetitions of each setting\n\nScores:\n");
    head();
    for cases in CASES {
        row(cases, &scores(cases, repetitions, &mut Chance::seeded(18)));
    }
    println!("\nDifferences of two subjects:\n");
    head();
    for cases in CASES {
        row(cases, &differences(cases, repetitions, &mut Chance::seeded(19)));
    }
    ExitCode::SUCCESS
}

/// How often intervals held the truth in a setting, and how wide they were, by way.
type Setting = [Held; WAYS.len()];

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    made: usize,
    held: usize,
    width: f64,
}

impl Held {
    fn take(&mut self, interval: Interval, truth: f64) {
        let (low, high) = (interval.low - 1e-12, interval.high + 1e-12);
        self.made += 1;
        self.held += usize::from((low..=high).contains(&truth));
        self.width += interval.high - interval.low;
    }
}

fn scores(cases: usize, repetitions: usize, chance: &mut Chance) -> Vec<[(f64, f64); WAYS.len()]> {
    let mut settings = Vec::new();
    for weights in [vec![1.0; cases], unequal(cases)] {
        for mean in MEANS {
            for alike in ALIKE {
                for rounds in ROUNDS {
                    let mut setting = Setting::default();
                    for repetition in 0..repetitions {
                        let values: Vec<f64> = (0..cases)
                            .map(|_| share(beta(mean, alike, chance), rounds, chance))
                            .collect();
                        let of_case = weights.iter().copied().zip(values);
                        let score = WeightedMean::of(of_case).expect("weights");
                        setting[0].take(score.interval(), mean);
                        if repetition % EVERY > 0 {
                            continue;
                        }
                        setting[1].take(bootstrap(&score, RESAMPLES, chance), mean);
                        setting[2].take(bayesian(&score, RESAMPLES, chance), mean);
                    }
                    settings.push(shares(&setting));
                }
            }
        }
    }
    settings
}

fn differences(
    cases: usize,
    repetitions: usize,
    chance: &mut Chance,
) -> Vec<[(f64, f64); WAYS.len()]> {
    let mut settings = Vec::new();
    for weights in [vec![1.0; cases], unequal(cases)] {
        for pair in PAIRS {
            for alike in [0.3, 1.0, 4.0] {
                for together in TOGETHER {
                    for rounds in ROUNDS {
                        let mut setting = Setting::default();
                        for repetition in 0..repetitions {
                            let (first, second) =
                                subjects(&weights, pair, (alike, together, rounds), chance);
                            let truth = pair.1 - pair.0;
                            setting[0].take(second.interval_of_difference(&first), truth);
                            if repetition % EVERY > 0 {
                                continue;
                            }
                            let pair = (&first, &second);
                            setting[1].take(of_difference(pair, bootstrap, chance), truth);
                            setting[2].take(of_difference(pair, bayesian, chance), truth);
                        }
                        settings.push(shares(&setting));
                    }
                }
            }
        }
    }
    settings
}

/// Two subjects over the same cases. Where these are as hard for both, the second is better or worse
/// at each in the proportion of the means.
fn subjects(
    weights: &[f64],
    (first, second): (f64, f64),
    (alike, together, rounds): (f64, f64, u32),
    chance: &mut Chance,
) -> (WeightedMean, WeightedMean) {
    let (mut mine, mut others) = (Vec::new(), Vec::new());
    for weight in weights {
        let easy = beta(first, alike, chance);
        let for_other = match chance.share() < together {
            true if second >= first => 1.0 - (1.0 - easy) * (1.0 - second) / (1.0 - first),
            true => easy * second / first,
            false => beta(second, alike, chance),
        };
        mine.push((*weight, share(easy, rounds, chance)));
        others.push((*weight, share(for_other, rounds, chance)));
    }
    (WeightedMean::of(mine).expect("weights"), WeightedMean::of(others).expect("weights"))
}

fn unequal(cases: usize) -> Vec<f64> {
    (0..cases).map(|case| WEIGHTS[case % WEIGHTS.len()]).collect()
}

/// The share of successes among so many rounds.
fn share(likely: f64, rounds: u32, chance: &mut Chance) -> f64 {
    let successes: u32 = (0..rounds).map(|_| u32::from(chance.share() < likely)).sum();
    f64::from(successes) / f64::from(rounds)
}

/// Of the difference of two subjects over the same cases, as of a score. A difference of -1 is a value
/// of 0, one of 1 a value of 1.
fn of_difference(
    (first, second): (&WeightedMean, &WeightedMean),
    way: fn(&WeightedMean, usize, &mut Chance) -> Interval,
    chance: &mut Chance,
) -> Interval {
    let pairs = second.cases().iter().zip(first.cases());
    let halves = pairs.map(|(a, b)| (a.share, f64::midpoint(1.0, a.value - b.value)));
    let found = way(&WeightedMean::of(halves).expect("weights"), RESAMPLES, chance);
    Interval { low: 2.0 * found.low - 1.0, high: 2.0 * found.high - 1.0 }
}

/// A number of the beta distribution with this mean.
fn beta(mean: f64, alike: f64, chance: &mut Chance) -> f64 {
    let (successes, failures) = (gamma(mean * alike, chance), gamma((1.0 - mean) * alike, chance));
    // Both may be too small to be told from nothing.
    if successes + failures > 0.0 { successes / (successes + failures) } else { mean.round() }
}

/// A number of the gamma distribution (Marsaglia and Tsang, "A Simple Method for Generating Gamma
/// Variables", 2000).
fn gamma(shape: f64, chance: &mut Chance) -> f64 {
    if shape < 1.0 {
        return gamma(shape + 1.0, chance) * (1.0 - chance.share()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(chance);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - chance.share()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

fn normal(chance: &mut Chance) -> f64 {
    let length = (-2.0 * (1.0 - chance.share()).ln()).sqrt();
    length * (std::f64::consts::TAU * chance.share()).cos()
}

#[expect(clippy::cast_precision_loss, reason = "repetitions are few")]
fn shares(setting: &Setting) -> [(f64, f64); WAYS.len()] {
    setting.map(|it| (it.held as f64 / it.made as f64, it.width / it.made as f64))
}

fn head() {
    let ways: Vec<String> = WAYS.iter().map(|way| format!("{way}: least, mean, width")).collect();
    println!("| Cases | Settings | {} |", ways.join(" | "));
    println!("|---|---|{}", "---|".repeat(WAYS.len()));
}

#[expect(clippy::cast_precision_loss, reason = "settings are few")]
fn row(cases: usize, settings: &[[(f64, f64); WAYS.len()]]) {
    let cells = (0..WAYS.len()).map(|way| {
        let covered = || settings.iter().map(|setting| setting[way].0);
        let least = covered().fold(1.0, f64::min);
        let mean = covered().sum::<f64>() / settings.len() as f64;
        let width = settings.iter().map(|it| it[way].1).sum::<f64>() / settings.len() as f64;
        format!("{:.1} %, {:.1} %, {:.1}", least * 100.0, mean * 100.0, width * 100.0)
    });
    println!("| {cases} | {} | {} |", settings.len(), cells.collect::<Vec<_>>().join(" | "));
}
