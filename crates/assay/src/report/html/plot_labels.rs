//! Where the names of a plot's points stand: each has one, beside its point where there is room,
//! and otherwise further off with a line to it.

use super::plot::{BOTTOM, HEIGHT, LEFT, WIDTH};

/// A name on the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Label {
    pub(super) left: f64,
    pub(super) baseline: f64,
    /// The ends of a line from the point to the name.
    pub(super) leader: Option<[f64; 4]>,
}

/// About how wide a letter is, and how high a line.
const LETTER: f64 = 6.1;
const LINE: f64 = 12.0;

/// How far beside a point a name may stand, and in how many lines above and below it.
const ASIDE: [f64; 7] = [12.0, 36.0, 70.0, 115.0, 170.0, 230.0, 300.0];
const LINES: u8 = 14;

/// A box: left, top, right, bottom.
type Bounds = [f64; 4];

/// A place for each name, given where the points are.
pub(super) fn place(points: &[(f64, f64)], names: &[String]) -> Vec<Label> {
    let around = |(x, y): &(f64, f64)| [x - 5.0, y - 5.0, x + 5.0, y + 5.0];
    let mut taken: Vec<Bounds> = points.iter().map(around).collect();
    let mut labels = Vec::new();
    for (point, name) in points.iter().zip(names) {
        let letters = u16::try_from(name.chars().count()).unwrap_or(u16::MAX);
        let candidates = candidates(*point, f64::from(letters) * LETTER);
        let crossed =
            |label: &(Label, Bounds)| taken.iter().filter(|other| overlap(&label.1, other)).count();
        let within = candidates.iter().filter(|(_, bounds)| is_within(bounds));
        // The first that covers nothing; if each covers something, the one that covers least.
        let best = within.min_by_key(|label| crossed(label)).or(candidates.first());
        if let Some((label, bounds)) = best {
            labels.push(*label);
            taken.push(*bounds);
        }
    }
    labels
}

/// The places that a name may have, the best first.
fn candidates((x, y): (f64, f64), width: f64) -> Vec<(Label, Bounds)> {
    let bounds = |left: f64, baseline: f64| {
        [left - 1.0, baseline - LINE + 2.0, left + width + 1.0, baseline + 3.0]
    };
    let beside = [
        (x + 8.0, y + 4.0),
        (x - 8.0 - width, y + 4.0),
        (x - width / 2.0, y - 9.0),
        (x - width / 2.0, y + 17.0),
    ];
    let beside = beside
        .into_iter()
        .map(|(left, baseline)| (Label { left, baseline, leader: None }, bounds(left, baseline)));
    let mut further: Vec<(f64, f64)> = Vec::new();
    for (aside, line) in ASIDE.into_iter().flat_map(|it| (0..=LINES).map(move |line| (it, line))) {
        let down = f64::from(line) * (LINE + 1.0);
        further.extend([(aside, down), (-aside, down), (aside, -down), (-aside, -down)]);
    }
    further.sort_by(|a, b| a.0.hypot(a.1).total_cmp(&b.0.hypot(b.1)));
    let further = further.into_iter().map(|(right, down)| {
        let (end_x, end_y) = (x + right, y + down);
        let left = if right < 0.0 { end_x - width } else { end_x };
        let baseline = end_y + 4.0;
        let leader = Some([x, y, end_x, end_y]);
        (Label { left, baseline, leader }, bounds(left, baseline))
    });
    beside.chain(further).collect()
}

fn is_within(bounds: &Bounds) -> bool {
    let [left, top, right, bottom] = *bounds;
    left >= LEFT && right <= WIDTH && top >= 0.0 && bottom <= HEIGHT - BOTTOM
}

fn overlap(a: &Bounds, b: &Bounds) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_has_a_name_and_none_covers_another() {
        let points: Vec<(f64, f64)> = (0..28)
            .map(|place| (300.0 + f64::from(place % 7) * 9.0, 120.0 + f64::from(place) * 3.0))
            .collect();
        let names: Vec<String> =
            (0..28).map(|place| format!("a rather long name {place}")).collect();
        let labels = place(&points, &names);
        assert_eq!(labels.len(), 28);
        assert!(labels.iter().any(|label| label.leader.is_some()));
        let bounds = |(label, name): (&Label, &String)| {
            let width = LETTER * f64::from(u16::try_from(name.len()).expect("short"));
            [label.left, label.baseline - LINE + 2.0, label.left + width, label.baseline + 3.0]
        };
        let all: Vec<Bounds> = labels.iter().zip(&names).map(bounds).collect();
        for (place, one) in all.iter().enumerate() {
            assert!(is_within(one), "{one:?}");
            assert!(!all[place + 1..].iter().any(|other| overlap(one, other)), "{place}");
        }
    }

    #[test]
    fn where_there_is_no_room_each_still_has_a_name() {
        let points = vec![(300.0, 200.0); 300];
        let names = vec!["a name".to_owned(); 300];
        assert_eq!(place(&points, &names).len(), 300);
    }
}
