//! Reports of handmade runs, opened in a browser.

use std::fs;
use std::path::{Path, PathBuf};

use assay::report::{RunData, html};
use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::score::{Interval, ScoringRules};
use assay_core::{Artifact, Language, SafePath, Severity, Verdict};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::browser::{Browser, UNTIL, between};

mod browser;
mod sample_run;

fn report(directory: &Path, make: fn(&Path) -> Store) -> PathBuf {
    let stores = [make(&directory.join("run.assay"))];
    let output = directory.join("report");
    html::write(&stores, &output, &ScoringRules::default(), &mut |_, _| {}).expect("written").index
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The pages that links with `part` lead to.
fn links(page: &str, dom: &str, part: &str) -> Vec<String> {
    let hrefs = dom.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let directory =
        Path::new(page.split('#').next().expect("a path")).parent().expect("a directory");
    hrefs
        .filter(|href| href.contains(part))
        .map(|href| {
            let (path, anchor) = href.split_once('#').unwrap_or((href, ""));
            let path = directory.join(path).canonicalize().expect("a page that was written");
            format!("{}#{anchor}", path.display())
        })
        .collect()
}

fn follow(page: &str, dom: &str, part: &str) -> String {
    let mut links = links(page, dom, part).into_iter();
    links.next().unwrap_or_else(|| panic!("{page} has no link to {part}"))
}

#[test]
fn a_reader_gets_from_the_index_to_an_attempt() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let index = text(&index);

    let dom = browser.dom(index);
    assert_eq!(between(&dom, "<title>", "</title>"), "Assay report");
    let leaderboard = between(&dom, "<table class=\"leaderboard sortable", "</table>");
    assert_eq!(leaderboard.matches("<tr data-subject=").count(), 3);
    let cases = between(&dom, "<table class=\"cases sortable\">", "</table>");
    assert_eq!(cases.matches("<tr data-case=").count(), 3);

    let case = follow(index, cases, "/case-");
    let dom = browser.dom(&case);
    assert!(dom.contains("<h1>Read a length-prefixed frame"), "{dom}");
    assert_eq!(dom.matches("<table class=\"attempts sortable\">").count(), 3);
    assert!(dom.contains("Against the insecure code"), "{dom}");

    let attempt = follow(&case, &dom, "attempt.html#");
    let dom = browser.dom(&attempt);
    assert!(between(&dom, "<title>", "</title>").contains(" · FrameReadBounds · "), "{dom}");
    assert!(dom.contains("Functional tests"), "{dom}");
    assert!(dom.contains("reads_an_empty_frame"), "{dom}");

    let subject = follow(&attempt, &dom, "/subject-");
    let dom = browser.dom(&subject);
    assert!(dom.contains("What goes wrong most often"), "{dom}");
    let home = follow(&subject, &dom, "index.html");
    assert_eq!(
        home.split('#').next(),
        Some(text(&Path::new(index).canonicalize().expect("exists")))
    );
}

/// What a script of this test does on the first page, as a reader would, and what it saw.
const DRIVE: &str = r#"
addEventListener('load', async () => {
  const names = () => [...document.querySelectorAll('table.leaderboard tbody .subject-name')].map((it) => it.textContent);
  const scores = () => [...document.querySelectorAll('table.leaderboard [data-score=overall] .value')].map((it) => it.textContent);
  const head = (text) => [...document.querySelectorAll('table.leaderboard thead button')].find((it) => it.textContent.includes(text));
  const form = document.getElementById('filters');
  const chosen = () => document.getElementById('chosen').textContent;
  await until(() => !form.hidden);
  const seen = { hidden: form.hidden, first: names() };
  head('Subject').click();
  seen.byName = names();
  head('Subject').click();
  seen.byNameDown = names();
  head('Overall').click();
  seen.byScore = names();
  form.elements.language.value = 'python';
  const whole = chosen();
  form.dispatchEvent(new Event('change', { bubbles: true }));
  await until(() => chosen() !== whole);
  seen.python = Object.fromEntries(names().map((name, place) => [name, scores()[place]]));
  seen.chosen = chosen();
  form.reset();
  await until(() => chosen() === whole);
  seen.all = Object.fromEntries(names().map((name, place) => [name, scores()[place]]));
  seen.intervals = [...document.querySelectorAll('[data-score=interval] .value')].map((it) => it.textContent);
  document.body.dataset.seen = JSON.stringify(seen);
});
"#;

#[test]
fn a_reader_sorts_the_leaderboard_and_asks_for_a_part_of_the_cases() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    fs::write(index.with_file_name("drive.js"), [UNTIL, DRIVE].concat()).expect("written");
    let page = fs::read_to_string(&index).expect("UTF-8");
    let page = page.replace("</head>", "<script src=\"drive.js\"></script></head>");
    fs::write(&index, &page).expect("written");
    let dom = browser.dom(text(&index));
    let seen = between(&dom, "data-seen=\"", "\"").replace("&quot;", "\"");
    let seen: serde_json::Value = serde_json::from_str(&seen).expect("the script has run");

    let store = Store::open_to_read(&directory.path().join("run.assay")).expect("a run");
    let run = RunData::read(&store, &ScoringRules::default()).expect("readable");
    let mut by_score: Vec<&str> =
        run.subjects.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!(seen["hidden"], false);
    assert_eq!(seen["first"], serde_json::json!(by_score));
    assert_eq!(seen["byScore"], serde_json::json!(by_score));
    by_score.sort_unstable();
    assert_eq!(seen["byName"], serde_json::json!(by_score));
    by_score.reverse();
    assert_eq!(seen["byNameDown"], serde_json::json!(by_score));
    assert!(seen["chosen"].as_str().is_some_and(|it| it.starts_with("2 of 3 cases")), "{seen}");
    for subject in &run.subjects {
        let card = &subject.card;
        // The script and the program compute the same.
        let percent = |score: Option<f64>| match card.withheld {
            Some(_) => "withheld".to_owned(),
            None => format!("{:.2}%", score.expect("judged") * 100.0),
        };
        let python = card.languages[&Language::Python].overall;
        assert_eq!(seen["python"][&subject.name], percent(python), "{}", subject.name);
        assert_eq!(seen["all"][&subject.name], percent(card.overall), "{}", subject.name);
    }
    for (subject, seen) in run.subjects.iter().zip(seen["intervals"].as_array().expect("a list")) {
        let interval = subject.card.intervals.overall;
        let ends = |it: Interval| format!("{:.1}–{:.1}", it.low * 100.0, it.high * 100.0);
        let expect = interval.map_or("–".to_owned(), ends);
        assert_eq!(*seen, expect, "{}", subject.name);
    }
}

/// A kind of code, and a text of that kind.
type Piece = (&'static str, &'static str);

/// An artifact of each language: what it holds, and pieces that have a colour.
const CODE: [(&str, &str, &[Piece]); 9] = [
    (
        "a.c",
        "#include <stdio.h>\n/* not\n   \"code\" */ int main(void) {\n  return 0x1f; // </pre><script>alert(1)</script>\n  puts(\"a\\\"b // c\");\n}\n",
        &[
            ("meta", "#include <stdio.h>"),
            ("comment", "/* not\n"),
            ("comment", "   \"code\" */"),
            ("keyword", "int"),
            ("call", "main"),
            ("keyword", "return"),
            ("number", "0x1f"),
            ("comment", "// </pre><script>alert(1)</script>"),
            ("call", "puts"),
            ("string", "\"a\\\"b // c\""),
        ],
    ),
    (
        "A.java",
        "@Override\npublic String a() { return \"\"\"\n  <b>'\"text\" /* no */\n  \"\"\" + 'x' + null; }\n",
        &[
            ("meta", "@Override"),
            ("keyword", "public"),
            ("string", "\"\"\"\n"),
            ("string", "  <b>'\"text\" /* no */\n"),
            ("string", "  \"\"\""),
            ("string", "'x'"),
            ("number", "null"),
        ],
    ),
    (
        "a.py",
        "@app.route('/<b>')\ndef f(x: int):\n    \"\"\"# no comment\n    it's\"\"\"\n    return rf'{x}' # it's one\n",
        &[
            ("meta", "@app.route"),
            ("string", "'/<b>'"),
            ("keyword", "def"),
            ("string", "\"\"\"# no comment\n"),
            ("string", "    it's\"\"\""),
            ("string", "rf'{x}'"),
            ("comment", "# it's one"),
        ],
    ),
    (
        "a.go",
        "func f() error { x := `a\n// b`; return nil } // 'c'\n",
        &[
            ("keyword", "func"),
            ("string", "`a\n"),
            ("string", "// b`"),
            ("number", "nil"),
            ("comment", "// 'c'"),
        ],
    ),
    (
        "a.js",
        "const a = /[/'\"]\\/</g; const b = 4 / 2 / 1; `x${a}\n<img src=x onerror=alert(1)>`\n",
        &[
            ("keyword", "const"),
            ("string", "/[/'\"]\\/</g"),
            ("number", "4"),
            ("number", "2"),
            ("string", "`x${a}\n"),
            ("string", "<img src=x onerror=alert(1)>`"),
        ],
    ),
    (
        "a.xml",
        "<!-- <a> --><b c=\"d\">it's</b>\n",
        &[("comment", "<!-- <a> -->"), ("keyword", "<b"), ("string", "\"d\""), ("keyword", "</b")],
    ),
    (
        "a.sql",
        "SELECT 'a' FROM b -- c\n",
        &[("keyword", "SELECT"), ("string", "'a'"), ("comment", "-- c")],
    ),
    (
        "a.json",
        "{\"a\": [1.5e3, true]}\n",
        &[("string", "\"a\""), ("number", "1.5e3"), ("number", "true")],
    ),
    ("a.txt", "int \"plain\" // </span>\n", &[]),
];

/// How code was that somebody wrote to be slow, or to get out of its element.
fn hostile_code() -> Vec<(String, String)> {
    let seeds = [
        "\"\\",
        "/*",
        "\"\"\"\\",
        "=/[",
        "`${",
        "<path>.a",
        "\n```a",
        "#include <",
        "'</span><script>",
    ];
    let endings = ["c", "java", "py", "go", "js", "xml", "sql", "json"];
    let file = |(place, seed): (usize, &&str)| {
        let ending = endings[place % endings.len()];
        (format!("hostile-{place}.{ending}"), seed.repeat(20_000 / seed.len()))
    };
    seeds.iter().enumerate().map(file).collect()
}

/// A run with one attempt whose artifact has all of that, after a turn with a part of it.
fn of_code(path: &Path) -> Store {
    let files: Vec<(String, String)> = CODE
        .iter()
        .map(|(path, text, _)| ((*path).to_owned(), (*text).to_owned()))
        .chain(hostile_code())
        .collect();
    let mut case = sample_run::case("Code", "Code", Language::Java, Severity::High);
    case.vulnerable = [
        ("a.c", "#include <stdio.h>\n/* not\n   \"code\" */ int main(void) {\n  return 0x2f; // </pre><script>alert(1)</script>\n  gets(0);\n}\n"),
        ("gone.py", "x = 1\n"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .collect();
    case.secure = Some(files.iter().cloned().collect());
    let info = sample_run::info("code", &["s"], vec![case], 1);
    let mut store = Store::create(path, &info).expect("a new store");
    let artifact = |files: &[(String, String)]| {
        let path = |path: &String| SafePath::new(path).expect("safe");
        let files = files.iter().map(|(at, text)| (path(at), text.clone())).collect();
        Some(Artifact { files, refused: Vec::new() })
    };
    let turns = [1, files.len()].map(|count| {
        let mut turn = sample_run::turn(Verdict::Insecure, "int a;\n", "it is not");
        turn.artifact = artifact(&files[..count]);
        turn.prompt = "Mend it:\n```python\ndef f(): # a\n```\n<path>b.c</path>\n<content><![CDATA[\nint b;\n]]></content>\n".to_owned();
        turn
    });
    store
        .record(&sample_run::attempt("s", "Code", sec_code_bench_v2::GEN, 1, turns.into()))
        .expect("recorded");
    store
}

/// What a script of this test sees of an attempt's code, as a reader chooses what to see.
const LOOK: &str = r#"
addEventListener('load', async () => {
  const lastTurn = () => [...document.querySelectorAll('.turn')].at(-1);
  await until(() => lastTurn()?.querySelector('.views input') && lastTurn().querySelector('[class^=code-]'));
  const kinds = (element) => [...element.querySelectorAll('[class^=code-]')].map((it) => [it.className.slice(5), it.textContent]);
  const last = lastTurn();
  const seen = { files: {}, views: {}, scripts: document.scripts.length };
  for (const figure of last.querySelectorAll('.view:not([hidden]) > figure')) {
    const code = figure.querySelector('pre.code');
    seen.files[figure.querySelector('code').textContent] = { text: code.textContent, kinds: kinds(code) };
  }
  seen.prompt = kinds(document.querySelector('pre.text'));
  const radios = [...last.querySelectorAll('.views input')];
  seen.tabs = radios.map((it) => [it.type, it.name === radios[0].name, it.checked, it.labels[0].textContent.trim()]);
  for (const radio of radios) {
    radio.click();
    const shown = [...last.querySelectorAll('.view')].filter((it) => !it.hidden && it.checkVisibility());
    seen.views[radio.labels[0].textContent.trim()] = shown.map((view) => [...view.querySelectorAll('figure')].map((figure) => ({
      name: figure.querySelector('figcaption').textContent,
      note: figure.querySelector('p')?.textContent,
      rows: [...figure.querySelectorAll('tr')].map((row) => [row.className, ...[...row.cells].map((cell) => cell.textContent)]),
      strong: [...figure.querySelectorAll('b')].map((it) => it.textContent),
      kinds: kinds(figure),
    })));
  }
  seen.end = document.scripts.length;
  const bytes = new TextEncoder().encode(JSON.stringify(seen));
  document.body.dataset.seen = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
});
"#;

/// What a script sees that is put onto a page of a report.
fn seen(browser: &Browser, page: &str, script: &str) -> serde_json::Value {
    let path = Path::new(page.split('#').next().expect("a path"));
    fs::write(path.with_file_name("look.js"), [UNTIL, script].concat()).expect("written");
    let text = fs::read_to_string(path).expect("UTF-8");
    let text = text.replace("</head>", "<script src=\"look.js\"></script></head>");
    fs::write(path, text).expect("written");
    let dom = browser.dom(page);
    let seen = BASE64_STANDARD.decode(between(&dom, "data-seen=\"", "\"")).expect("base64");
    serde_json::from_slice(&seen).expect("the script has run")
}

#[test]
fn code_has_colours_and_stays_the_text_that_it_was() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), of_code);
    let page = format!("{}#1-1-1/1", index.with_file_name("attempt.html").display());
    let seen = seen(&browser, &page, LOOK);
    for (path, text, pieces) in CODE {
        let file = &seen["files"][path];
        assert_eq!(file["text"], text, "{path}");
        let kinds = file["kinds"].as_array().expect("a list");
        for (kind, piece) in pieces {
            assert!(
                kinds.contains(&serde_json::json!([kind, piece])),
                "{path}: {piece} in {kinds:?}"
            );
        }
        assert_eq!(kinds.is_empty(), pieces.is_empty(), "{path}");
    }
    for (path, text) in hostile_code() {
        assert_eq!(seen["files"][&path]["text"], text, "{path}");
    }
    let prompt = serde_json::json!([
        ["keyword", "def"],
        ["call", "f"],
        ["comment", "# a"],
        ["keyword", "int"]
    ]);
    assert_eq!(seen["prompt"], prompt);
    // The report's script and the one that looks.
    assert_eq!((&seen["scripts"], &seen["end"]), (&2.into(), &2.into()));
}

#[test]
fn a_reader_chooses_what_an_artifact_is_held_against() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), of_code);
    let page = format!("{}#1-1-1/1", index.with_file_name("attempt.html").display());
    let seen = seen(&browser, &page, LOOK);
    let tab = |name: &str, checked: bool| serde_json::json!(["radio", true, checked, name]);
    let names =
        ["Against the turn before", "Against the insecure code", "Against a secure solution"];
    let tabs: Vec<_> =
        [tab("Artifact", true)].into_iter().chain(names.map(|name| tab(name, false))).collect();
    assert_eq!(seen["tabs"], serde_json::json!(tabs));
    // One view is shown at a time.
    let files = |view: &str| {
        assert_eq!(seen["views"][view].as_array().expect("views").len(), 1, "{view}");
        seen["views"][view][0].as_array().expect("files").clone()
    };
    let all = CODE.len() + hostile_code().len();
    assert_eq!(files("Artifact").len(), all);
    for file in files("Against a secure solution") {
        assert_eq!(file["note"], "Unchanged.", "{file}");
    }
    let before = files("Against the turn before");
    assert_eq!(before.iter().filter(|file| file["note"] == "Unchanged.").count(), 1);
    for (path, text, _) in &CODE[1..] {
        let file = before.iter().find(|file| file["name"] == format!("{path} added")).expect(path);
        let rows = file["rows"].as_array().expect("rows");
        let added: String = rows
            .iter()
            .map(|row| row[3].as_str().and_then(|it| it.strip_prefix('+')).expect("added"))
            .collect();
        assert_eq!(added, *text, "{path}");
    }
    let insecure = files("Against the insecure code");
    assert_eq!(insecure.len(), all + 1);
    let gone = insecure.iter().find(|file| file["name"] == "gone.py not there").expect("gone");
    assert_eq!(gone["rows"], serde_json::json!([]));
    let changed = insecure.iter().find(|file| file["name"] == "a.c").expect("a.c");
    let rows = serde_json::json!([
        ["same", "1", "1", " #include <stdio.h>\n"],
        ["same", "2", "2", " /* not\n"],
        ["same", "3", "3", "    \"code\" */ int main(void) {\n"],
        ["removed", "4", "", "−  return 0x2f; // </pre><script>alert(1)</script>\n"],
        ["removed", "5", "", "−  gets(0);\n"],
        ["added", "", "4", "+  return 0x1f; // </pre><script>alert(1)</script>\n"],
        ["added", "", "5", "+  puts(\"a\\\"b // c\");\n"],
        ["same", "6", "6", " }\n"],
    ]);
    assert_eq!(changed["rows"], rows);
    assert_eq!(changed["strong"][0], "2");
    let kinds = changed["kinds"].as_array().expect("a list");
    // In the colours of the whole file: the second line is inside a comment.
    for piece in [["comment", "   \"code\" */"], ["call", "gets"], ["call", "puts"]] {
        assert!(kinds.contains(&serde_json::json!(piece)), "{piece:?} in {kinds:?}");
    }
}

#[test]
fn hostile_pages_run_nothing_and_show_their_text() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::hostile);
    let index = text(&index).to_owned();
    let dom = browser.dom(&index);
    let case = follow(&index, &dom, "/case-");
    let case_dom = browser.dom(&case);
    let attempts = links(&case, &case_dom, "attempt.html#");
    assert_eq!(attempts.len(), 2);
    assert!(attempts.iter().any(|page| browser.dom(page).contains("class=\"code-")));
    for page in attempts.iter().chain([&index, &case]) {
        let dom = browser.dom(page);
        // The report's own script is the only one.
        assert_eq!(dom.matches("<script").count(), 1, "{page}");
        let title = between(&dom, "<title>", "</title>");
        let is_ours = title == "Assay report" || title.contains("../&lt;script&gt;case ·");
        assert!(is_ours, "{title}");
        for element in ["<img", "<a href=\"javascript", "</pre></details></title>"] {
            assert!(!dom.contains(element), "{page} has {element}");
        }
        // The page is whole: nothing has ended an element early.
        assert_eq!(dom.matches("<main id=\"content\">").count(), 1);
        assert!(between(&dom, "</main>", "</html>").contains("computed from stored evidence"));
        assert!(dom.contains("&lt;script&gt;document.title='pwned'&lt;/script&gt;"), "{page}");
    }
}

#[test]
fn the_style_sheet_is_loaded_under_the_policy_of_the_page() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let screenshot = |name: &str| {
        let path = directory.path().join(name);
        browser.run(text(&index), &format!("--screenshot={}", path.display()));
        fs::read(path).expect("a screenshot")
    };
    let styled = screenshot("styled.png");
    assert!(styled.starts_with(b"\x89PNG"), "not a picture");
    fs::remove_file(index.with_file_name("style.css")).expect("removed");
    assert_ne!(screenshot("bare.png"), styled);
}

#[test]
fn a_script_that_slips_into_a_page_is_stopped_by_its_policy() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let page = fs::read_to_string(&index).expect("readable");
    let title_with = |page: &str| {
        fs::write(&index, page).expect("written");
        between(&browser.dom(text(&index)), "<title>", "</title>").to_owned()
    };
    let with_script = page.replace("</body>", "<script>document.title = 'pwned'</script></body>");
    assert_eq!(title_with(&with_script), "Assay report");
    let without_policy = with_script.replace("Content-Security-Policy", "X-Nothing");
    assert_eq!(title_with(&without_policy), "pwned", "the script works at all");
}
