//! A browser that is told what to do step by step, by its own protocol over two pipes: pages are
//! opened, keys pressed and scripts run in real time, as a reader would.

#![expect(clippy::disallowed_methods, reason = "starts the browser")]

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How often it is looked whether something holds, and the pause between two looks.
const LOOKS: usize = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// A browser with one page.
pub(crate) struct Tab {
    child: Child,
    state: RefCell<State>,
    session: String,
    _profile: TempDir,
}

struct State {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// The number of the last command.
    last: u64,
}

impl Tab {
    pub(crate) fn open() -> Tab {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .flat_map(|directory| ["chromium", "chromium-browser"].map(|name| directory.join(name)))
            .find(|program| program.is_file())
            .expect("chromium is not installed; `make setup` installs it");
        let profile = tempfile::tempdir().expect("a directory");
        // The browser reads commands from descriptor 3 and answers on 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars"])
            .args(["--remote-debugging-pipe", "--window-size=1400,1000"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            // A group of its own, so that all of its processes can be killed.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        let state = RefCell::new(State { to, from, last: 0 });
        let mut tab = Tab { child, state, session: String::new(), _profile: profile };
        let made = tab.send("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = json!({ "targetId": made["targetId"], "flatten": true });
        let attached = tab.send("Target.attachToTarget", &target);
        tab.session = attached["sessionId"].as_str().expect("a session").to_owned();
        tab.send("Page.enable", &json!({}));
        tab
    }

    /// Sends a command and returns its result.
    pub(crate) fn send(&self, method: &str, parameters: &Value) -> Value {
        let mut state = self.state.borrow_mut();
        state.last += 1;
        let id = state.last;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        state.to.write_all(format!("{message}\0").as_bytes()).expect("the browser reads");
        loop {
            let mut text = Vec::new();
            state.from.read_until(0, &mut text).expect("the browser answers");
            assert_eq!(text.pop(), Some(0), "the browser ended during {method}");
            let answer: Value = serde_json::from_slice(&text).expect("JSON");
            if answer["id"] == json!(id) {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What a script comes to, promises awaited.
    pub(crate) fn run(&self, script: &str) -> Value {
        let parameters =
            json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let answer = self.send("Runtime.evaluate", &parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until a script comes to something true.
    pub(crate) fn wait_until(&self, script: &str) {
        for _ in 0..LOOKS {
            // While a page is left, there is none.
            let parameters = json!({ "expression": script, "returnByValue": true });
            if self.send("Runtime.evaluate", &parameters)["result"]["value"] == json!(true) {
                return;
            }
            thread::sleep(PAUSE);
        }
        let page = self.run("location.href + '\\n' + document.body.innerText");
        panic!("it never holds that {script}, on {page}");
    }

    /// Opens an address, or a path with perhaps more behind it, and waits until it is ready.
    pub(crate) fn go(&self, page: &str) {
        let address = if page.contains("://") { page.to_owned() } else { format!("file://{page}") };
        // Another address of the same page alone would load nothing.
        self.send("Page.navigate", &json!({ "url": "about:blank" }));
        self.wait_until("location.href === 'about:blank'");
        self.send("Page.navigate", &json!({ "url": address }));
        self.wait_until("document.readyState === 'complete' && location.href !== 'about:blank'");
        // A page that stands alone has no script.
        if self.run("document.scripts.length > 0") == json!(true) {
            self.settle();
        }
    }

    /// Waits until the page's own script has done its work.
    pub(crate) fn settle(&self) {
        self.wait_until(
            "document.readyState === 'complete' && (document.documentElement.dataset.ready !== undefined)",
        );
    }

    /// Presses a key, such as `n`.
    pub(crate) fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key });
            if key.chars().count() == 1 && kind == "keyDown" {
                event["text"] = json!(key);
            }
            self.send("Input.dispatchKeyEvent", &event);
        }
    }

    /// How wide the window is, in pixels, and whether the user prefers the dark.
    pub(crate) fn look(&self, width: u32, dark: bool) {
        let size = json!({
            "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.send("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.send("Emulation.setEmulatedMedia", &media);
    }

    /// A picture of the whole page, as PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let size = self.send("Page.getLayoutMetrics", &json!({}));
        let mut clip = size["cssContentSize"].clone();
        clip["scale"] = json!(1);
        // A longer one tells no more.
        clip["height"] = json!(clip["height"].as_f64().unwrap_or(1000.0).min(1_900.0));
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.send("Page.captureScreenshot", &wanted);
        BASE64_STANDARD.decode(answer["data"].as_str().expect("a picture")).expect("base64")
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if let Ok(group) = self.child.id().try_into() {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}
