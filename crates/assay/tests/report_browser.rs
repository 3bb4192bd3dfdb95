//! Reports of handmade runs, opened in a browser.

#![expect(clippy::disallowed_methods, reason = "starts the browser that looks at the pages")]

use std::fs;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assay::report::html;
use assay::store::Store;
use assay_core::score::ScoringRules;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

mod sample_run;

/// No page takes a browser longer, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

struct Browser {
    program: PathBuf,
}

impl Browser {
    fn find() -> Browser {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .flat_map(|directory| ["chromium", "chromium-browser"].map(|name| directory.join(name)))
            .find(|program| program.is_file())
            .expect("chromium is not installed; `make setup` installs it");
        Browser { program }
    }

    /// Runs the browser on a page and returns what it printed.
    fn run(&self, page: &Path, action: &str) -> String {
        let profile = tempfile::tempdir().expect("a directory");
        let mut child = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args(["--disable-dev-shm-usage", "--window-size=1400,1000", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(action)
            .arg(format!("file://{}", page.display()))
            // A group of its own, so that all of its processes can be killed.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium starts");
        let mut stdout = child.stdout.take().expect("a pipe");
        let reader = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text)
        });
        wait(&mut child, page);
        reader.join().expect("no panic").expect("UTF-8")
    }

    fn dom(&self, page: &Path) -> String {
        let dom = self.run(page, "--dump-dom");
        assert!(dom.contains("</html>"), "{} gave no document: {dom:?}", page.display());
        dom
    }
}

fn wait(child: &mut Child, page: &Path) {
    let start = Instant::now();
    while child.try_wait().expect("a child of ours").is_none() {
        if start.elapsed() > LIMIT {
            let group = Pid::from_raw(child.id().try_into().expect("a process id"));
            killpg(group, Signal::SIGKILL).expect("killed");
            child.wait().expect("reaped");
            panic!("chromium took more than {LIMIT:?} over {}", page.display());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn report(directory: &Path, make: fn(&Path) -> Store) -> PathBuf {
    let stores = [make(&directory.join("run.assay"))];
    html::write(&stores, &directory.join("report"), &ScoringRules::default())
        .expect("written")
        .index
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(part, _)| part)
}

/// The pages that links to a path with `part` lead to.
fn links(page: &Path, dom: &str, part: &str) -> Vec<PathBuf> {
    let hrefs = dom.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
    let directory = page.parent().expect("a directory");
    hrefs
        .filter(|href| href.contains(part))
        .map(|href| directory.join(href).canonicalize().expect("a page that was written"))
        .collect()
}

fn follow(page: &Path, dom: &str, part: &str) -> PathBuf {
    let mut links = links(page, dom, part).into_iter();
    links.next().unwrap_or_else(|| panic!("{} has no link to {part}", page.display()))
}

#[test]
fn a_reader_gets_from_the_index_to_an_attempt() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);

    let dom = browser.dom(&index);
    assert_eq!(between(&dom, "<title>", "</title>"), "Assay report");
    let leaderboard = between(&dom, "<table class=\"leaderboard\">", "</table>");
    assert_eq!(leaderboard.matches("<tr>").count(), 1 + 3);
    let cases = between(&dom, "<table class=\"cases\">", "</table>");
    assert_eq!(cases.matches("<tr>").count(), 1 + 3);

    let case = follow(&index, cases, "/case-");
    let dom = browser.dom(&case);
    assert!(dom.contains("<h1>Read a length-prefixed frame"), "{dom}");
    assert_eq!(dom.matches("<table class=\"attempts\">").count(), 3);

    let attempt = follow(&case, &dom, "/attempt-");
    let dom = browser.dom(&attempt);
    assert!(dom.contains("Functional tests"), "{dom}");
    assert!(dom.contains("reads_an_empty_frame"), "{dom}");

    assert_eq!(follow(&attempt, &dom, "index.html"), index.canonicalize().expect("exists"));
}

#[test]
fn hostile_pages_run_nothing_and_show_their_text() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::hostile);
    let dom = browser.dom(&index);
    let case = follow(&index, &dom, "/case-");
    let case_dom = browser.dom(&case);
    let attempts = links(&case, &case_dom, "/attempt-");
    assert_eq!(attempts.len(), 2);
    for page in attempts.iter().chain([&index, &case]) {
        let dom = browser.dom(page);
        let title = between(&dom, "<title>", "</title>");
        let is_ours = title == "Assay report" || title.contains("../&lt;script&gt;case ·");
        assert!(is_ours, "{title}");
        for element in ["<script", "<img", "<a href=\"javascript", "</pre></details></title>"] {
            assert!(!dom.contains(element), "{} has {element}", page.display());
        }
        // The page is whole: nothing has ended an element early.
        assert_eq!(dom.matches("<main id=\"content\">").count(), 1);
        assert!(between(&dom, "</main>", "</html>").contains("computed from stored evidence"));
        assert!(
            dom.contains("&lt;script&gt;document.title='pwned'&lt;/script&gt;"),
            "{}",
            page.display()
        );
    }
}

#[test]
fn the_style_sheet_is_loaded_under_the_policy_of_the_page() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let screenshot = |name: &str| {
        let path = directory.path().join(name);
        browser.run(&index, &format!("--screenshot={}", path.display()));
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
        between(&browser.dom(&index), "<title>", "</title>").to_owned()
    };
    let with_script = page.replace("</body>", "<script>document.title = 'pwned'</script></body>");
    assert_eq!(title_with(&with_script), "Assay report");
    let without_policy = with_script.replace("Content-Security-Policy", "X-Nothing");
    assert_eq!(title_with(&without_policy), "pwned", "the script works at all");
}
