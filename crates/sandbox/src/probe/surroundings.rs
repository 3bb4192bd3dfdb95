//! Whether Assay itself runs in a container or in somebody's sandbox, which may forbid what its own
//! sandboxes are made of.

use std::fs;
use std::path::Path;

use super::{Finding, Status};

/// What this process is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surroundings {
    Docker,
    Podman,
    /// Another container, which says no more of itself.
    Container,
    /// No container that is known, but its system calls are filtered.
    Filter,
    Nothing,
}

/// What the surroundings are, with a remedy where no sandbox starts in them.
pub(super) fn finding(sandboxes_start: bool) -> Finding {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let surroundings = Surroundings::of(
        &|path| Path::new(path).exists(),
        std::env::var("container").ok().as_deref(),
        &status,
    );
    let finding = Finding::new("surroundings", Status::Ok, surroundings.detail());
    match (sandboxes_start, surroundings.remedy()) {
        (false, Some(remedy)) => Finding { status: Status::Degraded, ..finding }.remedy(remedy),
        _ => finding,
    }
}

impl Surroundings {
    /// By files that engines put into containers, the variable that they set for the first process,
    /// and the kernel's word on this process.
    fn of(exists: &dyn Fn(&str) -> bool, container: Option<&str>, status: &str) -> Surroundings {
        let is_filtered = status
            .lines()
            .any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"));
        let container = container.filter(|name| !name.is_empty());
        match container {
            Some("podman") => Surroundings::Podman,
            Some("docker") => Surroundings::Docker,
            _ if exists("/run/.containerenv") => Surroundings::Podman,
            _ if exists("/.dockerenv") => Surroundings::Docker,
            Some(_) => Surroundings::Container,
            None if is_filtered => Surroundings::Filter,
            None => Surroundings::Nothing,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Surroundings::Docker => "a container of Docker",
            Surroundings::Podman => "a container of Podman",
            Surroundings::Container => "a container",
            Surroundings::Filter => "no container that is known, but system calls are filtered",
            Surroundings::Nothing => "neither a container nor a filter of system calls",
        }
    }

    fn remedy(self) -> Option<&'static str> {
        match self {
            Surroundings::Docker => Some(
                "start the container with --privileged, or, for an ordinary user in it, with --security-opt seccomp=unconfined --security-opt systempaths=unconfined",
            ),
            Surroundings::Podman => Some(
                "start the container with --privileged, or, for an ordinary user in it, with --security-opt seccomp=unconfined --security-opt unmask=ALL",
            ),
            Surroundings::Container => Some(
                "have the container allow new namespaces and mounts in it, or run assay outside of it",
            ),
            Surroundings::Filter => Some(
                "run assay outside of the sandbox or service that filters its system calls, or have that allow new namespaces and mounts",
            ),
            Surroundings::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_and_filters_are_told_apart() {
        let check = |file: &str, container: Option<&str>, status: &str, expect: Surroundings| {
            let found = Surroundings::of(&|path| path == file, container, status);
            assert_eq!(found, expect, "{file} {container:?} {status}");
        };
        let filtered = "Name:\tassay\nSeccomp:\t2\nSeccomp_filters:\t1\n";
        check("", None, "Seccomp:\t0\n", Surroundings::Nothing);
        check("", None, "", Surroundings::Nothing);
        check("", Some(""), filtered, Surroundings::Filter);
        check("", None, filtered, Surroundings::Filter);
        check("/.dockerenv", None, filtered, Surroundings::Docker);
        check("/run/.containerenv", None, filtered, Surroundings::Podman);
        check("/.dockerenv", Some("podman"), filtered, Surroundings::Podman);
        check("", Some("systemd-nspawn"), filtered, Surroundings::Container);
    }
}
