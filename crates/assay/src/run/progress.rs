//! What is shown of long work: a bar on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use assay_core::{Cost, Outcome, Verdict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::{complain, is_watched, spare, verdict_counts};

/// How much is done, with which verdicts, how fast, and how long it will take.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
    errored: usize,
    unjudged: usize,
    verdicts: BTreeMap<Verdict, usize>,
    /// What is known of statements: how many were right, say.
    labels: BTreeMap<&'static str, usize>,
    /// Not shown while it is zero.
    spent: Cost,
    /// How fast providers are asked; empty without any.
    pace: String,
    started: Instant,
    display: Display,
}

#[derive(Debug)]
enum Display {
    Bar(ProgressBar),
    Lines { last: Instant },
    Nothing,
}

/// How often a line is written where no bar can be drawn.
const LINE_EVERY: Duration = Duration::from_secs(15);

impl Progress {
    /// Starts to show `total` pieces of work; nothing is shown to programs.
    pub fn start(total: usize, for_people: bool) -> Progress {
        let display = match (for_people, is_watched()) {
            (false, _) => Display::Nothing,
            (true, true) => Display::Bar(bar(total)),
            (true, false) => Display::Lines { last: Instant::now() },
        };
        Progress {
            total,
            done: 0,
            errored: 0,
            unjudged: 0,
            verdicts: BTreeMap::new(),
            labels: BTreeMap::new(),
            spent: Cost::ZERO,
            pace: String::new(),
            started: Instant::now(),
            display,
        }
    }

    /// So much has been spent so far.
    pub fn spend(&mut self, spent: Cost) {
        self.spent = spent;
    }

    /// One piece is done, with this outcome.
    pub fn advance(&mut self, outcome: &Outcome) {
        self.done += 1;
        match outcome {
            Outcome::Judged(judgement) => match judgement.verdict() {
                Some(verdict) => *self.verdicts.entry(verdict).or_insert(0) += 1,
                None => *self.labels.entry(judgement.as_str()).or_insert(0) += 1,
            },
            Outcome::Errored(_) if outcome.is_unjudged() => self.unjudged += 1,
            Outcome::Errored(_) => self.errored += 1,
        }
        self.moved();
    }

    /// One piece is done, and ended with an error.
    pub fn advance_errored(&mut self) {
        self.done += 1;
        self.errored += 1;
        self.moved();
    }

    /// One piece is done, but judges would have to decide it.
    pub fn advance_open(&mut self) {
        self.done += 1;
        self.moved();
    }

    /// So many pieces more are done, of which nothing else is to be told yet.
    pub fn advance_by(&mut self, more: usize) {
        self.done += more;
        self.moved_by(more);
    }

    fn moved(&mut self) {
        self.moved_by(1);
    }

    fn moved_by(&mut self, more: usize) {
        if let Display::Bar(bar) = &self.display {
            bar.inc(more as u64);
        }
        self.show();
    }

    /// How fast providers are asked now.
    pub fn pace(&mut self, pace: String) {
        self.pace = pace;
        self.show();
    }

    fn show(&mut self) {
        match &self.display {
            Display::Bar(bar) => {
                let counts = self.shown();
                bar.set_message(format!("{counts}  ({:.0} a minute", self.rate()));
            }
            // Once all is done, the last line says so.
            Display::Lines { last } if last.elapsed() >= LINE_EVERY && self.done < self.total => {
                complain(&self.line());
                self.display = Display::Lines { last: Instant::now() };
            }
            Display::Lines { .. } | Display::Nothing => {}
        }
    }

    /// Says something between the progress, to people.
    pub fn note(&self, text: &str) {
        match &self.display {
            Display::Bar(_) | Display::Lines { .. } => complain(text),
            Display::Nothing => {}
        }
    }

    /// Leaves a last line that sums up what was done.
    pub fn finish(&mut self) {
        self.pace.clear();
        match &self.display {
            Display::Bar(bar) => {
                bar.finish_and_clear();
                complain(&self.line());
            }
            Display::Lines { .. } => complain(&self.line()),
            Display::Nothing => {}
        }
    }

    /// What was done, and at what rate.
    fn shown(&self) -> String {
        let parts = [self.counts(), self.pace.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }

    fn counts(&self) -> String {
        let mut parts = Vec::new();
        if self.labels.is_empty() || !self.verdicts.is_empty() {
            parts.push(verdict_counts(&self.verdicts));
        }
        parts.extend(self.labels.iter().map(|(word, count)| format!("{count} {word}")));
        parts.extend((self.unjudged > 0).then(|| format!("{} unjudged", self.unjudged)));
        parts.extend((self.errored > 0).then(|| format!("{} errored", self.errored)));
        parts.retain(|part| !part.is_empty());
        let mut counts = parts.join(", ");
        if self.spent > Cost::ZERO {
            counts.push_str(&format!("; {} spent", self.spent));
        }
        counts
    }

    /// Pieces of work a minute.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn rate(&self) -> f64 {
        self.done as f64 * 60.0 / self.started.elapsed().as_secs_f64().max(1.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    fn line(&self) -> String {
        let elapsed = self.started.elapsed();
        let rate = self.rate();
        let left = match self.total - self.done {
            0 => {
                format!("in {}", humantime::format_duration(Duration::from_secs(elapsed.as_secs())))
            }
            left => {
                let seconds = elapsed.mul_f64(left as f64 / self.done.max(1) as f64).as_secs();
                format!("{} left", humantime::format_duration(Duration::from_secs(seconds)))
            }
        };
        let shown = self.shown();
        let colon = if shown.is_empty() { "" } else { ": " };
        let Progress { done, total, .. } = self;
        format!("{done} of {total} done{colon}{shown}  ({rate:.0} a minute, {left})")
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let template = "{bar:30} {pos}/{len}  {msg}, {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    spare(&bar);
    bar
}
