//! How many requests a provider may have at once. Only decisions: the caller says
//! what time it is.
//!
//! A window starts small and doubles with each round of answers, but only while growth
//! brings more answers a second: a server that merely queues is not flooded, and is
//! tried with more only now and then. A refusal shrinks the window at once, and then it
//! grows with time: quickly to just below where it was refused, hardly any more there, and
//! then more and more, as TCP's CUBIC does (RFC 9438).
//!
//! How many answers a second a window brings is read off its requests: one that was
//! sent as the n-th of those under way, and took a time t, tells of n / t. While the
//! provider has room, t stays and the rate grows with n; where requests queue, t grows
//! as n does and the rate stays. So the first answers to a larger window tell, however
//! they are bunched.

use std::time::Duration;

/// The window of one provider.
#[derive(Debug)]
pub(super) struct Window {
    allowed: usize,
    most: usize,
    in_flight: usize,
    /// The number of the next request.
    next: u64,
    /// Requests with a smaller number were sent before the last cut.
    cut_mark: u64,
    stage: Stage,
    /// What a smaller window brought, for comparison.
    base: Option<Measured>,
    /// How many were under way when the provider last refused one.
    ceiling: usize,
    /// About how long an answer takes; nothing before the first.
    latency: Duration,
    /// The next request is sent no earlier.
    not_before: Duration,
    /// How long the window has been in use since then, and until when that is counted.
    climbed: Duration,
    counted_until: Duration,
    /// When it was all in use last.
    full_at: Duration,
    round: Round,
}

/// How the window grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Doubling,
    /// With time, after a refusal.
    Climbing,
    /// Not at all for some rounds, as the last growth brought nothing.
    Holding {
        rounds: u32,
        patience: u32,
    },
    /// For one round, to see whether it would bring anything now.
    Trying {
        patience: u32,
    },
    /// For one round it is half as large, to see whether that is enough: then what is
    /// under way only waits in a queue of the provider's.
    Easing,
}

/// What a window brought: of the answers of a round, how many requests were under way
/// when theirs was sent, on average, and how many answers a second that amounts to.
#[derive(Debug, Clone, Copy)]
struct Measured {
    allowed: usize,
    load: f64,
    rate: f64,
}

/// The requests that are sent with one size of the window.
#[derive(Debug)]
struct Round {
    /// The number of its first request.
    mark: u64,
    /// Answers that end it.
    due: usize,
    answers: usize,
    /// Of these, the sums of how many were under way, and of their times in seconds.
    load: f64,
    seconds: f64,
    /// Requests that nothing came back for.
    silent: usize,
    /// Whether the window was all in use, so that its size mattered.
    full: bool,
}

/// A request under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    number: u64,
    /// How many were under way with it.
    load: usize,
    at: Duration,
}

/// How a request ended, as far as it says something about the provider's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Answered,
    /// The provider says that it is asked too much.
    Limited,
    /// A timeout, or no connection.
    Silent,
    /// It failed for another reason, or nobody waited for its end.
    Other,
}

/// What a provider is asked at first: little enough for a server that answers one
/// question at a time.
const FIRST: usize = 8;

/// No fewer answers are compared with others.
const LEAST: usize = 8;

/// A whole window is sent in no less than this part of the time of an answer.
const SPREAD: f64 = 0.8;

/// This many requests at once are not a burst, for a provider that has refused none.
const FEW: usize = 32;

/// What is late is made up for, up to this part of the time of an answer: a machine that
/// is busy must not make a provider idle.
const LATE: u32 = 8;

/// Of a growth, the share that has to come back as more answers a second.
const WORTHWHILE: f64 = 0.4;

/// The share of the answers a second that half a window has to bring to be enough.
const ENOUGH: f64 = 0.9;

/// What is left of a window after a refusal.
const CUT: f64 = 0.7;

/// The share of what was refused that a window soon comes back to, and in how many times
/// of an answer.
const BELOW: f64 = 0.95;
const RETURN: f64 = 2.0;

/// In how many times of an answer it then is where it was refused.
const PROBE: f64 = 3.0;

/// So many times what was refused, without another refusal, say that it was a bad moment.
const FAR: f64 = 2.0;

/// Rounds that a window is held before more is tried, at first and at last.
const PATIENCE: u32 = 12;
const MOST_PATIENCE: u32 = 192;

impl Window {
    /// A window that nobody uses yet.
    pub(super) fn new() -> Window {
        Window {
            allowed: 0,
            most: 0,
            in_flight: 0,
            next: 0,
            cut_mark: 0,
            stage: Stage::Doubling,
            base: None,
            ceiling: 0,
            latency: Duration::ZERO,
            not_before: Duration::ZERO,
            climbed: Duration::ZERO,
            counted_until: Duration::ZERO,
            full_at: Duration::ZERO,
            round: Round::new(0, LEAST),
        }
    }

    /// Lets it grow by this much.
    pub(super) fn widen(&mut self, more: usize) {
        self.most = self.most.saturating_add(more);
        self.allowed = self.most.min(FIRST);
    }

    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn has_room(&self) -> bool {
        self.in_flight < self.allowed
    }

    /// How long until a request may be sent, where there is room: many that become
    /// possible at once are spread over most of the time that an answer takes. They would
    /// be answered as a wave, and the next be sent as one, again and again.
    pub(super) fn wait(&self, now: Duration) -> Option<Duration> {
        let wait = self.not_before.saturating_sub(now);
        (wait > Duration::ZERO).then_some(wait)
    }

    /// A request is sent.
    pub(super) fn send(&mut self, now: Duration) -> Sent {
        let is_wave = self.allowed > FEW || self.stage == Stage::Climbing;
        let gap = match u32::try_from(self.allowed) {
            Ok(allowed) if allowed > 1 && is_wave => self.latency.mul_f64(SPREAD) / allowed,
            _ => Duration::ZERO,
        };
        self.not_before = self.not_before.max(now.saturating_sub(self.latency / LATE)) + gap;
        self.in_flight += 1;
        if self.in_flight >= self.allowed {
            self.round.full = true;
            self.full_at = now;
        }
        self.next += 1;
        Sent { number: self.next - 1, load: self.in_flight, at: now }
    }

    /// A request has ended.
    pub(super) fn end(&mut self, sent: Sent, ending: Ending, now: Duration) {
        let used = self.in_flight.min(self.allowed);
        self.in_flight = self.in_flight.saturating_sub(1);
        if ending == Ending::Answered {
            let latency = now.saturating_sub(sent.at);
            let known = if self.latency == Duration::ZERO { latency } else { self.latency };
            self.latency = (known * 7 + latency) / 8;
            if self.stage == Stage::Climbing {
                self.climb(now);
            }
        }
        match ending {
            Ending::Answered if sent.number >= self.round.mark => {
                self.round.count(sent, now);
                if self.round.answers >= self.round.due {
                    self.finish_round();
                }
            }
            // Those that were sent before the last cut say what it answered already.
            Ending::Limited if sent.number >= self.cut_mark => {
                self.cut(used, Stage::Climbing);
                self.counted_until = now;
            }
            Ending::Silent if sent.number >= self.cut_mark => {
                self.round.silent += 1;
                // Single broken connections among many say nothing.
                if self.round.silent * 20 >= used {
                    self.cut(used, Stage::hold(PATIENCE));
                }
            }
            Ending::Answered | Ending::Limited | Ending::Silent | Ending::Other => {}
        }
        if self.stage == Stage::Easing && self.in_flight >= self.allowed {
            // More is under way than would be.
            self.begin_round();
        }
    }

    fn cut(&mut self, used: usize, stage: Stage) {
        self.ceiling = used;
        self.climbed = Duration::ZERO;
        self.allowed = part(used, CUT).max(1);
        self.cut_mark = self.next;
        self.stage = stage;
        self.base = None;
        self.begin_round();
    }

    fn begin_round(&mut self) {
        // Enough to tell growth from chance.
        let due = match self.stage {
            Stage::Climbing => (self.allowed / 4).max(1),
            Stage::Doubling | Stage::Holding { .. } => (self.allowed / 4).max(LEAST),
            Stage::Trying { .. } | Stage::Easing => 2 * self.allowed.max(LEAST),
        };
        self.round = Round::new(self.next, due);
        self.round.full = self.in_flight >= self.allowed;
    }

    fn finish_round(&mut self) {
        let measured = self.round.measured(self.allowed);
        // Where the window was not used up, its size changed nothing.
        if self.stage == Stage::Climbing {
            // It grows with time.
        } else if self.round.full {
            self.adapt(measured);
        } else if let (Stage::Trying { .. } | Stage::Easing, Some(base)) = (self.stage, self.base) {
            self.allowed = base.allowed;
            self.stage = Stage::hold(PATIENCE);
        }
        self.allowed = self.allowed.min(self.most.max(1));
        self.begin_round();
    }

    fn adapt(&mut self, measured: Measured) {
        let Some(base) = self.base else {
            self.base = Some(measured);
            return self.grow();
        };
        match self.stage {
            Stage::Easing if measured.rate >= base.rate * ENOUGH => {
                self.base = Some(measured);
                self.ease();
            }
            Stage::Easing => {
                self.allowed = base.allowed;
                self.stage = Stage::hold(PATIENCE);
            }
            Stage::Trying { .. } if measured.is_worthwhile(&base) => {
                self.base = Some(measured);
                self.stage = Stage::Doubling;
                self.grow();
            }
            Stage::Trying { patience } => {
                self.allowed = base.allowed;
                self.stage = Stage::hold((patience * 2).min(MOST_PATIENCE));
            }
            Stage::Holding { .. } => {
                let rate = f64::midpoint(base.rate, measured.rate);
                let load = f64::midpoint(base.load, measured.load);
                self.base = Some(Measured { rate, load, ..measured });
                self.grow();
            }
            Stage::Climbing => {}
            // All that may be is used; or the window had not been all used before.
            Stage::Doubling if measured.allowed <= base.allowed => {
                self.base = Some(measured);
                self.grow();
            }
            Stage::Doubling if measured.is_worthwhile(&base) => {
                self.base = Some(measured);
                self.grow();
            }
            Stage::Doubling => {
                self.allowed = base.allowed;
                self.ease();
            }
        }
    }

    fn grow(&mut self) {
        match &mut self.stage {
            Stage::Doubling => self.allowed *= 2,
            Stage::Holding { rounds, .. } if *rounds > 0 => *rounds -= 1,
            Stage::Holding { patience, .. } if self.allowed < self.most => {
                self.stage = Stage::Trying { patience: *patience };
                self.allowed = (self.allowed * 3).div_ceil(2);
            }
            Stage::Climbing | Stage::Holding { .. } | Stage::Trying { .. } | Stage::Easing => {}
        }
    }

    fn ease(&mut self) {
        if self.allowed > 1 {
            self.stage = Stage::Easing;
            self.allowed = self.allowed.div_ceil(2);
        } else {
            self.stage = Stage::hold(PATIENCE);
        }
    }

    /// Goes on after a refusal. Time counts only while the window is in use, or it would
    /// grow without anything learned.
    fn climb(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.counted_until);
        self.counted_until = self.counted_until.max(now);
        if now.saturating_sub(self.full_at) > self.latency {
            return;
        }
        self.climbed += passed;
        let times = self.climbed.as_secs_f64() / self.latency.as_secs_f64().max(1e-6);
        let share = if times < RETURN {
            BELOW - (BELOW - CUT) * (1.0 - times / RETURN).powi(3)
        } else {
            BELOW + (1.0 - BELOW) * ((times - RETURN) / PROBE).powi(3)
        };
        let allowed = part(self.ceiling, share.min(FAR));
        self.allowed = self.allowed.max(allowed).min(self.most.max(1));
        if share >= FAR {
            self.stage = Stage::Doubling;
            self.begin_round();
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count of requests, which is not negative"
)]
fn part(count: usize, share: f64) -> usize {
    (count as f64 * share) as usize
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
impl Round {
    fn new(mark: u64, due: usize) -> Round {
        Round { mark, due, answers: 0, load: 0.0, seconds: 0.0, silent: 0, full: false }
    }

    fn count(&mut self, sent: Sent, now: Duration) {
        self.answers += 1;
        self.load += sent.load as f64;
        self.seconds += now.saturating_sub(sent.at).as_secs_f64();
    }

    fn measured(&self, allowed: usize) -> Measured {
        let load = self.load / self.answers.max(1) as f64;
        Measured { allowed, load, rate: self.load / self.seconds.max(1e-6) }
    }
}

impl Stage {
    fn hold(patience: u32) -> Stage {
        Stage::Holding { rounds: patience, patience }
    }
}

impl Measured {
    /// Whether enough of the growth since then came back as more answers.
    fn is_worthwhile(&self, base: &Measured) -> bool {
        let growth = self.load / base.load;
        self.rate >= base.rate * (1.0 + (growth - 1.0) * WORTHWHILE)
    }
}

#[cfg(test)]
mod tests;
