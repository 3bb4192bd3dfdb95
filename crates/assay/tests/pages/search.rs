//! The search, in a report that was written and in live pages.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use assay::store::{SearchIndex, Store, TextKind};
use assay_core::Verdict;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use serde_json::{Value, json};

use crate::devtools::Tab;
use crate::door::Door;
use crate::{Site, sample_run};

/// A run of three attempts with words of their own: the second one's answer has Chinese and marks
/// of HTML, the third is like the first.
fn worded(path: &std::path::Path) -> Store {
    let case = |id: &str, title: &str| sample_run::case(id, title, Language::C, Severity::High);
    let cases = vec![case("frame-reader", "Read a frame"), case("archive", "Unpack <an> archive")];
    let mut store = Store::create(path, &sample_run::info("worded", &["able", "baker"], cases, 3))
        .expect("new");
    let codes = [
        ("able", "frame-reader", Verdict::Secure, "int guarded_copy(int a);\n"),
        ("baker", "archive", Verdict::Insecure, "// 检查缓冲区 if (a<b && \"zebra\")\n"),
        ("baker", "frame-reader", Verdict::Secure, "int guarded_copy(int a);\n"),
    ];
    for (subject, case, verdict, code) in codes {
        let turn = sample_run::turn(verdict, code, "a detail about zebras");
        let record = sample_run::attempt(subject, case, sec_code_bench_v2::GEN, 1, vec![turn]);
        store.record(&record).expect("recorded");
    }
    store
}

/// What a reader sees of the results.
const SEEN: &str = r#"
({
  cases: [...document.querySelectorAll('#found ul.found > li > a')].map((it) => it.textContent),
  texts: [...document.querySelectorAll('#found ol.found > li')].map((it) => [
    it.querySelector('.kind').textContent, it.querySelector('mark').textContent,
    [...it.querySelectorAll('a')].map((link) => link.textContent)]),
  scripts: [...document.scripts].filter((it) => it.textContent !== '').length,
})
"#;

fn kinds(seen: &Value) -> Vec<(String, String)> {
    let texts = seen["texts"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    texts.map(|it| (text(&it[0]), text(&it[1]))).collect()
}

#[test]
fn a_written_report_is_searched_by_its_own_files() {
    let site = Site::of(&[("run.assay", worded)]);
    let tab = Tab::open();
    let ask = |query: &str| {
        tab.go(&site.page(&format!("search.html?{query}")));
        tab.run(SEEN)
    };
    let pair = |kind: &str, word: &str| (kind.to_owned(), word.to_owned());
    let seen = ask("q=GUARDED_co&in=answers");
    assert_eq!(kinds(&seen), [pair("Answer", "guarded_co"), pair("Artifact", "guarded_co")]);
    // The same text of another attempt is told of, not listed again.
    let said = tab.run("document.querySelector('#found ol.found li').textContent");
    assert!(said.as_str().is_some_and(|it| it.ends_with("and 1 more attempt")), "{said}");
    assert_eq!(kinds(&ask("q=%E7%BC%93%E5%86%B2&in=answers")).len(), 2);
    assert_eq!(kinds(&ask("q=a%3Cb+%22zebra%22&in=answers")).len(), 2);
    assert_eq!(
        kinds(&ask("q=heap-buffer-overflow&in=logs")),
        [pair("Log", "heap-buffer-overflow")]
    );
    assert_eq!(kinds(&ask("q=0x602000000071&in=logs")).len(), 1, "what no index has is found");
    assert_eq!(kinds(&ask("q=zebras&in=failures")), [pair("First failure", "zebras")]);
    assert_eq!(kinds(&ask("q=network&in=prompts")).len(), 1);
    assert!(kinds(&ask("q=nobody-wrote-this&in=everything")).is_empty());
    let cases = ask("q=%3Can%3E&in=cases");
    assert_eq!((&cases["cases"], &cases["texts"]), (&json!(["archive"]), &json!([])));
    // By the form and by a key.
    tab.go(&site.page("index.html"));
    tab.press("/");
    tab.wait_until("location.href.includes('search.html') && document.activeElement?.name === 'q'");
    tab.settle();
    tab.run("document.querySelector('#search input').value = 'guarded'; document.querySelector('#search').requestSubmit()");
    tab.wait_until("location.search.startsWith('?q=guarded') && document.querySelectorAll('#found ol li').length === 2");
    tab.run("document.querySelector('#found ol a').click()");
    tab.wait_until(
        "location.href.includes('attempt.html#') && document.querySelector('h1') !== null",
    );
}

/// The program while it serves, and its address.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(door: &Door) -> Served {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "run.assay"];
        let mut command = door.command(&arguments);
        let cache = door.path("cache");
        command.env("ASSAY_CACHE", cache).stdout(Stdio::piped());
        let mut child = command.spawn().expect("assay starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("UTF-8");
        let address = line.split("http://").nth(1).and_then(|it| it.split('/').next());
        Served { address: address.expect("an address").to_owned(), child }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn live_pages_are_searched_by_an_index_beside_the_cache_and_the_run_stays_as_it_is() {
    let door = Door::open();
    let mut store = worded(&door.path("run.assay"));
    let served = Served::start(&door);
    let tab = Tab::open();
    let ask = |query: &str, texts: usize| {
        // The index is made in the background when somebody first asks.
        for _ in 0..200 {
            tab.go(&format!("http://{}/search.html?{query}", served.address));
            let waits = tab.run("document.querySelector('[data-waiting]') !== null");
            let seen = tab.run(SEEN);
            if waits == json!(false) && kinds(&seen).len() == texts {
                return seen;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{query}: {}", tab.run("document.body.innerText"));
    };
    let seen = ask("q=guarded_copy", 1);
    assert_eq!(seen["texts"][0][0], "Answer");
    assert_eq!(seen["texts"][0][2].as_array().map(Vec::len), Some(2), "both who said it: {seen}");
    assert_eq!(kinds(&ask("q=guard&in=answers", 1))[0].1, "guard", "the start of a word");
    ask("q=%E7%BC%93%E5%86%B2%E5%8C%BA&in=answers", 1);
    ask("q=heap-buffer-overflow&in=logs", 1);
    ask("q=heap-buffer-overflow&in=prompts", 0);
    ask("q=zebra%22+OR+%22guarded", 0);
    ask("q=*", 0);
    let cases = ask("q=unpack&in=cases", 0);
    assert_eq!(cases["cases"], json!(["archive"]));
    let hostile = ask("q=%3Cscript%3Edocument.title%3D1%3C%2Fscript%3E", 0);
    assert_eq!(hostile["scripts"], 0);

    // What comes later is found too.
    let turn = sample_run::turn(Verdict::Secure, "int later_on;\n", "");
    let record = sample_run::attempt("able", "archive", sec_code_bench_v2::GEN, 1, vec![turn]);
    store.record(&record).expect("recorded");
    drop(store);
    ask("q=later_on", 1);
    let files = crate::door::files_below(&door.path("cache/search"));
    assert!(!files.is_empty(), "the index is in the cache");
    let beside = std::fs::read_dir(door.path("")).expect("a folder");
    let names: Vec<String> = beside
        .map(|it| it.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("run.assay"))
        .collect();
    assert_eq!(names, ["run.assay"], "and nothing of it beside the run");
}

#[test]
fn an_index_of_another_run_or_of_no_use_is_made_anew() {
    let door = Door::open();
    let store = worded(&door.path("run.assay"));
    let path = door.path("deep/index.sqlite");
    let made = |run: &str| {
        let mut index = SearchIndex::open(&path, run).expect("an index");
        let lacked = index.lacks(&store).expect("readable");
        while index.take_more(&store).expect("written") {}
        let found = index.find("guarded", Some(TextKind::Answer), (0, 10, 10)).expect("sought");
        assert_eq!((found.all, found.texts[0].all), (1, 2), "{found:?}");
        lacked
    };
    assert_eq!((made("worded"), made("worded"), made("another")), (3, 0, 3));
    std::fs::write(&path, "no database at all").expect("written");
    assert_eq!(made("another"), 3);
}
