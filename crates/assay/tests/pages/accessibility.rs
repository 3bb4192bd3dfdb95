//! Pages for readers who use a keyboard or a screen reader, looked at by axe-core in light and
//! dark, on a desk and on a phone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::devtools::Tab;
use crate::{Site, sample_run};

/// Where `make test` has the checker; set-up fetches it with the other linters.
fn checker() -> Option<String> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    let place = "assay/linters/node/node_modules/axe-core/axe.min.js";
    fs::read_to_string(cache.join(place)).ok()
}

/// Where pictures of the pages are put for people, if anywhere.
fn pictures() -> Option<PathBuf> {
    std::env::var_os("ASSAY_TEST_PICTURES").map(PathBuf::from)
}

const CHECK: &str = r"
axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(' | ')}`))
";

#[test]
fn no_page_has_a_serious_fault_for_readers_with_a_keyboard_or_a_screen_reader() {
    let checker = checker();
    if checker.is_none() {
        let note =
            "axe-core is not installed, so no page is checked; `scripts/setup.sh dev` fetches it";
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    let site =
        Site::of(&[("first.assay", sample_run::ordinary), ("second.assay", sample_run::ordinary)]);
    let pages = [
        ("leaderboard", site.page("index.html")),
        ("part", site.page("index.html?language=python&scenario=fix")),
        ("case", site.page_of_run("case-1-")),
        ("subject", site.page_of_run("subject-1-")),
        ("attempt", format!("{}#1-1-1/2", site.page("attempt.html"))),
        ("pair", format!("{}#1-1-1//1-1-2/", site.page("pair.html"))),
        ("search", site.page("search.html?q=frame")),
        ("trend", site.page("trend.html")),
        ("comparison", comparison(&site)),
    ];
    let tab = Tab::open();
    let mut faults = Vec::new();
    for (name, page) in &pages {
        for (width, dark) in [(1400, false), (1400, true), (390, false), (390, true)] {
            tab.look(width, dark);
            tab.go(page);
            if let Some(folder) = pictures() {
                picture(
                    &tab,
                    &folder,
                    &format!("{name}-{width}-{}", if dark { "dark" } else { "light" }),
                );
            }
            let Some(checker) = &checker else { continue };
            // Folded texts are read too.
            tab.run(
                "for (const details of document.querySelectorAll('details')) details.open = true",
            );
            tab.run(&format!("{checker}; true"));
            let found = tab.run(CHECK);
            for fault in found.as_array().into_iter().flatten().filter_map(Value::as_str) {
                faults.push(format!("{name}, {width} pixels, dark: {dark}: {fault}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The page that `assay compare --html` writes of two subjects.
fn comparison(site: &Site) -> String {
    let page = site.page("comparison-of-two.html");
    let wanted = ["--baseline", "acme/small-2", "--with", "acme/large-2", "--html", &page];
    let ended = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["compare", "../first.assay"])
        .args(wanted)
        .current_dir(site.root())
        .output()
        .expect("started");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    page
}

fn picture(tab: &Tab, folder: &Path, name: &str) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(format!("{name}.png")), tab.picture()).expect("written");
}
