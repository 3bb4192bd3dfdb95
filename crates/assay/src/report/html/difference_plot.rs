//! Differences around zero: a dot and its interval for each score of each pair, readable at the
//! width of a phone.

use maud::{Markup, html};

use super::axis::round_step;
use super::page::brief;
use super::plot::round;
use crate::printable::Visible;
use crate::report::quantity::{points, points_between, signed};

/// The differences of a pair.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) marks: Vec<Mark>,
}

/// One difference.
pub(super) struct Mark {
    /// A class of the style sheet, `difference-` and what it is of.
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    /// In [-1, 1], as are the ends of its interval.
    pub(super) difference: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

const WIDTH: f64 = 440.0;
const LEFT: f64 = 20.0;
const RIGHT: f64 = 78.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 46.0;
const LABEL: f64 = 26.0;
const LINE: f64 = 20.0;

/// Letters of a label that fit.
const LETTERS: usize = 52;

pub(super) fn plot(title: &str, rows: &[Row]) -> Markup {
    let (end, step) = scale(rows);
    let at_x = |value: f64| {
        let share = ((value + end) / (2.0 * end)).clamp(0.0, 1.0);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    };
    let heights = rows.iter().map(|row| LABEL + LINE * number(row.marks.len()) + 6.0);
    let bottom = TOP + heights.clone().sum::<f64>();
    let tops = heights.scan(TOP, |top, height| {
        let this = *top;
        *top += height;
        Some(this)
    });
    html! {
        figure class="plot differences" {
            svg viewBox={ "0 0 " (WIDTH) " " (round(bottom + BOTTOM)) } role="img" aria-label={ (title) ". The values are in the tables below." } {
                @for tick in ticks(end, step) {
                    line class=(if tick == 0.0 { "plot-zero" } else { "plot-grid" }) x1=(round(at_x(tick))) x2=(round(at_x(tick))) y1=(TOP) y2=(round(bottom)) {}
                    text class="plot-tick" x=(round(at_x(tick))) y=(round(bottom + 16.0)) text-anchor="middle" { (tick_label(tick, step)) }
                }
                text class="plot-label" x=(round(at_x(0.0))) y=(round(bottom + 36.0)) text-anchor="middle" { "percentage points" }
                @for (row, top) in rows.iter().zip(tops) {
                    text class="plot-name" x=(LEFT) y=(round(top + 17.0)) { (short(&row.label)) }
                    @for (place, mark) in row.marks.iter().enumerate() {
                        (drawn(mark, top + LABEL + LINE * number(place) + LINE / 2.0, at_x))
                    }
                }
            }
            figcaption { (title) " " (legend(rows)) }
        }
    }
}

fn drawn(mark: &Mark, y: f64, at_x: impl Fn(f64) -> f64) -> Markup {
    let (x, kind) = (at_x(mark.difference), mark.kind);
    html! {
        g class=(kind) {
            title { (mark.name) ": " (points(mark.difference)) " (" (points_between(assay_core::score::Interval { low: mark.low, high: mark.high })) ")" }
            line class="difference-interval" x1=(round(at_x(mark.low))) x2=(round(at_x(mark.high))) y1=(round(y)) y2=(round(y)) {}
            (sign(kind, x, y))
        }
        text class="plot-value" x=(WIDTH - RIGHT + 12.0) y=(round(y + 4.0)) { (points(mark.difference)) }
    }
}

/// Kinds differ by form too.
fn sign(kind: &str, x: f64, y: f64) -> Markup {
    html! {
        @match kind {
            "difference-secure" => path d={ "M" (round(x - 6.0)) " " (round(y)) "L" (round(x)) " " (round(y - 6.0)) "L" (round(x + 6.0)) " " (round(y)) "L" (round(x)) " " (round(y + 6.0)) "Z" } {},
            _ => circle cx=(round(x)) cy=(round(y)) r="5" {},
        }
    }
}

fn legend(rows: &[Row]) -> Markup {
    let marks = rows.iter().max_by_key(|row| row.marks.len()).map(|row| &row.marks);
    html! {
        @for mark in marks.into_iter().flatten() {
            span class="heat-legend" {
                svg class={ "difference-sign " (mark.kind) } viewBox="0 0 14 14" aria-hidden="true" { (sign(mark.kind, 7.0, 7.0)) }
                (mark.name)
            }
        }
    }
}

/// How far the axis reaches to both sides, and the step of its ticks.
fn scale(rows: &[Row]) -> (f64, f64) {
    let ends = rows
        .iter()
        .flat_map(|row| &row.marks)
        .flat_map(|mark| [mark.low.abs(), mark.high.abs(), mark.difference.abs()]);
    // Nothing narrower than a point is worth being looked at.
    let most = ends.fold(0.01, f64::max);
    let step = round_step(2.0 * most);
    // No difference is of more than 100 points.
    (((most / step).ceil() * step).min(1.0), step)
}

fn ticks(end: f64, step: f64) -> Vec<f64> {
    let mut ticks = vec![0.0];
    let mut value = step;
    while value <= end + step * 1e-6 {
        ticks.extend([-value, value]);
        value += step;
    }
    ticks.sort_by(f64::total_cmp);
    ticks
}

/// In points, with as many decimals as steps have.
fn tick_label(value: f64, step: f64) -> String {
    let decimals = if step * 100.0 < 0.999 { 1 } else { 0 };
    signed(value * 100.0, decimals)
}

fn short(label: &str) -> Markup {
    match label.char_indices().nth(LETTERS) {
        Some((end, _)) => html! { (Visible::line(&label[..end])) "…" },
        None => brief(label),
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(difference: f64, low: f64, high: f64) -> Row {
        let mark = Mark { kind: "difference-secure", name: "secure", difference, low, high };
        Row { label: "b against a".to_owned(), marks: vec![mark] }
    }

    #[test]
    fn an_axis_is_even_on_both_sides_and_has_one_zero_without_a_sign() {
        for (rows, expect) in [
            (vec![row(-0.031, -0.112, 0.05)], vec!["-15", "-10", "-5", "0", "+5", "+10", "+15"]),
            (vec![row(0.0, 0.0, 0.0)], vec!["-1.0", "-0.5", "0.0", "+0.5", "+1.0"]),
            (vec![row(0.9, 0.4, 1.0)], vec!["-100", "-50", "0", "+50", "+100"]),
        ] {
            let (end, step) = scale(&rows);
            let labels: Vec<String> =
                ticks(end, step).into_iter().map(|tick| tick_label(tick, step)).collect();
            assert_eq!(labels, expect, "{end} {step}");
        }
        let page = plot("Differences", &[row(-0.000_01, -0.1, 0.1)]).into_string();
        assert!(!page.contains("-0.00") && page.contains(">0.00<"), "{page}");
    }

    #[test]
    fn labels_that_models_choose_stay_text() {
        let mut hostile = row(0.1, 0.0, 0.2);
        hostile.label = format!("<script>{}", "w".repeat(400));
        let page = plot("Differences", &[hostile]).into_string();
        assert!(page.contains("&lt;script&gt;www") && !page.contains("<script"), "{page}");
        assert!(!page.contains(&"w".repeat(60)), "{page}");
    }
}
