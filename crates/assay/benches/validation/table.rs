//! Prints the figures for people and for programs.

use assay_core::Language;
use serde_json::{Value, json};

use crate::comparison::{Arm, Comparison, Row};
use crate::measure::Cost;

/// The attempts of one model: rounds times scenarios, for each case.
const ATTEMPTS_PER_CASE: f64 = 40.0;

/// How many of the 98 cases are written in a language.
fn official_cases(language: Language) -> f64 {
    match language {
        Language::Java => 53.0,
        Language::C => 15.0,
        Language::Go | Language::Python => 13.0,
        Language::NodeJs => 4.0,
        Language::Ruby => 0.0,
    }
}

impl Row {
    fn arms(&self) -> [(&'static str, &Arm); 3] {
        [("assay", &self.assay), ("bare", &self.bare), ("official", &self.official)]
    }

    /// Prints a language's figures as soon as they are there.
    pub(crate) fn print(&self, language: Language) {
        println!(
            "\n{:<10}{:>9}{:>9}{:>9}{:>9}{:>16}{:>13}   milliseconds per artifact, {} artifacts",
            language.title(),
            "wall med",
            "mean",
            "CPU med",
            "mean",
            "together: wall",
            "CPU",
            self.artifacts,
        );
        for (name, arm) in self.arms().into_iter().filter(|(_, arm)| !arm.costs.is_empty()) {
            let (median, mean) = (arm.costs.median(), arm.costs.mean());
            print!(
                "  {name:<8}{:>9.0}{:>9.0}{:>9.0}{:>9.0}",
                median.wall, mean.wall, median.cpu, mean.cpu
            );
            match arm.together {
                Some(cost) => print!("{:>16.0}{:>13.0}", cost.wall, cost.cpu),
                None => print!("{:>16}{:>13}", "", ""),
            }
            print!("   {} of {} as known", arm.agreed, arm.costs.len());
            match arm.disagreements.join(", ") {
                none if none.is_empty() => println!(),
                cases => println!("; not {cases}"),
            }
        }
        let ratios = [
            ("assay / bare", &self.assay, &self.bare),
            ("official / assay", &self.official, &self.assay),
        ];
        for (name, above, below) in ratios {
            if !above.costs.is_empty() && !below.costs.is_empty() {
                let (above, below) = (above.costs.mean(), below.costs.mean());
                println!(
                    "  {name}: {:.2} of mean wall time, {:.2} of mean CPU time",
                    above.wall / below.wall,
                    above.cpu / below.cpu,
                );
            }
        }
    }

    fn json(&self) -> Value {
        let cost = |cost: Cost| json!({ "wall_ms": cost.wall, "cpu_ms": cost.cpu });
        let arms = self.arms().into_iter().filter(|(_, arm)| !arm.costs.is_empty());
        let arms = arms.map(|(name, arm)| {
            let figures = json!({
                "measured": arm.costs.len(),
                "agreed": arm.agreed,
                "disagreements": arm.disagreements,
                "median": cost(arm.costs.median()),
                "mean": cost(arm.costs.mean()),
                "together": arm.together.map(cost),
            });
            (name.to_owned(), figures)
        });
        let mut object: serde_json::Map<String, Value> = arms.collect();
        object.insert("artifacts".to_owned(), json!(self.artifacts));
        Value::Object(object)
    }
}

impl Comparison {
    /// Prints what a whole model's attempts take.
    pub(crate) fn print(&self) {
        println!(
            "\nOne model's 3920 attempts on the 98 cases (the languages' shares: Java 53, C 15, Go 13, Python 13, Node.js 4), {} at a time:",
            self.jobs
        );
        let (assay, official) = (self.minutes(|row| &row.assay), self.minutes(|row| &row.official));
        for (name, total) in [("assay", &assay), ("official", &official)] {
            if total.attempts > 0.0 {
                println!(
                    "  {name:<8} {:>6.0} attempts per minute: {:.1} minutes{}",
                    total.attempts / total.minutes,
                    total.minutes,
                    total.note(),
                );
            }
        }
        if assay.attempts > 0.0 && assay.attempts.total_cmp(&official.attempts).is_eq() {
            println!("  assay has {:.1} times the throughput", official.minutes / assay.minutes);
        }
    }

    /// The time of a model's attempts in the languages that an arm has figures of.
    fn minutes(&self, arm: impl Fn(&Row) -> &Arm) -> Total {
        let mut total = Total::default();
        for (language, row) in &self.languages {
            if let Some(cost) = arm(row).together {
                let attempts = ATTEMPTS_PER_CASE * official_cases(*language);
                total.attempts += attempts;
                total.minutes += attempts * cost.wall / 60_000.0;
            }
        }
        total
    }

    pub(crate) fn json(&self) -> Value {
        let languages: serde_json::Map<String, Value> = self
            .languages
            .iter()
            .map(|(language, row)| (language.as_str().to_owned(), row.json()))
            .collect();
        let total = |total: Total| json!({ "attempts": total.attempts, "minutes": total.minutes });
        json!({
            "jobs": self.jobs,
            "languages": languages,
            "model": {
                "assay": total(self.minutes(|row| &row.assay)),
                "official": total(self.minutes(|row| &row.official)),
            },
        })
    }
}

#[derive(Debug, Default)]
struct Total {
    attempts: f64,
    minutes: f64,
}

impl Total {
    fn note(&self) -> String {
        match 3920.0 - self.attempts {
            0.0 => String::new(),
            _ => {
                format!(" for {:.0} of them; the other languages were not measured", self.attempts)
            }
        }
    }
}
