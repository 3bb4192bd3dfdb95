//! The browser that looks at pages.

#![expect(clippy::disallowed_methods, reason = "starts the browser")]

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// No page takes a browser longer, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A function for scripts that look at a page: it waits until something holds. The browser's
/// clock jumps ahead where nothing is being loaded, while what the browser does beside the
/// page, such as inflating, takes real time; so this computes for a little between two looks.
pub(crate) const UNTIL: &str = r"
const until = async (holds) => {
  for (let look = 0; look < 500 && !holds(); look += 1) {
    for (let turn = 0; turn < 1e6; turn += 1) Math.random();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
";

pub(crate) struct Browser {
    program: PathBuf,
}

impl Browser {
    pub(crate) fn find() -> Browser {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .flat_map(|directory| ["chromium", "chromium-browser"].map(|name| directory.join(name)))
            .find(|program| program.is_file())
            .expect("chromium is not installed; `make setup` installs it");
        Browser { program }
    }

    /// Runs the browser on a page, an address or a path and perhaps what stands behind `#`,
    /// and returns what it printed.
    pub(crate) fn run(&self, page: &str, action: &str) -> String {
        let address = if page.contains("://") { page.to_owned() } else { format!("file://{page}") };
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
            // Scripts load what they show.
            .arg("--virtual-time-budget=20000")
            .arg(address)
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

    pub(crate) fn dom(&self, page: &str) -> String {
        let dom = self.run(page, "--dump-dom");
        assert!(dom.contains("</html>"), "{page} gave no document: {dom:?}");
        dom
    }
}

fn wait(child: &mut Child, page: &str) {
    let start = Instant::now();
    while child.try_wait().expect("a child of ours").is_none() {
        if start.elapsed() > LIMIT {
            let group = Pid::from_raw(child.id().try_into().expect("a process id"));
            killpg(group, Signal::SIGKILL).expect("killed");
            child.wait().expect("reaped");
            panic!("chromium took more than {LIMIT:?} over {page}");
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// What stands between two marks, of which there may be none.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(part, _)| part)
}
