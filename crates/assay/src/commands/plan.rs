//! `assay plan`: how many cases and rounds would show a difference.

use anyhow::bail;
use assay_core::score::{Aim, Metric, Spread};
use serde_json::json;

use super::Context;
use super::compare::wanted;
use crate::cli::{Format, PlanArgs};
use crate::exit::Exit;
use crate::report::quantity::{count, counted};
use crate::report::{Power, ROUNDS, RunData, Variation, Wanted};
use crate::store::Store;
use crate::terminal::{clean, say, say_json, table};

pub(super) fn execute(context: &Context<'_>, args: &PlanArgs) -> anyhow::Result<Exit> {
    if args.score == Metric::SecureIfFunctional {
        bail!(
            "how {} varies depends on how often code works; plan by another --score, such as overall",
            args.score
        );
    }
    let wanted = wanted(&args.detect);
    let variation = variation(context, args)?;
    let cases = args.cases.map(|cases| cases as usize).or(variation.cases);
    let mut rounds: Vec<u32> = ROUNDS.into_iter().chain(args.rounds).collect();
    rounds.sort_unstable();
    rounds.dedup();
    let rows: Vec<Row> =
        rounds.iter().map(|rounds| Row::of(*rounds, &variation.spread, cases, wanted)).collect();
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.plan/1",
            "score": args.score.to_string(),
            "points": wanted.points,
            "power": wanted.aim.power,
            "level": wanted.aim.level,
            "variances-of": variation.source,
            "between": variation.spread.between,
            "within": variation.spread.within,
            "cases": cases,
            "rounds": rows.iter().map(|row| row.json()).collect::<Vec<_>>(),
        }))?;
    } else {
        print(args, &variation, cases, &rows, wanted)?;
    }
    Ok(Exit::Success)
}

/// How scores vary: in the run, or as is usual.
fn variation(context: &Context<'_>, args: &PlanArgs) -> anyhow::Result<Variation> {
    let Some(path) = &args.run else {
        return Ok(Variation::usual(args.rate.map_or(0.5, |rate| rate.0)));
    };
    let rules = context.config.scoring(args.scoring)?;
    let run = RunData::read(&Store::open_to_read(path)?, &rules)?;
    Ok(Variation::of_run(&run, args.baseline.as_deref(), &args.with, args.score)?)
}

/// What so many rounds show.
struct Row {
    rounds: u32,
    /// Cases that show the difference.
    needed: Option<usize>,
    /// How often the cases that there are would show it.
    found: Option<f64>,
    /// The smallest difference that those cases show, in [0, 1].
    detectable: Option<f64>,
}

impl Row {
    fn of(rounds: u32, spread: &Spread, cases: Option<usize>, wanted: Wanted) -> Row {
        let Wanted { points, aim } = wanted;
        Row {
            rounds,
            needed: spread.cases_for(points / 100.0, rounds, aim),
            found: cases.and_then(|it| spread.power(points / 100.0, it, rounds, aim.level)),
            detectable: cases.and_then(|it| spread.detectable(it, rounds, aim)),
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "rounds": self.rounds,
            "cases-needed": self.needed,
            "power": self.found,
            "detectable-points": self.detectable.map(|it| it * 100.0),
        })
    }

    fn cells(&self, tasks: f64, has_cases: bool) -> Vec<String> {
        let dash = || "–".to_owned();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cases are few"
        )]
        let attempts =
            |cases: usize| count((cases as f64 * tasks * f64::from(self.rounds)).round() as usize);
        let mut cells = vec![
            self.rounds.to_string(),
            self.needed.map_or_else(dash, count),
            self.needed.map_or_else(dash, attempts),
        ];
        if has_cases {
            cells.push(self.found.map_or_else(dash, |it| format!("{:.0}%", it * 100.0)));
            cells.push(self.detectable.map_or_else(dash, |it| format!("{:.1}", it * 100.0)));
        }
        cells
    }
}

fn print(
    args: &PlanArgs,
    variation: &Variation,
    cases: Option<usize>,
    rows: &[Row],
    wanted: Wanted,
) -> anyhow::Result<()> {
    let Variation { spread, source, tasks, .. } = variation;
    say(&format!(
        "To show a difference of {} points between the {} scores of two subjects, as they vary {}.",
        wanted.points,
        args.score,
        clean(source),
    ))?;
    let points = |variance: f64| format!("{:.1}", variance.sqrt() * 100.0);
    say(&match spread.within {
        Some(within) => format!(
            "At one case the two differ with a standard deviation of {} points for lasting reasons, and by chance of {} points in one round.\n",
            points(spread.between),
            points(within),
        ),
        None => format!(
            "At one case the two differ with a standard deviation of {} points. How much of it is the chance of a round cannot be told, because no case was asked twice; so nothing is said of more rounds.\n",
            points(spread.between),
        ),
    })?;
    let mut heads = vec!["rounds>", "cases needed>", "attempts of each>"];
    let of_cases = cases.map(|cases| format!("{} find it>", counted(cases, "case")));
    if let Some(of_cases) = &of_cases {
        heads.extend([of_cases.as_str(), "show at least>"]);
    }
    let cells = rows.iter().map(|row| row.cells(*tasks, cases.is_some()));
    say(&table(&heads, &cells.collect::<Vec<_>>()))?;
    say(&explained(spread, cases, wanted.aim))
}

fn explained(spread: &Spread, cases: Option<usize>, aim: Aim) -> String {
    let mut text = Power::aim(aim);
    text.push_str(" Both subjects are asked the same cases, and are paired by case.");
    if let Some(within) = spread.within
        && within > 0.0
    {
        // From here on a further round takes less than a tenth of the variance away.
        let rounds = (1..=1_000_u32).find(|rounds| {
            let noise = within / f64::from(*rounds);
            noise - within / f64::from(rounds + 1) < 0.1 * (spread.between + noise)
        });
        if let Some(rounds) = rounds {
            text.push_str(&format!(
                " Rounds take away only the chance of a round, not what differs between cases: beyond {} another round helps less than a tenth, and further cases help more.",
                counted(rounds as usize, "round")
            ));
        }
    }
    if cases.is_some() {
        text.push_str(" The last columns say how often the cases that there are would show the difference, and the smallest difference, in points, that they show as often as is wanted.");
    }
    text
}
