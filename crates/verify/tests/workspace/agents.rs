//! The agents that are installed, in a workspace without any network.

use std::io::Write as _;

use crate::setting::{C_CASE, Setting};

/// The agents, and a part of what each answers when it is asked for its version.
const AGENTS: [(&str, &str); 7] = [
    ("claude-code", "Claude Code"),
    ("codex", "codex-cli "),
    ("gemini-cli", "."),
    ("qwen-code", "."),
    ("opencode", "."),
    ("aider", " 0."),
    ("mini-swe-agent", "mini-swe-agent"),
];

/// One of them has no option that asks for its version alone.
const QUESTION: &str = "case $AGENT in *minisweagent*) $AGENT --help;; *) $AGENT --version;; esac";

#[test]
fn every_installed_agent_starts_without_a_network() {
    for (agent, expect) in AGENTS {
        let setting = Setting::of(C_CASE).option("--agent", agent);
        let ended = setting.output(&["true"]);
        let complaint = String::from_utf8_lossy(&ended.stderr).into_owned();
        if complaint.contains("is not prepared") {
            assert!(complaint.contains(&format!("assay prepare --agents={agent}")), "{complaint}");
            // That nobody reads it fails no test.
            let _ = writeln!(std::io::stderr(), "skipped: {agent}: {complaint}");
            continue;
        }
        let run = setting.run(QUESTION);
        assert_eq!(run.json["ending"]["value"], 0, "{agent}: {run}");
        assert!(run.stdout().contains(expect), "{agent}: {run}");
    }
}

#[test]
fn what_is_no_agent_or_no_version_is_refused() {
    for (agent, expect) in [
        ("cursor", "no agent is called"),
        ("codex@latest", "is no version of codex"),
        ("codex@0.0.1", "run `assay prepare --agents=codex@0.0.1`"),
    ] {
        let ended = Setting::of(C_CASE).option("--agent", agent).output(&["true"]);
        let complaint = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && complaint.contains(expect), "{agent}: {complaint}");
    }
}
