//! What is shown of long work: a bar on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use assay_core::{Cost, Outcome, Verdict, counted};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::{complain, cut_to_errors, is_watched, spare, verdict_counts};

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
    /// What is waited for, where nothing has moved for long.
    waiting: Option<Waiting>,
    started: Instant,
    display: Display,
}

#[derive(Debug)]
enum Display {
    Bar(ProgressBar),
    Lines(Lines),
    Nothing,
}

/// Lines that say how far the work is, where no bar can be drawn.
#[derive(Debug)]
struct Lines {
    last: Instant,
    /// Until the next one.
    every: Duration,
    /// What was done when the last one was written.
    done: usize,
}

/// How often a line is written while something moves, ...
const LINE_EVERY: Duration = Duration::from_secs(15);

/// ... and the least often while nothing does, so that a night without answers fills no log.
const LINE_AT_LEAST_EVERY: Duration = Duration::from_secs(15 * 60);

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Questions without an answer.
    pub answers: usize,
    /// How long the oldest of them has waited.
    pub oldest: Duration,
}

/// Answers that take longer are worth a word.
const LONG: Duration = Duration::from_secs(20);

impl Progress {
    /// Starts to show `total` pieces of work; nothing is shown to programs.
    pub fn start(total: usize, for_people: bool) -> Progress {
        let display = match (for_people, is_watched()) {
            (false, _) => Display::Nothing,
            (true, true) => Display::Bar(bar(total)),
            (true, false) => Display::Lines(Lines::default()),
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
            waiting: None,
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

    /// What is waited for now. It is shown only if it has taken long.
    pub fn waiting(&mut self, waiting: Option<Waiting>) {
        let waiting = waiting.filter(|it| it.oldest >= LONG);
        // Whole seconds are shown.
        let seconds = |it: Option<Waiting>| it.map(|it| (it.answers, it.oldest.as_secs()));
        if seconds(waiting) != seconds(self.waiting) {
            self.waiting = waiting;
            self.show();
        }
    }

    fn show(&mut self) {
        match &self.display {
            Display::Bar(bar) => {
                bar.set_prefix(self.speed());
                bar.set_message(cut_to_errors(&self.shown()));
            }
            // Once all is done, the last line says so.
            Display::Lines(lines) if lines.is_time() && self.done < self.total => {
                complain(&self.line());
                self.display = Display::Lines(lines.next(self.done));
            }
            Display::Lines(_) | Display::Nothing => {}
        }
    }

    /// Says something between the progress, to people.
    pub fn note(&self, text: &str) {
        match &self.display {
            Display::Bar(_) | Display::Lines(_) => complain(text),
            Display::Nothing => {}
        }
    }

    /// Leaves a last line that sums up what was done.
    pub fn finish(&mut self) {
        self.pace.clear();
        self.waiting = None;
        match &self.display {
            Display::Bar(bar) => {
                bar.finish_and_clear();
                complain(&self.line());
            }
            Display::Lines(_) => complain(&self.line()),
            Display::Nothing => {}
        }
    }

    /// What was done, and what goes on.
    fn shown(&self) -> String {
        let waiting = self.waiting.map(|it| it.to_string()).unwrap_or_default();
        let parts = [waiting, self.counts(), self.pace.clone()];
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

    /// How fast it goes, and how long it took or will take.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    fn speed(&self) -> String {
        let elapsed = self.started.elapsed();
        let whole =
            |time: Duration| humantime::format_duration(Duration::from_secs(time.as_secs()));
        let time = match (self.done, self.total - self.done) {
            (_, 0) => format!("in {}", whole(elapsed)),
            (0, _) => format!("after {}", whole(elapsed)),
            (done, left) => {
                format!("{} left", whole(elapsed.mul_f64(left as f64 / done as f64)))
            }
        };
        format!("{:.0} a minute, {time}", self.rate())
    }

    fn line(&self) -> String {
        let shown = self.shown();
        let colon = if shown.is_empty() { "" } else { ": " };
        let Progress { done, total, .. } = self;
        format!("{done} of {total} done{colon}{shown}  ({})", self.speed())
    }
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { last: Instant::now(), every: LINE_EVERY, done: 0 }
    }
}

impl Lines {
    fn is_time(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// After a line at which so much was done.
    fn next(&self, done: usize) -> Lines {
        let has_moved = done != self.done;
        let every = if has_moved { LINE_EVERY } else { self.every * 2 };
        Lines { last: Instant::now(), every: every.min(LINE_AT_LEAST_EVERY), done }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = counted(self.answers, "answer");
        let time = humantime::format_duration(Duration::from_secs(self.oldest.as_secs()));
        match self.answers {
            1 => write!(f, "waiting for 1 answer for {time}"),
            _ => write!(f, "waiting for {answers}, the oldest for {time}"),
        }
    }
}

/// A bar and the speed in one line, what was done below it, neither wider than the terminal.
fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let template = "{bar:24} {pos}/{len}  {prefix}\n{msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    spare(&bar);
    bar
}
