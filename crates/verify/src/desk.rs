//! [`Desk`]: what a language gives somebody who works in a case's project, beside the
//! project: its tools and the prepared libraries, without any network.

use assay_sandbox::{File, Mount};

/// Where the project lies in a workspace.
pub(super) const PROJECT: &str = "/work/project";

/// The home folder of whoever works there.
pub const HOME: &str = "/work/home";

/// What a language gives somebody who works in a case's project.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) mounts: Vec<Mount>,
    /// Files of the home folder, by their paths in it.
    pub(super) home: Vec<File>,
    pub(super) environment: Vec<(String, String)>,
    /// Folders of programs that come before the usual ones.
    pub(super) path: Vec<String>,
    /// Names of folders of the project that tools fill and nobody writes. They are in no
    /// commit and in no patch.
    pub(super) ignored: &'static [&'static str],
    /// Whether programs may trace their own children, as LeakSanitizer does.
    pub(super) traces: bool,
    /// A command that readies the tools once, before anybody works.
    pub(super) begin: Option<Vec<String>>,
}

impl Desk {
    #[must_use]
    pub(super) fn variable(mut self, name: &str, value: impl Into<String>) -> Desk {
        self.environment.push((name.to_owned(), value.into()));
        self
    }
}
