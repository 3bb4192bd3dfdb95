//! How fast the providers of a run were asked: a chart for each, and its sense in
//! words.

use maud::{Markup, html};

use super::page::brief;
use crate::report::quantity::{count, counted, duration};
use crate::store::PaceSample;

/// The charts of a run; nothing for a run without a provider.
pub(super) fn charts(samples: &[PaceSample]) -> Markup {
    let providers: Vec<&[PaceSample]> =
        samples.chunk_by(|one, next| one.provider == next.provider).collect();
    html! {
        @if !providers.is_empty() {
            h4 { "How fast providers were asked" }
            @for samples in providers { (chart(&History::of(samples))) }
        }
    }
}

/// The samples of one provider, on an axis without long gaps.
struct History<'a> {
    samples: &'a [PaceSample],
    /// When each sample was taken, in milliseconds of what is drawn.
    times: Vec<u64>,
    is_shortened: bool,
}

/// The size of a chart, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 160.0;

/// The most points of a chart: a day's samples are merged into this many.
const POINTS: usize = 360;

/// A time without samples is drawn as at most this many usual intervals, and only if it is at least
/// this long.
const LONGEST_GAP: u64 = 10;
const SHORTEST_CUT_MS: u64 = 10_000;

/// Some samples as one.
struct Point {
    x: f64,
    allowed: usize,
    in_flight: usize,
    limited: u64,
}

impl<'a> History<'a> {
    fn of(samples: &'a [PaceSample]) -> History<'a> {
        let apart = |pair: &[PaceSample]| pair[1].at_ms.saturating_sub(pair[0].at_ms);
        let mut sorted: Vec<u64> = samples.windows(2).map(apart).collect();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let most = (usual * LONGEST_GAP).max(SHORTEST_CUT_MS);
        let mut time = 0;
        let mut times = vec![0];
        for pair in samples.windows(2) {
            time += apart(pair).min(most);
            times.push(time);
        }
        History { samples, times, is_shortened: sorted.last().is_some_and(|last| *last > most) }
    }

    fn length_ms(&self) -> u64 {
        self.times.last().copied().unwrap_or_default()
    }

    fn sum(&self, of: fn(&PaceSample) -> u64) -> usize {
        usize::try_from(self.samples.iter().map(of).sum::<u64>()).unwrap_or(usize::MAX)
    }

    fn highest(&self, of: fn(&PaceSample) -> usize) -> usize {
        self.samples.iter().map(of).max().unwrap_or_default()
    }

    /// The most answers a second between two samples.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn fastest(&self) -> Option<f64> {
        let rate = |pair: &[PaceSample]| {
            let apart = pair[1].at_ms.saturating_sub(pair[0].at_ms);
            pair[1].answered as f64 * 1_000.0 / apart.max(1) as f64
        };
        self.samples.windows(2).map(rate).max_by(f64::total_cmp)
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on a chart")]
    fn points(&self) -> Vec<Point> {
        let length = self.length_ms().max(1) as f64;
        let together = self.samples.len().div_ceil(POINTS).max(1);
        let chunks = self.samples.chunks(together).zip(self.times.chunks(together));
        let point = |(samples, times): (&[PaceSample], &[u64])| Point {
            x: times.last().copied().unwrap_or_default() as f64 / length * WIDTH,
            allowed: samples.last().map_or(0, |sample| sample.allowed),
            in_flight: samples.iter().map(|sample| sample.in_flight).max().unwrap_or_default(),
            limited: samples.iter().map(|sample| sample.limited).sum(),
        };
        chunks.map(point).collect()
    }

    /// What the chart says.
    fn words(&self) -> String {
        let answered = counted(self.sum(|sample| sample.answered), "answer");
        let fastest = match self.fastest() {
            Some(rate) if rate >= 1.0 => format!(", at most {rate:.0} a second"),
            _ => String::new(),
        };
        let [first, last] = [self.samples.first(), self.samples.last()]
            .map(|sample| count(sample.map_or(0, |sample| sample.allowed)));
        let most = count(self.highest(|sample| sample.allowed));
        let in_flight = count(self.highest(|sample| sample.in_flight));
        let limited = counted(self.sum(|sample| sample.limited), "request");
        let failed = counted(self.sum(|sample| sample.failed), "request");
        format!(
            "{answered} in {}{fastest}. Requests allowed at once: {first} at first, {most} at most, \
             {last} at the end; at most {in_flight} were in flight. {limited} refused because of \
             too many requests; {failed} failed for other reasons.",
            duration(self.length_ms()),
        )
    }
}

fn chart(history: &History<'_>) -> Markup {
    let points = history.points();
    let top = points.iter().map(|point| point.allowed.max(point.in_flight)).max();
    let top = top.unwrap_or_default().max(1);
    let words = history.words();
    html! {
        figure class="pace" {
            p class="pace-provider" { (brief(&history.samples[0].provider)) }
            svg viewBox="0 0 780 190" role="img" aria-label=(words) {
                g transform="translate(48 8)" {
                    path class="pace-grid" d=(format!("M0 0H{WIDTH}M0 {}H{WIDTH}M0 {HEIGHT}H{WIDTH}", HEIGHT / 2.0)) {}
                    path class="pace-flight" d=(area(&points, top)) {}
                    path class="pace-allowed" d=(steps(&points, top)) {}
                    @for point in points.iter().filter(|point| point.limited > 0) {
                        path class="pace-limited" d=(format!("M{:.1} {HEIGHT}v-9", point.x)) {}
                    }
                    text class="pace-label pace-end" x="-6" y="8" { (count(top)) }
                    text class="pace-label pace-end" x="-6" y=(HEIGHT) { "0" }
                    text class="pace-label" x="0" y=(HEIGHT + 16.0) { "0 s" }
                    text class="pace-label pace-end" x=(WIDTH) y=(HEIGHT + 16.0) { (duration(history.length_ms())) }
                }
            }
            p class="note pace-key" {
                svg class="pace-sign" viewBox="0 0 14 10" aria-hidden="true" { path class="pace-allowed" d="M0 5H14" {} }
                " allowed at once "
                svg class="pace-sign" viewBox="0 0 14 10" aria-hidden="true" { path class="pace-flight" d="M0 0H14V10H0Z" {} }
                " under way "
                svg class="pace-sign" viewBox="0 0 14 10" aria-hidden="true" { path class="pace-limited" d="M7 0V10" {} }
                " refused because of too many requests"
                @if history.is_shortened { " (times without requests are shortened)" }
            }
            p class="note" { (words) }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on a chart")]
fn height(value: usize, top: usize) -> f64 {
    HEIGHT - value as f64 / top as f64 * HEIGHT
}

/// What was allowed, which changed at once.
fn steps(points: &[Point], top: usize) -> String {
    let mut path = String::new();
    for (number, point) in points.iter().enumerate() {
        let y = height(point.allowed, top);
        match number {
            0 => path.push_str(&format!("M{:.1} {y:.1}", point.x)),
            _ => path.push_str(&format!("H{:.1}V{y:.1}", point.x)),
        }
    }
    path
}

fn area(points: &[Point], top: usize) -> String {
    let mut path = format!("M0 {HEIGHT}");
    for point in points {
        path.push_str(&format!("L{:.1} {:.1}", point.x, height(point.in_flight, top)));
    }
    path + &format!("V{HEIGHT}Z")
}
