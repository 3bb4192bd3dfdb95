//! Heat maps as SVG: how often each row succeeded at each column, as shades. Rows and columns are
//! groups, which the script moves together when a reader chooses a part of them.

use maud::{Markup, html};

use super::plot::round;
use crate::printable::{Visible, short};

/// A row or a column of a heat map.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) href: Option<String>,
    /// What the script knows it by.
    pub(super) key: usize,
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

/// Characters of a name that are shown, and about how wide one is.
const MOST_NAME: usize = 26;
const LETTER: f64 = 6.1;

/// Room for the longest of these names.
fn room(lines: &[Line]) -> f64 {
    let letters = lines.iter().map(|line| line.label.chars().count().min(MOST_NAME));
    f64::from(u8::try_from(letters.max().unwrap_or_default()).unwrap_or(u8::MAX)) * LETTER + 14.0
}

/// How often each row was secure at each column.
pub(super) fn heat_map(
    kind: &'static str,
    title: &str,
    (rows, columns): (&[Line], &[Line]),
    cell: impl Fn(usize, usize) -> Option<Heat>,
) -> Markup {
    let (side, turn) = if columns.len() > 40 { (13.0, -90) } else { (24.0, -55) };
    let slant = if turn == -90 { 1.0 } else { 0.82 };
    let (names, heads) = (room(rows), room(columns) * slant + 6.0);
    let along = |place: usize| f64::from(u32::try_from(place).unwrap_or(u32::MAX)) * side;
    let (width, height) = (names + along(columns.len()) + 90.0, heads + along(rows.len()) + 8.0);
    let link = |line: &Line, text: Markup| match &line.href {
        Some(href) => html! { a href=(href) { (text) } },
        None => text,
    };
    html! {
        figure class="plot heat" data-plot=(kind) data-side=(side) data-names=(round(names)) data-heads=(round(heads)) {
            div class="scrolling plain" role="region" aria-label=(title) tabindex="0" {
                svg viewBox={ "0 0 " (round(width)) " " (round(height)) } width=(round(width)) height=(round(height)) role="group" aria-label={ (title) ". The numbers are in the tables of this page." } {
                    @for (row, line) in rows.iter().enumerate() {
                        g class="heat-name" data-row=(line.key) transform={ "translate(0 " (round(heads + along(row))) ")" } {
                            (link(line, html! {
                                text class="plot-name" x=(round(names - 8.0)) y=(round(side * 0.72)) text-anchor="end" { (short(&line.label, MOST_NAME)) }
                            }))
                        }
                    }
                    @for (column, head) in columns.iter().enumerate() {
                        g class="heat-column" data-column=(head.key) transform={ "translate(" (round(names + along(column))) " 0)" } {
                            (link(head, html! {
                                text class="plot-name" transform={ "translate(" (round(side * 0.68)) " " (round(heads - 6.0)) ") rotate(" (turn) ")" } { (short(&head.label, MOST_NAME)) }
                            }))
                            @for (row, line) in rows.iter().enumerate() {
                                @if let Some(heat) = cell(row, column).filter(|heat| heat.judged > 0) {
                                    rect class={ "heat-" (heat.shade()) } data-row=(line.key) y=(round(heads + along(row))) width=(side - 1.0) height=(side - 1.0) {
                                        title { (Visible::line(&line.label)) ", " (Visible::line(&head.label)) ": " (heat.successes) " of " (heat.judged) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            figcaption { (title) (legend()) }
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
    fn a_shade_is_the_share_in_tenths() {
        let shade = |successes, judged| Heat { successes, judged }.shade();
        assert_eq!([shade(0, 4), shade(1, 4), shade(4, 4), shade(1, 40)], [0, 3, 10, 0]);
    }
}
