//! `assay cases --summary`: of what cases a corpus is made up, beside the tables of the paper on
//! SecCodeBench-V2.

use std::collections::BTreeSet;

use assay_core::makeup::{Makeup, of_paper};
use assay_core::{Case, Corpus, Cwe, Language, Severity, counted};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::commands::Context;
use crate::terminal::{say, say_json, table, tell};

/// What there is of a language, and what the paper has of it.
struct Row {
    language: Language,
    own: Makeup,
    paper: Option<Makeup>,
}

impl Row {
    fn missing(&self) -> Makeup {
        self.paper.as_ref().map(|paper| paper.beyond(&self.own)).unwrap_or_default()
    }

    fn beyond(&self) -> Makeup {
        self.own.beyond(&self.paper.clone().unwrap_or_default())
    }

    /// Whether all that the paper has is there; `None` of a language that it does not have.
    fn is_met(&self) -> Option<bool> {
        self.paper.as_ref().map(|_| self.missing().is_empty())
    }

    fn describe(&self) -> Value {
        json!({
            "language": self.language,
            "met": self.is_met(),
            "own": described(&self.own),
            "paper": self.paper.as_ref().map(described),
            "missing": described(&self.missing()),
            "beyond": described(&self.beyond()),
        })
    }

    /// What of the paper's row is there, in a sentence.
    fn told(&self) -> String {
        let missing = match self.is_met() {
            None => "not in the paper".to_owned(),
            Some(true) => "met".to_owned(),
            Some(false) => format!("missing {}", listed(&self.missing())),
        };
        let beyond = self.beyond();
        match beyond.is_empty() {
            true => format!("{}: {missing}", self.language.title()),
            false => format!("{}: {missing}; beyond it {}", self.language.title(), listed(&beyond)),
        }
    }
}

/// Tells of these cases, and compares the languages that were chosen, or else all.
pub(super) fn execute(
    context: &Context<'_>,
    corpus: &Corpus,
    cases: &[&Case],
    chosen: &[Language],
) -> anyhow::Result<()> {
    let of = |language: Language| cases.iter().copied().filter(move |it| it.language == language);
    let rows: Vec<Row> = Language::ALL
        .into_iter()
        .filter(|language| chosen.is_empty() || chosen.contains(language))
        .map(|language| Row { language, own: Makeup::of(of(language)), paper: of_paper(language) })
        .filter(|row| row.own.cases > 0 || row.paper.is_some())
        .collect();
    if context.global.format == Format::Json {
        let rows: Vec<Value> = rows.iter().map(Row::describe).collect();
        return say_json(
            &json!({"schema": "assay.makeup/1", "digest": corpus.digest, "cases": cases.len(), "languages": rows}),
        );
    }
    say("Cases, and of how many the paper on SecCodeBench-V2 tells (Table 3)\n")?;
    say(table(&["language", "cases>", "critical>", "high>", "medium>"], &severities(&rows))
        .trim_end())?;
    say("\nWeaknesses that they are labelled with (Table 4); a case may have several\n")?;
    let mut titles = vec!["weakness".to_owned()];
    titles.extend(rows.iter().map(|row| format!("{}>", row.language.title())));
    titles.push("name".to_owned());
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    say(table(&titles, &weaknesses(&rows)).trim_end())?;
    say("")?;
    for row in &rows {
        tell(&row.told())?;
    }
    let met = rows.iter().filter(|row| row.is_met() == Some(true)).count();
    let wanted = rows.iter().filter(|row| row.paper.is_some()).count();
    tell(&format!(
        "\n{}; {met} of {wanted} languages of the paper have all that it has",
        counted(cases.len(), "case")
    ))
}

fn severities(rows: &[Row]) -> Vec<Vec<String>> {
    let cells = |row: &Row| {
        let number = |of: &dyn Fn(&Makeup) -> usize| both(of(&row.own), row.paper.as_ref().map(of));
        let mut cells = vec![row.language.title().to_owned(), number(&|it| it.cases)];
        cells.extend(Severity::ALL.map(|severity| number(&|it| it.severity(severity))));
        cells
    };
    rows.iter().map(cells).collect()
}

fn weaknesses(rows: &[Row]) -> Vec<Vec<String>> {
    let makeups = rows.iter().flat_map(|row| row.paper.iter().chain([&row.own]));
    let all: BTreeSet<Cwe> = makeups.flat_map(|it| it.weaknesses.keys().copied()).collect();
    let cells = |cwe: Cwe| {
        let mut cells = vec![cwe.to_string()];
        cells.extend(rows.iter().map(|row| {
            both(row.own.weakness(cwe), row.paper.as_ref().map(|paper| paper.weakness(cwe)))
        }));
        cells.push(cwe.name().unwrap_or_default().to_owned());
        cells
    };
    all.into_iter().map(cells).collect()
}

/// Ours of the paper's; nothing where there is neither.
fn both(own: usize, paper: Option<usize>) -> String {
    match (own, paper.unwrap_or_default()) {
        (0, 0) => String::new(),
        (own, paper) => format!("{own}/{paper}"),
    }
}

/// What a makeup holds, in words.
fn listed(makeup: &Makeup) -> String {
    let mut parts = Vec::new();
    if makeup.cases > 0 {
        parts.push(counted(makeup.cases, "case"));
    }
    let severities = Severity::ALL.into_iter().filter(|it| makeup.severity(*it) > 0);
    parts.extend(severities.map(|it| format!("{} {it}", makeup.severity(it))));
    parts.extend(makeup.weaknesses.iter().map(|(cwe, count)| match count {
        1 => cwe.to_string(),
        count => format!("{cwe} ×{count}"),
    }));
    parts.join(", ")
}

fn described(makeup: &Makeup) -> Value {
    let severities: serde_json::Map<String, Value> = Severity::ALL
        .into_iter()
        .map(|severity| (severity.to_string(), json!(makeup.severity(severity))))
        .collect();
    let weaknesses: serde_json::Map<String, Value> =
        makeup.weaknesses.iter().map(|(cwe, count)| (cwe.to_string(), json!(count))).collect();
    json!({"cases": makeup.cases, "severities": severities, "cwe": weaknesses})
}
