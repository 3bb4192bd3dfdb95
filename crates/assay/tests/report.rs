//! Reports of handmade runs, looked at as files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use assay::printable;
use assay::report::html::{self, ReportError};
use assay::report::{RunData, json, terminal};
use assay::store::Store;
use assay_core::Verdict;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use assay_core::record::CaseSummary;
use assay_core::score::{ErrorLimit, ScoringRules};

mod sample_run;
mod shown;

/// Lets the sample's one errored attempt of 24 pass.
fn generous() -> ScoringRules {
    let limit = ErrorLimit::from_percent(5.0).expect("a share");
    ScoringRules { limit, ..ScoringRules::default() }
}

struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn of(make: &[fn(&Path) -> Store]) -> Site {
        let directory = tempfile::tempdir().expect("a directory");
        let stores: Vec<Store> = make
            .iter()
            .enumerate()
            .map(|(number, make)| make(&directory.path().join(format!("{number}.assay"))))
            .collect();
        html::write(&stores, &directory.path().join("report"), &generous(), &mut |_, _| {})
            .expect("written");
        Site { directory }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("report")
    }

    /// The content of every attempt, by what stands behind `attempt.html#`.
    fn attempts(&self) -> BTreeMap<String, String> {
        let shown = shown::shown_in(&self.root().join("attempts")).into_iter();
        let key = |name: &str| {
            let (path, key) = name.split_once('#').expect("an attempt");
            let part = Path::new(path).file_stem().expect("a name");
            format!("{}/{key}", part.to_str().expect("ASCII"))
        };
        shown.map(|(name, content)| (key(&name), content)).collect()
    }

    /// Every page by its path from the root.
    fn pages(&self) -> BTreeMap<PathBuf, String> {
        let mut pages = BTreeMap::new();
        let mut directories = vec![self.root()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.extension().is_some_and(|extension| extension == "html") {
                    let name = path.strip_prefix(self.root()).expect("below").to_owned();
                    pages.insert(name, fs::read_to_string(&path).expect("UTF-8"));
                }
            }
        }
        pages
    }
}

fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let parts = page.split(&start).skip(1);
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

/// The path from the root that a link on a page leads to.
fn resolve(page: &Path, href: &str) -> PathBuf {
    let mut parts: Vec<_> = page.parent().expect("a directory").components().collect();
    for part in Path::new(href).components() {
        match part {
            Component::ParentDir => {
                parts.pop().expect("a link that stays in the report");
            }
            part => parts.push(part),
        }
    }
    parts.into_iter().collect()
}

#[test]
fn every_link_leads_to_a_page_and_every_page_is_linked() {
    let site = Site::of(&[sample_run::ordinary, sample_run::hostile]);
    let pages = site.pages();
    let attempts = site.attempts();
    let mut linked = BTreeSet::from([PathBuf::from("index.html")]);
    let mut linked_attempts = BTreeSet::new();
    let shown = attempts.values().map(|content| (PathBuf::from("attempt.html"), content));
    for (name, page) in pages.iter().map(|(name, page)| (name.clone(), page)).chain(shown) {
        for href in values(page, "href") {
            if href.starts_with("https://cwe.mitre.org/data/definitions/")
                || href.starts_with("data:image/")
            {
                continue;
            }
            let (path, anchor) = href.split_once('#').unwrap_or((href, ""));
            let target = if path.is_empty() { name.clone() } else { resolve(&name, path) };
            assert!(site.root().join(&target).is_file(), "{} links to {href}", name.display());
            if target == Path::new("attempt.html") && anchor != "content" {
                assert!(attempts.contains_key(anchor), "there is no attempt {anchor}");
                linked_attempts.insert(anchor);
            } else if !anchor.is_empty() {
                assert!(values(&pages[&target], "id").contains(&anchor), "{href} has no anchor");
            }
            linked.insert(target);
        }
    }
    // The script leads to the page of two attempts.
    linked.insert(PathBuf::from("pair.html"));
    let unlinked: Vec<_> = pages.keys().filter(|page| !linked.contains(*page)).collect();
    assert!(unlinked.is_empty(), "{unlinked:?}");
    // An index, pages for attempts, for two of them and for the search, four cases and four
    // subjects; every attempt.
    assert_eq!(pages.len(), 1 + 3 + 4 + 4);
    assert_eq!((attempts.len(), linked_attempts.len()), (62, 62));
}

#[test]
fn the_index_shows_every_score_and_where_it_comes_from() {
    let site = Site::of(&[sample_run::ordinary, sample_run::ordinary]);
    let index = &site.pages()[Path::new("index.html")];
    let store = Store::open_to_read(&site.directory.path().join("0.assay")).expect("a run");
    let run = RunData::read(&store, &generous()).expect("readable");
    for subject in &run.subjects {
        // In the leaderboard, the breakdown and the table of costs, once for each run.
        let mentions = |start: &str| {
            let names = index.split(start).skip(1).filter_map(|rest| rest.split_once('>'));
            names.filter(|(_, rest)| rest.starts_with(&format!("{}<", subject.name))).count()
        };
        assert_eq!(mentions("class=\"subject-name\""), 6);
        let overall = subject.card.overall.expect("judged") * 100.0;
        assert!(
            index.contains(&format!("<strong class=\"value\">{overall:.2}%</strong>")),
            "{overall}"
        );
    }
    for part in [
        "20260302-091405-k7",
        "2026-03-02T09:14:05Z",
        "corpus/assay",
        "sha256:a1a1",
        "en-US",
        "12.2.0",
        "&quot;temperature&quot;: 0.2",
        "SecCodeBench-V2, section 5, equations 1–4",
        "Read a length-prefixed frame",
        "aria-label=\"12 secure\"",
    ] {
        assert!(index.contains(part), "{part}");
    }
}

/// Two runs of one subject each at twelve cases: all secure in the first, none in the
/// second, whose cases have this digest.
fn runs_of_two_subjects(directory: &Path, digest: &str) -> Vec<Store> {
    let made =
        [("good", Verdict::Secure, "5d".repeat(32)), ("bad", Verdict::Insecure, digest.to_owned())];
    let run = |(name, verdict, digest): &(&str, Verdict, String)| {
        let ids: Vec<String> = (0..12).map(|number| format!("case-{number}")).collect();
        let case = |id: &String| CaseSummary {
            digest: digest.clone(),
            ..sample_run::case(id, "A case", Language::C, Severity::High)
        };
        let info = sample_run::info(name, &[name], ids.iter().map(case).collect(), 12);
        let mut store = Store::create(&directory.join(name), &info).expect("new");
        for id in &ids {
            let turns = vec![sample_run::turn(*verdict, "int a;\n", "")];
            store
                .record(&sample_run::attempt(name, id, sec_code_bench_v2::GEN, 1, turns))
                .expect("recorded");
        }
        store
    };
    made.iter().map(run).collect()
}

#[test]
fn cases_of_one_id_and_two_versions_are_two_cases() {
    let check = |digest: &str, pairs: &str, ranks: [&str; 2], rows: usize| {
        let directory = tempfile::tempdir().expect("a directory");
        let stores = runs_of_two_subjects(directory.path(), digest);
        let output = directory.path().join("report");
        html::write(&stores, &output, &generous(), &mut |_, _| {}).expect("written");
        let index = fs::read_to_string(output.join("index.html")).expect("an index");
        assert!(index.contains(pairs), "{digest}");
        let found: Vec<&str> = index
            .split("class=\"numeric rank\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('>')?.1.split('<').next())
            .collect();
        assert_eq!(found, ranks, "{digest}");
        let cases = index.split("<table class=\"cases sortable\">").nth(1).expect("cases");
        assert_eq!(
            cases.split("</table>").next().expect("a table").matches("<tr data-case=").count(),
            rows
        );
        let has_versions = rows > 12;
        assert_eq!(index.contains("version 5d5d5d5d"), has_versions, "{digest}");
        assert_eq!(index.contains("other versions of the same case"), has_versions, "{digest}");
        let case = fs::read_dir(&output).expect("readable").flat_map(|entry| {
            fs::read_to_string(entry.expect("readable").path().join("case-1-case-0.html"))
        });
        let said = |page: &String| page.contains("another version of the case");
        assert_eq!(case.map(|page| said(&page)).collect::<Vec<_>>(), [has_versions; 2], "{digest}");
    };
    check(&"5d".repeat(32), "1 of the 1 pair of neighbours differ beyond chance", ["1", "2"], 12);
    // Nothing is compared, so nothing differs.
    check(&"6e".repeat(32), "No two subjects have a case in the same version", ["1–2", "1–2"], 24);
    check("", "No two subjects have a case in the same version", ["1–2", "1–2"], 24);
}

#[test]
fn an_unfinished_run_is_said_to_be_unfinished() {
    fn one_of_many(path: &Path) -> Store {
        let cases = vec![sample_run::case("a", "A", Language::C, Severity::High)];
        let mut store =
            Store::create(path, &sample_run::info("r", &["s", "t"], cases, 8)).expect("new");
        let turns = vec![sample_run::turn(Verdict::Secure, "int a;\n", "")];
        let record = sample_run::attempt("s", "a", sec_code_bench_v2::GEN, 1, turns);
        store.record(&record).expect("recorded");
        store
    }
    let site = Site::of(&[one_of_many]);
    let index = &site.pages()[Path::new("index.html")];
    assert!(index.contains("has finished 1 of 8 attempts"), "{index}");
    let store = Store::open_to_read(&site.directory.path().join("0.assay")).expect("a run");
    let run = RunData::read(&store, &generous()).expect("readable");
    assert!(terminal::scorecard(&run, None).contains("unfinished: 1 of 8 attempts"));
    assert_eq!(json::scorecard(&run)["run"]["finished"], false);
}

#[test]
fn an_attempt_page_tells_the_whole_story() {
    let site = Site::of(&[sample_run::ordinary]);
    let pages: Vec<String> = site.attempts().into_values().collect();
    let repaired_fix = pages
        .iter()
        .find(|page| {
            page.contains("<dd>fix</dd>")
                && page.contains("Turn 2 of 2 <span class=\"badge badge-secure\">")
        })
        .expect("a fix in two turns");
    for part in [
        "Turn 1 of 2 <span class=\"badge badge-insecure\">",
        "Your code fails the security test length_beyond_input. Mend it.",
        "<details><summary>Thinking, not part of the answer",
        "A length of 255 runs past the end.",
        "Answer, as it came",
        "&lt;![CDATA[",
        "<div class=\"artifact\" data-name=\"Artifact\" data-of=\"the artifact\" data-solutions=\"data/solutions-1-",
        "<figcaption><code>src/frame.c</code>",
        "reads_an_empty_frame",
        "length_of_an_empty_input",
        "heap-buffer-overflow",
        "frame_read(): returned 255 for a frame of 3 bytes",
        "824 / 2,560",
        "12.84 s",
        "23.0 MiB",
    ] {
        assert!(repaired_fix.contains(part), "{part}");
    }
    assert!(pages.iter().any(|page| page.contains("FRAME_MAX&#39; undeclared")
        || page.contains("'FRAME_MAX' undeclared")));
    assert!(pages.iter().any(|page| page.contains("the provider answered 429 nine times")));
    assert!(pages.iter().any(|page| page.contains("no well-formed &lt;result&gt; block")));
    assert!(pages.iter().any(|page| page.contains("The answer ended as refused.")));
}

#[test]
fn solutions_are_in_a_report_once_and_said_to_be_missing_where_they_are() {
    let check = |secure: Option<&str>, vulnerable: &str, kinds: &[&str], is_missing: bool| {
        let files = |text: &str| match text {
            "" => BTreeMap::new(),
            text => BTreeMap::from([("src/frame.c".to_owned(), text.to_owned())]),
        };
        let directory = tempfile::tempdir().expect("a directory");
        let case = CaseSummary {
            secure: secure.map(files),
            vulnerable: files(vulnerable),
            ..sample_run::case("a", "A", Language::C, Severity::High)
        };
        let path = directory.path().join("run.assay");
        let mut store =
            Store::create(&path, &sample_run::info("r", &["s"], vec![case], 2)).expect("new");
        for round in 1..=2 {
            let turns = vec![sample_run::turn(Verdict::Secure, "int <a>;\n", "")];
            let record = sample_run::attempt("s", "a", sec_code_bench_v2::GEN, round, turns);
            store.record(&record).expect("recorded");
        }
        let output = directory.path().join("report");
        html::write(&[store], &output, &generous(), &mut |_, _| {}).expect("written");
        let shown = shown::shown_in(&output);
        let solutions: Vec<&String> =
            shown.iter().filter(|(name, _)| name.contains("solutions-")).map(|it| &it.1).collect();
        assert_eq!(solutions.len(), usize::from(!kinds.is_empty()), "{kinds:?}");
        for text in solutions {
            let content = text.split_once(", ").expect("two arguments").1;
            let content = content.strip_suffix(");\n").expect("a call");
            let value: serde_json::Value = serde_json::from_str(content).expect("JSON");
            let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
            assert_eq!(keys, kinds);
            assert!(!text.contains("<script") && text.contains("&lt;script&gt;"), "{text}");
        }
        let attempts = shown.iter().filter(|(name, _)| name.contains("attempts/"));
        for (name, attempt) in attempts {
            assert_eq!(attempt.contains("did not store any"), is_missing, "{name}");
            assert_eq!(attempt.contains("data-solutions"), !kinds.is_empty(), "{name}");
            assert!(!attempt.contains("only_in_a_solution"), "{name}");
        }
        let case = shown.iter().find(|(name, _)| name.contains("/case-1-a")).expect("a page");
        assert_eq!(case.1.contains("A secure solution"), kinds.contains(&"secure"));
        assert_eq!(case.1.contains("did not store any"), is_missing);
    };
    let (good, bad) = ("only_in_a_solution <script>\n", "int only_in_a_solution; <script>\n");
    check(Some(good), bad, &["secure", "vulnerable"], false);
    check(Some(""), bad, &["vulnerable"], false);
    check(Some(good), "", &["secure"], false);
    check(Some(""), "", &[], false);
    check(None, bad, &["vulnerable"], true);
}

/// The luminance of `#rrggbb` (WCAG 2.2, "relative luminance").
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour");
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn code_can_be_read_on_every_ground_that_it_stands_on() {
    let site = Site::of(&[sample_run::hostile]);
    let style = fs::read_to_string(site.root().join("style.css")).expect("a style sheet");
    let variables = |part: &str| -> BTreeMap<String, String> {
        let part = part.split('}').next().expect("a rule");
        let pairs = part.split(';').filter_map(|line| line.trim().split_once(": #"));
        pairs
            .map(|(name, value)| {
                (name.rsplit("--").next().expect("a name").to_owned(), format!("#{value}"))
            })
            .collect()
    };
    let light = variables(style.split(":root {").nth(1).expect("light"));
    let dark = variables(style.split(":root {").nth(2).expect("dark"));
    let mut checked = 0;
    for scheme in [light, dark] {
        let check = |ink: &str, ground: &str| {
            let [a, b] = [ink, ground].map(|name| luminance(&scheme[name]) + 0.05);
            let contrast = a.max(b) / a.min(b);
            assert!(contrast >= 4.5, "{ink} on {ground}: {contrast:.2}");
        };
        for ground in ["panel", "added", "removed"] {
            for ink in scheme.keys().filter(|name| name.starts_with("code-")) {
                check(ink, ground);
                checked += 1;
            }
            check("muted", ground);
        }
        for ground in ["added-strong", "removed-strong"] {
            check("ink", ground);
        }
    }
    assert_eq!(checked, 2 * 3 * 6);
}

#[test]
fn hostile_text_stays_text() {
    let site = Site::of(&[sample_run::hostile]);
    let pages = site.pages();
    assert_eq!(pages.len(), 1 + 3 + 1 + 1);
    let attempts = site.attempts();
    assert_eq!(attempts.len(), 2);
    // The only script is the report's own, by a name that nothing hostile is part of.
    let without_ours = |name: &Path, page: &str| {
        let root = "../".repeat(name.components().count() - 1);
        let ours = format!("<script src=\"{root}report.js\" defer></script>");
        assert_eq!(page.matches(&ours).count(), 1, "{}", name.display());
        page.replace(&ours, "")
    };
    let mut all: BTreeMap<PathBuf, String> =
        pages.iter().map(|(name, page)| (name.clone(), without_ours(name, page))).collect();
    for page in pages.values() {
        assert_eq!(page.matches("http-equiv=\"Content-Security-Policy\"").count(), 1);
        assert!(page.contains("default-src 'none'; script-src 'self';"), "{page}");
    }
    all.extend(attempts.into_iter().map(|(key, content)| (key.into(), content)));
    let solutions = fs::read_to_string(site.root().join("data/solutions-1-1.js")).expect("UTF-8");
    let solutions = solutions.split_once(", ").expect("two arguments").1;
    let solutions: BTreeMap<String, String> =
        serde_json::from_str(solutions.strip_suffix(");\n").expect("a call")).expect("JSON");
    all.extend(solutions.into_iter().map(|(kind, markup)| (kind.into(), markup)));
    for (name, page) in &all {
        let shown = name.to_str().expect("ASCII");
        assert!(
            shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./".contains(&byte)),
            "{shown}"
        );
        assert!(!shown.contains(".."), "{shown}");
        for markup in ["<script", "<img", "<b>e", "onerror=\"", "</pre></details></title>"] {
            assert!(!page.contains(markup), "{shown} holds {markup}");
        }
        let hidden = page.chars().find(|c| {
            (c.is_control() && *c != '\n' && *c != '\t')
                || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0041}')
        });
        assert_eq!(hidden, None, "{shown}");
    }
    let all: String = all.into_values().collect();
    assert!(all.contains("&lt;script&gt;document.title='pwned'&lt;/script&gt;"));
    assert!(all.contains("title=\"U+001B\">⟨ESC⟩</span>[2J"));
    assert!(all.contains("title=\"U+202E\">⟨U+202E⟩</span>"));
    assert!(all.contains("left out here; the run's file has the whole text"));
}

#[test]
fn terminal_output_moves_no_cursor() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = sample_run::hostile(&directory.path().join("run.assay"));
    let run = RunData::read(&store, &generous()).expect("readable");
    for text in [terminal::scorecard(&run, None), printable::json(&json::scorecard(&run))] {
        let acting = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(acting, None, "{text}");
    }
    let value: serde_json::Value =
        serde_json::from_str(&printable::json(&json::scorecard(&run))).expect("JSON");
    assert_eq!(value["subjects"][0]["name"], sample_run::HOSTILE_SUBJECT);
}

#[test]
fn the_terminal_table_is_aligned() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = sample_run::ordinary(&directory.path().join("run.assay"));
    let table =
        terminal::scorecard(&RunData::read(&store, &generous()).expect("readable"), Some(110));
    let expect = "\
run 20260302-091405-k7: corpus/assay (3 cases), en-US, started 2026-03-02T09:14:05Z
errored: 1 attempt, in no score
  acme/small-2: rate limit 1 of 24 attempts
  acme/small-2: overall 8.57% without them, 7.14% with them as failures, 8.57% as successes
of 3 cases, 3 separate the better subjects from the others and 0 say nothing

subject       overall       95 %  ranks  unweighted  functional  pass@2  pass^2      gen  gen-hints      fix
reference     100.00%  4.3–100.0    1–3     100.00%     100.00%       –       –  100.00%    100.00%  100.00%
acme/large-2   53.57%   2.0–98.5    1–3      58.33%      85.71%  71.43%  35.71%   42.86%     64.29%   64.29%
acme/small-2    8.57%   0.0–96.4    1–3      16.67%      43.57%       –       –    0.00%     28.57%    7.14%

subject       fix-hints        C   Python  attempts  errored  secure  insecure  nonfunctional  build-failed
reference       100.00%  100.00%  100.00%        12        0      12         0              0             0
acme/large-2     42.86%   35.00%   78.33%        24        0      14         7              3             0
acme/small-2     28.57%    5.00%   13.33%        24        1       3        10              4             4

subject       no-code  tampered
reference           0         0
acme/large-2        0         0
acme/small-2        2         0

subject       tokens in  cached  tokens out  reasoning  cost  an attempt  repairs  judges  paid
reference         6,592       0      20,480      4,800     –           –   25.00%   0.00%     –
acme/large-2     13,184       0      40,960      9,600     –           –   25.00%   0.00%     –
acme/small-2     12,772       0      39,680      9,300     –           –   25.81%   0.00%     –

intervals of the overall score, as there are few cases:

subject         Assay's    bootstrap   Bayesian
reference     4.3–100.0  100.0–100.0  39.3–99.4
acme/large-2   2.0–98.5    35.0–80.0  25.1–83.1
acme/small-2   0.0–96.4     5.0–20.0   5.8–66.0

where attempts vary:

subject       between cases  scenarios of a case  rounds
reference                 –                    –       –
acme/large-2             0%                  40%     60%
acme/small-2             0%                  45%     55%
";
    assert_eq!(table, expect);
}

#[test]
fn the_json_scorecard_has_its_documented_shape() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = sample_run::ordinary(&directory.path().join("run.assay"));
    let value = json::scorecard(&RunData::read(&store, &generous()).expect("readable"));
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let documentation =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json.md"))
            .expect("docs/json.md");
    let subject = &value["subjects"][0];
    for object in [
        &value,
        &value["run"],
        subject,
        &subject["verdicts"],
        &subject["languages"]["c"],
        &subject["bracket"],
        &subject["spending"],
        &subject["spending"]["total"],
        &subject["spending"]["total"]["tokens"],
    ] {
        for key in keys(object) {
            assert!(
                documentation.contains(&format!("`{key}`")),
                "docs/json.md does not mention {key}"
            );
        }
    }
    assert_eq!(value["schema"], "assay.scorecard/2");
    assert_eq!(subject["name"], "reference", "the best one first");
    assert_eq!(subject["overall"], 1.0);
    assert_eq!(subject["verdicts"]["secure"], 12);
    assert_eq!(subject["verdicts"]["insecure"], 0);
    assert_eq!(keys(&subject["scenarios"]), ["gen", "gen-hints", "fix", "fix-hints"]);
}

#[test]
fn a_report_replaces_only_a_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let stores = [sample_run::hostile(&directory.path().join("run.assay"))];
    let output = directory.path().join("new/report");
    let first =
        html::write(&stores, &output, &generous(), &mut |_, _| {}).expect("a new directory");
    assert_eq!((first.index, first.runs, first.pages), (output.join("index.html"), 1, 6));

    fs::create_dir(output.join("run-7-old")).expect("created");
    fs::write(output.join("run-7-old/case-1.html"), "old").expect("written");
    fs::write(output.join("notes.txt"), "mine").expect("written");
    html::write(&stores, &output, &generous(), &mut |_, _| {}).expect("an earlier report");
    assert!(!output.join("run-7-old").exists());
    assert!(output.join("notes.txt").exists());

    let other = directory.path().join("other");
    fs::create_dir(&other).expect("created");
    html::write(&stores, &other, &generous(), &mut |_, _| {}).expect("an empty directory");
    fs::remove_file(other.join("assay-report.json")).expect("removed");
    for path in [&other, &directory.path().join("run.assay")] {
        let error =
            html::write(&stores, path, &generous(), &mut |_, _| {}).expect_err("not a report");
        assert!(matches!(error, ReportError::NotOurs(_)), "{error}");
        assert!(error.to_string().contains(path.to_str().expect("UTF-8")), "{error}");
    }
    assert!(other.join("index.html").exists());
    assert!(matches!(
        html::write(&[], &output, &generous(), &mut |_, _| {}),
        Err(ReportError::NoRuns)
    ));
}

#[test]
fn one_run_gives_the_same_bytes_each_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let stores = [sample_run::hostile(&directory.path().join("run.assay"))];
    let bytes = |name: &str| {
        let output = directory.path().join(name);
        html::write(&stores, &output, &generous(), &mut |_, _| {}).expect("written");
        fs::read(output.join("index.html")).expect("readable")
    };
    assert_eq!(bytes("one"), bytes("two"));
}
