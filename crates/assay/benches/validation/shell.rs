//! Runs a script of commands on this machine without Assay's sandbox.
//!
//! Our own solutions run directly. Recorded answers of models run in namespaces
//! of their own, without network, as a user without rights: enough to keep an
//! honest mistake from doing harm, at the cost of some milliseconds, which
//! [`Shell::run`] takes off. It is not the sandbox: it limits neither memory nor
//! what can be read.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::measure::{Cost, Costs, Who, cost_of};

/// The user `nobody` of every Linux.
const NOBODY: u32 = 65534;

/// Where the two folders are seen inside the namespaces, which every Debian has.
const INNER_BENCH: &str = "/tmp";
const INNER_CACHE: &str = "/mnt";

const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/go/bin";

/// Longer than any script's own time limits together.
const PATIENCE: &str = "900";

/// Makes the namespaces' file system and network, drops every right, and becomes
/// the script. Its arguments are the two folders and what to run.
const CONTAIN: &str = r#"
ip link set lo up
mount --bind "$1" /tmp
mount --bind "$2" /mnt
shift 2
cd /tmp
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all "$@"
"#;

/// Where scripts run, and what they see of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Containment {
    Direct,
    Namespaces,
}

/// Runs scripts in folders below one folder.
///
/// In a script, `$BENCH` is that folder and `$CACHE` what Assay has prepared. It
/// ends with [`FINISH`].
#[derive(Debug)]
pub(crate) struct Shell {
    root: PathBuf,
    cache: PathBuf,
    containment: Containment,
    /// What a script that does nothing costs.
    overhead: Cost,
}

/// How the two suites ended; the second is false if it did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suites {
    pub(crate) functional: bool,
    pub(crate) security: bool,
}

/// The end of every script, which has put the suites' exit statuses in `f` and `s`.
pub(crate) const FINISH: &str = "\necho \"suites $f $s\"\n";

impl Shell {
    pub(crate) fn new(root: &Path, cache: &Path, containment: Containment) -> Shell {
        std::fs::create_dir_all(cache).expect("a folder for what is prepared");
        // What scripts leave behind there is nobody's.
        let _ = std::fs::remove_dir_all(root.join("scratch"));
        for folder in ["home", "scratch"] {
            std::fs::create_dir_all(root.join(folder)).expect("a folder to measure in");
        }
        let (root, cache) = (root.to_owned(), cache.to_owned());
        let mut shell = Shell { root, cache, containment, overhead: Cost::default() };
        if containment == Containment::Namespaces {
            chown(&shell.root, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
            shell.own(Path::new("home"));
            shell.own(Path::new("scratch"));
            let mut costs = Costs::default();
            for _ in 0..20 {
                costs.add(cost_of(Who::Reaped, || shell.output(Path::new(""), "true")).1);
            }
            shell.overhead = costs.median();
        }
        shell
    }

    /// The folder that scripts call `$BENCH`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path of the cache, as scripts name it.
    pub(crate) fn cached(&self, path: &Path) -> String {
        let inner = path.strip_prefix(&self.cache).expect("a prepared folder is in the cache");
        format!("$CACHE/{}", inner.display())
    }

    /// A path of the cache where scripts find it.
    pub(crate) fn inner(&self, path: &Path) -> String {
        let place = match self.containment {
            Containment::Direct => self.cache.as_path(),
            Containment::Namespaces => Path::new(INNER_CACHE),
        };
        let inner = path.strip_prefix(&self.cache).expect("a prepared folder is in the cache");
        place.join(inner).display().to_string()
    }

    /// Gives what was written below the folder to the user who runs scripts.
    pub(crate) fn own(&self, path: &Path) {
        if self.containment == Containment::Namespaces {
            own(&self.root.join(path));
        }
    }

    /// Runs a script in a folder below the root, and says what it cost beyond its
    /// containment.
    pub(crate) fn run(&self, folder: &Path, script: &str) -> (Suites, Cost) {
        let (output, cost) = cost_of(Who::Reaped, || self.output(folder, script));
        let last = output.lines().rev().find_map(|line| line.strip_prefix("suites "));
        let mut passed = last.unwrap_or("1 1").split(' ').map(|status| status == "0");
        let mut next = || passed.next().unwrap_or(false);
        let functional = next();
        (Suites { functional, security: functional & next() }, cost.without(self.overhead))
    }

    /// What a script prints.
    fn output(&self, folder: &Path, script: &str) -> String {
        let (program, bench, cache) = match self.containment {
            Containment::Direct => {
                (vec![], self.root.display().to_string(), self.cache.display().to_string())
            }
            Containment::Namespaces => {
                let words = "unshare --net --pid --mount --fork --kill-child --mount-proc sh -e -c";
                let mut program: Vec<String> = words.split(' ').map(str::to_owned).collect();
                let folders = [&self.root, &self.cache].map(|it| it.display().to_string());
                program.extend([CONTAIN.to_owned(), "contain".to_owned()]);
                program.extend(folders);
                (program, INNER_BENCH.to_owned(), INNER_CACHE.to_owned())
            }
        };
        let script = format!("cd \"$BENCH/{}\" || exit 1\n{script}", folder.display());
        let output = Command::new("timeout")
            .args(["--signal", "KILL", PATIENCE])
            .args(program)
            .args(["sh", "-c", &script])
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", format!("{bench}/home"))
            .env("TMPDIR", format!("{bench}/scratch"))
            .env("LANG", "C.UTF-8")
            .env("BENCH", bench)
            .env("CACHE", cache)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .output()
            .expect("timeout of coreutils starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What containment costs for each script.
    pub(crate) fn overhead(&self) -> Cost {
        self.overhead
    }
}

/// Why recorded answers cannot be run here, if so.
pub(crate) fn uncontained() -> Option<&'static str> {
    (!nix::unistd::geteuid().is_root())
        .then_some("only root can run recorded answers as a user without rights")
}

fn own(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
    if path.is_dir() && !path.is_symlink() {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("its owner");
        for entry in std::fs::read_dir(path).expect("a folder").flatten() {
            if entry.path().is_symlink() {
                continue;
            }
            own(&entry.path());
        }
    }
}
