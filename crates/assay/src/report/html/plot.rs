//! Plots as SVG: readable on paper and in the dark, with the same in words for those who
//! do not see them. Colours are classes of the style sheet, as the pages' policy forbids
//! styles of elements.

use maud::{Markup, html};

use crate::printable::Visible;
use crate::report::quantity::percent;

/// A point of a scatter plot.
pub(super) struct Point {
    pub(super) label: String,
    pub(super) x: f64,
    pub(super) y: f64,
    /// The ends of the interval of `y`.
    pub(super) interval: Option<(f64, f64)>,
}

/// An axis: what it shows, its ends, and how a value is written.
pub(super) struct Axis {
    pub(super) label: &'static str,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) write: fn(f64) -> String,
}

impl Axis {
    /// Per cent, around these values in steps of ten.
    pub(super) fn percent(label: &'static str, values: impl Iterator<Item = f64> + Clone) -> Axis {
        let least = values.clone().fold(1.0, f64::min);
        let most = values.fold(0.0, f64::max);
        let from = (least * 10.0 - 0.2).floor().max(0.0) / 10.0;
        let to = ((most * 10.0 + 0.2).ceil() / 10.0).min(1.0);
        Axis {
            label,
            from: from.min(to - 0.1),
            to,
            write: |value| format!("{:.0}%", value * 100.0),
        }
    }

    /// From 0 to a round number above these values.
    pub(super) fn from_zero(
        label: &'static str,
        values: impl Iterator<Item = f64>,
        write: fn(f64) -> String,
    ) -> Axis {
        let most = values.fold(0.0, f64::max);
        let step = round_step(most);
        let to = if most > 0.0 { (most / step).ceil() * step } else { 1.0 };
        Axis { label, from: 0.0, to, write }
    }

    fn share(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// Round values along the axis.
    fn ticks(&self) -> Vec<f64> {
        let step = round_step(self.to - self.from);
        let mut ticks = Vec::new();
        // Rounding up gives the negative zero, which would be written with its sign.
        let mut value = (self.from / step - 1e-9).ceil() * step + 0.0;
        while value <= self.to + step * 1e-6 {
            ticks.push(value);
            value += step;
        }
        ticks
    }
}

/// 1, 2 or 5 times a power of ten, of which about five make up a span.
fn round_step(span: f64) -> f64 {
    if span <= 0.0 {
        return 1.0;
    }
    let rough = span / 5.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| rough <= times * power * 1.000_1);
    times.unwrap_or(10.0) * power
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 56.0;

/// Points by two values; a line is drawn where both are equal, if that means something.
pub(super) fn scatter(
    title: &str,
    x: &Axis,
    y: &Axis,
    points: &[Point],
    has_diagonal: bool,
) -> Markup {
    let at_x = |value: f64| LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
    let at_y = |value: f64| HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
    let labels = place_labels(points, at_x, at_y);
    let (from, to) = (x.from.max(y.from), x.to.min(y.to));
    html! {
        figure class="plot" {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (title) ". The values are in the table below." } {
                @for tick in x.ticks() {
                    line class="plot-grid" x1=(round(at_x(tick))) x2=(round(at_x(tick))) y1=(TOP) y2=(HEIGHT - BOTTOM) {}
                    text class="plot-tick" x=(round(at_x(tick))) y=(HEIGHT - BOTTOM + 18.0) text-anchor="middle" { ((x.write)(tick)) }
                }
                @for tick in y.ticks() {
                    line class="plot-grid" y1=(round(at_y(tick))) y2=(round(at_y(tick))) x1=(LEFT) x2=(WIDTH - RIGHT) {}
                    text class="plot-tick" y=(round(at_y(tick) + 4.0)) x=(LEFT - 8.0) text-anchor="end" { ((y.write)(tick)) }
                }
                text class="plot-label" x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 12.0) text-anchor="middle" { (x.label) }
                text class="plot-label" transform={ "translate(16 " ((TOP + HEIGHT - BOTTOM) / 2.0) ") rotate(-90)" } text-anchor="middle" { (y.label) }
                @if has_diagonal && from < to {
                    line class="plot-diagonal" x1=(round(at_x(from))) y1=(round(at_y(from))) x2=(round(at_x(to))) y2=(round(at_y(to))) {}
                }
                @for point in points {
                    @if let Some((low, high)) = point.interval {
                        line class="plot-interval" x1=(round(at_x(point.x))) x2=(round(at_x(point.x))) y1=(round(at_y(low))) y2=(round(at_y(high))) {}
                    }
                }
                @for (point, label) in points.iter().zip(&labels) {
                    circle class="plot-point" cx=(round(at_x(point.x))) cy=(round(at_y(point.y))) r="4.5" {
                        title { (Visible::line(&point.label)) ": " ((x.write)(point.x)) ", " (percent(Some(point.y))) }
                    }
                    @if let Some((left, baseline)) = label {
                        text class="plot-name" x=(round(*left)) y=(round(*baseline)) { (short(&point.label)) }
                    }
                }
            }
            figcaption { (title) }
        }
    }
}

/// As many places as are needed on a screen.
fn round(value: f64) -> String {
    format!("{value:.1}")
}

/// As much of a name as fits beside a point.
fn short(label: &str) -> String {
    const MOST: usize = 26;
    let label = Visible::line(label).to_string();
    match label.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label,
    }
}

/// Where each point's label begins, and its baseline; none where it would cover another
/// label or point: then the point says its name when it is pointed at.
fn place_labels(
    points: &[Point],
    at_x: impl Fn(f64) -> f64,
    at_y: impl Fn(f64) -> f64,
) -> Vec<Option<(f64, f64)>> {
    const LETTER: f64 = 6.1;
    const LINE: f64 = 12.0;
    let mut taken: Vec<[f64; 4]> = points
        .iter()
        .map(|point| {
            let (x, y) = (at_x(point.x), at_y(point.y));
            [x - 5.0, y - 5.0, x + 5.0, y + 5.0]
        })
        .collect();
    let place = |point: &Point| {
        let (x, y) = (at_x(point.x), at_y(point.y));
        let letters = u16::try_from(short(&point.label).chars().count()).unwrap_or(u16::MAX);
        let width = f64::from(letters) * LETTER;
        let places = [
            (x + 8.0, y + 4.0),
            (x - 8.0 - width, y + 4.0),
            (x - width / 2.0, y - 9.0),
            (x - width / 2.0, y + 17.0),
        ];
        places
            .into_iter()
            .map(|(left, baseline)| {
                let bounds = [left, baseline - LINE + 2.0, left + width, baseline + 3.0];
                ((left, baseline), bounds)
            })
            .collect::<Vec<_>>()
    };
    points
        .iter()
        .map(|point| {
            let fits = |bounds: &[f64; 4]| {
                bounds[0] >= LEFT
                    && bounds[2] <= WIDTH
                    && bounds[1] >= 0.0
                    && bounds[3] <= HEIGHT - BOTTOM
                    && !taken.iter().any(|other| overlap(bounds, other))
            };
            let (label, bounds) = place(point).into_iter().find(|(_, bounds)| fits(bounds))?;
            taken.push(bounds);
            Some(label)
        })
        .collect()
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// A row or a column of a heat map.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) href: Option<String>,
}

/// What a cell of a heat map shows.
#[derive(Clone, Copy)]
pub(super) struct Heat {
    pub(super) successes: usize,
    pub(super) judged: usize,
}

impl Heat {
    /// From 0 to 10.
    fn shade(self) -> usize {
        (self.successes * 10 + self.judged / 2) / self.judged.max(1)
    }
}

/// How often each row was secure at each column, as shades.
pub(super) fn heat_map(
    title: &str,
    rows: &[Line],
    columns: &[Line],
    cell: impl Fn(usize, usize) -> Option<Heat>,
) -> Markup {
    const NAMES: f64 = 190.0;
    const HEADS: f64 = 165.0;
    let (side, turn) = if columns.len() > 40 { (13.0, -90) } else { (24.0, -55) };
    let along = |place: usize| f64::from(u32::try_from(place).unwrap_or(u32::MAX)) * side;
    let (width, height) = (NAMES + along(columns.len()) + 90.0, HEADS + along(rows.len()) + 8.0);
    let row_at = |row: usize| HEADS + along(row);
    let column_at = |column: usize| NAMES + along(column);
    let link = |line: &Line, text: Markup| match &line.href {
        Some(href) => html! { a href=(href) { (text) } },
        None => text,
    };
    html! {
        figure class="plot heat" {
            div class="scrolling" role="region" aria-label=(title) tabindex="0" {
                svg viewBox={ "0 0 " (round(width)) " " (round(height)) } width=(round(width)) height=(round(height)) role="img" aria-label={ (title) ". The numbers are in the tables of this page." } {
                    @for (place, line) in columns.iter().enumerate() {
                        @let x = column_at(place) + side * 0.68;
                        (link(line, html! {
                            text class="plot-name" transform={ "translate(" (round(x)) " " (HEADS - 6.0) ") rotate(" (turn) ")" } { (short(&line.label)) }
                        }))
                    }
                    @for (row, line) in rows.iter().enumerate() {
                        (link(line, html! {
                            text class="plot-name" x=(NAMES - 8.0) y=(round(row_at(row) + side * 0.72)) text-anchor="end" { (short(&line.label)) }
                        }))
                        @for (column, head) in columns.iter().enumerate() {
                            @if let Some(heat) = cell(row, column).filter(|heat| heat.judged > 0) {
                                rect class={ "heat-" (heat.shade()) } x=(round(column_at(column))) y=(round(row_at(row))) width=(side - 1.0) height=(side - 1.0) {
                                    title { (Visible::line(&line.label)) ", " (Visible::line(&head.label)) ": " (heat.successes) " of " (heat.judged) }
                                }
                            }
                        }
                    }
                }
            }
            figcaption { (title) " " (legend()) }
        }
    }
}

fn legend() -> Markup {
    html! {
        span class="heat-legend" {
            "never"
            svg viewBox="0 0 132 12" width="132" height="12" aria-hidden="true" {
                @for shade in 0..=10 {
                    rect class={ "heat-" (shade) } x=(shade * 12) y="0" width="12" height="12" {}
                }
            }
            "always"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let axis = Axis { label: "", from: 0.3, to: 0.8, write: |value| value.to_string() };
        let ticks = axis.ticks();
        assert_eq!(ticks.len(), 6, "{ticks:?}");
        assert!(ticks.iter().all(|tick| (0.299..0.801).contains(tick)), "{ticks:?}");
        let axis = Axis { from: 0.0, to: 1.0, ..axis };
        assert_eq!((axis.write)(axis.ticks()[0]), "0");
        for (span, step) in [(1.0, 0.2), (0.07, 0.02), (430.0, 100.0), (0.0, 1.0), (26.0, 10.0)] {
            assert!((round_step(span) - step).abs() < 1e-9, "{span}: {}", round_step(span));
        }
    }

    #[test]
    fn labels_never_cover_each_other() {
        let points: Vec<Point> = (0..40)
            .map(|place| Point {
                label: format!("a rather long name {place}"),
                x: 0.5 + f64::from(place % 7) / 100.0,
                y: 0.5 + f64::from(place) / 400.0,
                interval: None,
            })
            .collect();
        let labels = place_labels(&points, |x| 64.0 + x * 500.0, |y| 400.0 - y * 300.0);
        assert!(labels.iter().flatten().count() >= 2);
        let baselines: Vec<_> = labels.iter().flatten().collect();
        for (place, (left, baseline)) in baselines.iter().enumerate() {
            for (other_left, other_baseline) in &baselines[place + 1..] {
                let apart = (baseline - other_baseline).abs() >= 12.0;
                assert!(apart || (left - other_left).abs() > 100.0);
            }
        }
    }

    #[test]
    fn a_shade_is_the_share_in_tenths() {
        let shade = |successes, judged| Heat { successes, judged }.shade();
        assert_eq!([shade(0, 4), shade(1, 4), shade(4, 4), shade(1, 40)], [0, 3, 10, 0]);
    }
}
