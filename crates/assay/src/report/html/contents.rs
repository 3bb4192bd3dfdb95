//! What a report consists of: its files by their paths, each of which can be made alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use assay_core::AttemptRecord;
use assay_core::record::CaseSummary;
use assay_core::score::{Leaderboard, ScoringRules};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Map, Value, json};

use super::attempt::ReportedAttempt;
use super::page::{self, Medium, Page, STYLE};
use super::reported_run::{Entry, ReportedRun};
use super::search::{self, FoundInRun, Query};
use super::search_index::{PartWords, SearchWords};
use super::{
    attempt, badge, case, cells, comparison, cov_eval, index, pair, solutions, subject, trend,
};
use crate::report::{RunData, RunOrder};
use crate::store::{Store, StoreError};

const SCRIPT: &str = concat!(
    include_str!("highlight.js"),
    include_str!("changes.js"),
    include_str!("timeline.js"),
    include_str!("scores.js"),
    include_str!("filters.js"),
    include_str!("plots.js"),
    include_str!("hand.js"),
    include_str!("pair.js"),
    include_str!("search.js"),
    include_str!("report.js"),
);

/// The runs of a report, and every file of it.
pub struct Report {
    runs: Vec<ReportedRun>,
    files: BTreeMap<String, File>,
    /// The subjects of several runs beside each other; those of one were compared when it
    /// was read.
    board: Option<Leaderboard>,
    rules: ScoringRules,
    order: RunOrder,
}

/// A file, by the positions of what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Index,
    Case {
        run: usize,
        case: usize,
    },
    Subject {
        run: usize,
        subject: usize,
    },
    /// The results of a run's subjects in CoV-Eval.
    CovEval {
        run: usize,
    },
    CovEvalSubject {
        run: usize,
        subject: usize,
    },
    /// Models alone and under agents, where there are any.
    Comparison,
    /// The page that shows any attempt.
    Attempt,
    /// The page that shows any two attempts at a case.
    Pair,
    /// The attempts of a subject at a case.
    Attempts {
        run: usize,
        case: usize,
        subject: usize,
    },
    /// The solutions of a case that attempts are held against.
    Solutions {
        run: usize,
        case: usize,
    },
    Cells,
    Trend,
    Search,
    Style,
    Script,
}

/// A file as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Page,
    Style,
    Script,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (runs, files) = (self.runs.len(), self.files.len());
        f.debug_struct("Report").field("runs", &runs).field("files", &files).finish_non_exhaustive()
    }
}

impl Report {
    /// The report of these runs, by the numbers that they have in it.
    pub fn new(runs: Vec<(usize, Arc<RunData>)>, rules: &ScoringRules) -> Report {
        Report::in_order(runs, rules, RunOrder::Started)
    }

    /// The same, with trends in this order.
    pub fn in_order(
        runs: Vec<(usize, Arc<RunData>)>,
        rules: &ScoringRules,
        order: RunOrder,
    ) -> Report {
        let mut runs: Vec<ReportedRun> =
            runs.into_iter().map(|(number, data)| ReportedRun::new(number, data)).collect();
        ReportedRun::tell_apart(&mut runs);
        let board = Entry::compare(&runs);
        let mut files = files(&runs);
        if !trend::trends(&runs, order).is_empty() {
            files.insert(trend::PATH.to_owned(), File::Trend);
        }
        Report { runs, files, board, rules: rules.clone(), order }
    }

    /// The paths of all files from the report's root.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The runs, in order of their numbers.
    pub fn runs(&self) -> Vec<Arc<RunData>> {
        self.runs.iter().map(|run| Arc::clone(&run.data)).collect()
    }

    /// The page of a search, with what was found in each run.
    pub fn search_page(&self, query: &Query, found: &[FoundInRun], medium: &Medium) -> Content {
        let page = search::page(&self.runs, Some((query, found)));
        Content { kind: Kind::Page, text: page.render(medium).into_string() }
    }

    /// Whether anything in it has a trend.
    pub fn has_trend(&self) -> bool {
        self.files.contains_key(trend::PATH)
    }

    /// The ids of the runs, in order of their numbers.
    pub fn run_ids(&self) -> impl Iterator<Item = &str> {
        self.runs.iter().map(|run| run.data.info.id.as_str())
    }

    /// How many attempts the file with this path shows whole.
    pub fn attempts_in(&self, path: &str) -> usize {
        match self.files.get(path) {
            Some(File::Attempts { run, case, subject }) => {
                self.runs[*run].attempts_by(*case, *subject).count()
            }
            _ => 0,
        }
    }

    /// Makes the file with this path; `None` if the report has none. Attempts are read
    /// from the run's store then, so that memory does not grow with the texts of a run.
    pub fn content(&self, path: &str, medium: &Medium) -> Result<Option<Content>, StoreError> {
        let Some(file) = self.files.get(path) else { return Ok(None) };
        let page =
            |page: Page| Content { kind: Kind::Page, text: page.render(medium).into_string() };
        let data = |content: &Value| script(path, content);
        Ok(Some(match *file {
            File::Index => {
                let entries = Entry::all(&self.runs);
                let board = self.board.as_ref().or(match &self.runs[..] {
                    [run] => Some(&run.data.board),
                    _ => None,
                });
                page(index::page(&self.runs, &entries, board, self.has_trend()))
            }
            File::Case { run, case } => page(case::page(&self.runs, &self.runs[run], case)),
            File::Subject { run, subject } => page(subject::page(&self.runs[run], subject)),
            File::CovEval { run } => page(cov_eval::page(&self.runs[run])),
            File::CovEvalSubject { run, subject } => {
                page(cov_eval::subject::page(&self.runs[run], subject))
            }
            File::Comparison => page(comparison::of_report(&self.runs)),
            File::Attempt => page(attempt::shell()),
            File::Pair => page(pair::shell()),
            File::Attempts { run, case, subject } => {
                let attempts = self.attempts((run, case, subject), &mut |_| {})?;
                data(&packed(&attempts.to_string()).into())
            }
            File::Solutions { run, case } => {
                data(&solutions::data(&self.runs[run].data.info.cases[case]))
            }
            File::Cells => {
                let scoring = self.rules.with_stored(None);
                let scoring = self.runs.first().map_or(scoring, |run| run.data.scoring.clone());
                let entries = Entry::all(&self.runs);
                data(&cells::data(&self.runs, &entries, &scoring.weights))
            }
            File::Search => page(search::page(&self.runs, None)),
            File::Trend => page(trend::page(&self.runs, self.order)),
            File::Style => Content { kind: Kind::Style, text: STYLE.to_owned() },
            File::Script => Content { kind: Kind::Script, text: SCRIPT.to_owned() },
        }))
    }

    /// The file of attempts with this path, whose words are taken up; `None` if it is another one.
    pub(super) fn attempts_with_words(
        &self,
        path: &str,
        words: &mut SearchWords,
    ) -> Result<Option<Content>, StoreError> {
        let Some(File::Attempts { run, case, subject }) = self.files.get(path).copied() else {
            return Ok(None);
        };
        let mut own = PartWords::default();
        let attempts = self.attempts((run, case, subject), &mut |record| own.take(record))?;
        words.take(self.runs[run].attempts_stem(case, subject), own);
        Ok(Some(script(path, &packed(&attempts.to_string()).into())))
    }

    /// The files by which the script searches a report that was written.
    pub(super) fn search_files(&self, words: SearchWords) -> Vec<(String, Content)> {
        let case = |run: &ReportedRun, place: usize, case: &CaseSummary| {
            json!({
                "id": page::title(&case.id),
                "title": page::title(&case.title),
                "path": run.case_path(place),
                "run": (self.runs.len() > 1).then(|| page::title(&run.name)),
            })
        };
        let cases: Vec<Value> = self
            .runs
            .iter()
            .flat_map(|run| {
                let cases = run.data.info.cases.iter().enumerate();
                cases.map(move |(place, it)| case(run, place, it))
            })
            .collect();
        let (about, shards) = words.files(&cases);
        let mut files = vec![("data/search.js".to_owned(), about)];
        for (name, words) in shards {
            files.push((format!("data/search-{name}.js"), packed(&words.to_string()).into()));
        }
        files.into_iter().map(|(path, value)| (path.clone(), script(&path, &value))).collect()
    }

    /// The attempts of a subject at a case, by their ids: what is shown of each. `tell` hears
    /// each.
    fn attempts(
        &self,
        (run, case, subject): (usize, usize, usize),
        tell: &mut dyn FnMut(&AttemptRecord),
    ) -> Result<Value, StoreError> {
        let run = &self.runs[run];
        let store = Store::open_to_read(&run.data.file)?;
        let mut attempts = Map::new();
        for reported in ReportedAttempt::all(run, case, subject) {
            let record = store.attempt(reported.summary)?;
            tell(&record);
            let program = match run.earlier(case, reported.summary) {
                Some(earlier) => attempt::program(&store.attempt(earlier)?),
                None => run.data.info.cases[case].program.clone(),
            };
            let (title, content) = attempt::parts(&reported, &record, &program);
            let key = &reported.summary.key;
            let shown = json!({
                "title": title,
                "content": content.into_string(),
                "subject": page::title(&key.subject),
                "case": page::title(&key.case),
                "scenario": key.scenario,
                "round": key.round,
                "outcome": badge::word_of(&reported.summary.outcome),
                "run": (self.runs.len() > 1).then(|| page::title(&run.name)),
            });
            attempts.insert(reported.summary.id.to_string(), shown);
        }
        Ok(attempts.into())
    }
}

fn files(runs: &[ReportedRun]) -> BTreeMap<String, File> {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    files.insert("index.html".to_owned(), File::Index);
    files.insert("attempt.html".to_owned(), File::Attempt);
    files.insert("pair.html".to_owned(), File::Pair);
    files.insert(search::PATH.to_owned(), File::Search);
    files.insert(cells::PATH.to_owned(), File::Cells);
    files.insert("style.css".to_owned(), File::Style);
    files.insert("report.js".to_owned(), File::Script);
    if comparison::has_pairs(runs) {
        files.insert(comparison::PATH.to_owned(), File::Comparison);
    }
    for (at, run) in runs.iter().enumerate() {
        for case in 0..run.data.info.cases.len() {
            files.insert(run.case_path(case), File::Case { run: at, case });
            if let Some(path) = run.solutions_path(case) {
                files.insert(path, File::Solutions { run: at, case });
            }
            for subject in run.subjects_at(case) {
                let file = File::Attempts { run: at, case, subject };
                files.insert(run.attempts_path(case, subject), file);
            }
        }
        for subject in 0..run.data.subjects.len() {
            files.insert(run.subject_path(subject), File::Subject { run: at, subject });
            if run.has_cov_eval(subject) {
                let file = File::CovEvalSubject { run: at, subject };
                files.insert(run.cov_eval_subject_path(subject), file);
                files.insert(run.cov_eval_path(), File::CovEval { run: at });
            }
        }
    }
    files
}

/// A file of data. It says what it holds, by the name under which it is asked for.
fn script(path: &str, content: &Value) -> Content {
    Content { kind: Kind::Script, text: format!("report.receive({}, {content});\n", json!(path)) }
}

/// A text deflated, in base64: a file of it can be loaded as a script from disk.
fn packed(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // What is written into memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    BASE64_STANDARD.encode(encoder.finish().unwrap_or_default())
}
