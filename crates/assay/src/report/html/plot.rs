//! Scatter plots as SVG: readable on paper and in the dark, with the same in words for those who
//! do not see them. Colours are classes of the style sheet, as the pages' policy forbids
//! styles of elements. For a part of the cases the script draws them anew: plots.js.

use maud::{Markup, html};

use super::axis::Axis;
use super::plot_labels::{self, Label};
use crate::printable::{Visible, short};
use crate::report::quantity::percent;

/// A point of a scatter plot.
pub(super) struct Point {
    pub(super) label: String,
    pub(super) x: f64,
    pub(super) y: f64,
    /// The ends of the interval of `y`.
    pub(super) interval: Option<(f64, f64)>,
}

pub(super) const WIDTH: f64 = 720.0;
pub(super) const HEIGHT: f64 = 440.0;
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 24.0;
pub(super) const TOP: f64 = 16.0;
pub(super) const BOTTOM: f64 = 56.0;

/// Characters of a name that fit beside a point.
const MOST_NAME: usize = 26;

/// A scatter plot.
pub(super) struct Scatter<'a> {
    pub(super) title: &'a str,
    /// By what the script knows it.
    pub(super) kind: &'static str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) points: &'a [Point],
    /// Whether a line is drawn where both values are equal.
    pub(super) has_diagonal: bool,
}

impl Scatter<'_> {
    pub(super) fn draw(&self) -> Markup {
        let Scatter { title, kind, x, y, points, .. } = self;
        let at_x = |value: f64| LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
        let at_y = |value: f64| HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
        let names: Vec<String> = points.iter().map(|it| short(&it.label, MOST_NAME)).collect();
        let places: Vec<(f64, f64)> = points.iter().map(|it| (at_x(it.x), at_y(it.y))).collect();
        let labels = plot_labels::place(&places, &names);
        html! {
            figure class="plot" data-plot=(kind) {
                div class="scrolling plain" role="region" aria-label=(title) tabindex="0" {
                    svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (title) ". The values are in the tables of this page." } {
                        (self.axes(&at_x, &at_y))
                        @for point in *points {
                            @if let Some((low, high)) = point.interval {
                                line class="plot-interval" x1=(round(at_x(point.x))) x2=(round(at_x(point.x))) y1=(round(at_y(low))) y2=(round(at_y(high))) {}
                            }
                        }
                        @for ((point, label), name) in points.iter().zip(&labels).zip(&names) {
                            (mark(label, name))
                            circle class="plot-point" cx=(round(at_x(point.x))) cy=(round(at_y(point.y))) r="4.5" {
                                title { (Visible::line(&point.label)) ": " (x.write(point.x)) ", " (percent(Some(point.y))) }
                            }
                        }
                    }
                }
                figcaption { (title) }
            }
        }
    }

    fn axes(&self, at_x: &dyn Fn(f64) -> f64, at_y: &dyn Fn(f64) -> f64) -> Markup {
        let (x, y) = (&self.x, &self.y);
        let (from, to) = (x.from.max(y.from), x.to.min(y.to));
        html! {
            @for tick in x.ticks() {
                line class="plot-grid" x1=(round(at_x(tick))) x2=(round(at_x(tick))) y1=(TOP) y2=(HEIGHT - BOTTOM) {}
                text class="plot-tick" x=(round(at_x(tick))) y=(HEIGHT - BOTTOM + 18.0) text-anchor="middle" { (x.write_tick(tick)) }
            }
            @for tick in y.ticks() {
                line class="plot-grid" y1=(round(at_y(tick))) y2=(round(at_y(tick))) x1=(LEFT) x2=(WIDTH - RIGHT) {}
                text class="plot-tick" y=(round(at_y(tick) + 4.0)) x=(LEFT - 8.0) text-anchor="end" { (y.write_tick(tick)) }
            }
            text class="plot-label" x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 12.0) text-anchor="middle" { (x.label) }
            text class="plot-label" transform={ "translate(16 " ((TOP + HEIGHT - BOTTOM) / 2.0) ") rotate(-90)" } text-anchor="middle" { (y.label) }
            @if self.has_diagonal && from < to {
                line class="plot-diagonal" x1=(round(at_x(from))) y1=(round(at_y(from))) x2=(round(at_x(to))) y2=(round(at_y(to))) {}
            }
        }
    }
}

/// A name, and a line to its point where it stands apart from it.
fn mark(label: &Label, name: &str) -> Markup {
    html! {
        @if let Some([x1, y1, x2, y2]) = label.leader {
            line class="plot-leader" x1=(round(x1)) y1=(round(y1)) x2=(round(x2)) y2=(round(y2)) {}
        }
        text class="plot-name" x=(round(label.left)) y=(round(label.baseline)) { (name) }
    }
}

/// As many places as are needed on a screen.
pub(super) fn round(value: f64) -> String {
    format!("{value:.1}")
}
