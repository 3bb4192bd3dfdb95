//! What this process runs in, where that can keep sandboxes from being made: containers, filters of
//! system calls, and sandboxes of others.

use std::fmt;
use std::fs;
use std::path::Path;

/// What is around this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The kind of container, if it is one.
    container: Option<&'static str>,
    /// Whether a filter of system calls is on it.
    filtered: bool,
    /// The AppArmor profile that confines it.
    profile: Option<String>,
    /// Whether it is in a user namespace that is not the host's.
    nested: bool,
}

impl Surroundings {
    /// Looks at this process; what cannot be read is not there.
    pub(crate) fn look() -> Surroundings {
        Surroundings::below(Path::new("/"))
    }

    fn below(root: &Path) -> Surroundings {
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let status = text("proc/self/status");
        let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
        let profile = text("proc/self/attr/current");
        let profile = profile.trim_end_matches('\0').trim();
        let map = text("proc/self/uid_map");
        let whole = ["0", "0", "4294967295"];
        Surroundings {
            container: container(root, &text("proc/1/environ"), &text("run/systemd/container")),
            filtered: mode.is_some_and(|mode| mode.trim() == "2"),
            profile: Some(profile.to_owned()).filter(|it| !it.is_empty() && it != "unconfined"),
            nested: !map.is_empty() && !map.split_whitespace().eq(whole),
        }
    }

    /// What allows sandboxes here, where nothing else is known to refuse them.
    pub(crate) fn remedy(&self) -> Option<String> {
        let options = "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined \
                       --security-opt apparmor=unconfined";
        Some(match self.container {
            Some(kind @ ("Docker" | "Podman")) => format!(
                "start the {kind} container with {options}, or with --privileged, and run as root in it"
            ),
            Some("Kubernetes") => "give the container securityContext: {privileged: true}, or \
                the capabilities SYS_ADMIN and NET_ADMIN with seccompProfile and appArmorProfile Unconfined"
                .to_owned(),
            Some(kind) => format!(
                "allow the {kind} container to make namespaces (for LXC: security.nesting=true; for systemd-nspawn: --system-call-filter=\"@mount unshare setns\" --capability=all)"
            ),
            None if self.filtered || self.nested => "run assay outside of the sandbox that it is started in, or let that allow user namespaces and mounts"
                .to_owned(),
            None => match &self.profile {
                Some(profile) => format!(
                    "let the AppArmor profile {profile} allow `userns` and `mount`, or run assay outside of it"
                ),
                None => return None,
            },
        })
    }
}

/// The kind of container, by the files and variables that each leaves.
fn container(root: &Path, environment: &str, named: &str) -> Option<&'static str> {
    let is_there = |path: &str| root.join(path).exists();
    let variable = |name: &str| {
        environment.split('\0').find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    };
    if variable("KUBERNETES_SERVICE_HOST").is_some()
        || is_there("var/run/secrets/kubernetes.io/serviceaccount")
    {
        return Some("Kubernetes");
    }
    if is_there("run/.containerenv") {
        return Some("Podman");
    }
    if is_there(".dockerenv") {
        return Some("Docker");
    }
    match variable("container").unwrap_or(named.trim()) {
        "" => None,
        "lxc" | "lxc-libvirt" => Some("LXC"),
        "podman" => Some("Podman"),
        "docker" => Some("Docker"),
        "systemd-nspawn" => Some("systemd-nspawn"),
        _ => Some("surrounding"),
    }
}

impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.container.map(|kind| format!("a container ({kind})")));
        parts.extend(self.nested.then(|| "a user namespace of somebody else".to_owned()));
        parts.extend(self.filtered.then(|| "a filter of system calls".to_owned()));
        parts.extend(self.profile.as_ref().map(|it| format!("the AppArmor profile {it}")));
        if parts.is_empty() {
            return f.write_str("no container, no filter of system calls, no AppArmor profile");
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is seen where these files are.
    fn seen(files: &[(&str, &str)]) -> Surroundings {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        Surroundings::below(root.path())
    }

    #[test]
    fn what_is_around_gets_a_remedy_of_its_own() {
        let check = |files: &[(&str, &str)], shown: &str, remedy: Option<&str>| {
            let seen = seen(files);
            assert_eq!(seen.to_string(), shown, "{files:?}");
            match (seen.remedy(), remedy) {
                (Some(said), Some(part)) => assert!(said.contains(part), "{said}"),
                (said, part) => assert_eq!(said.as_deref(), part, "{files:?}"),
            }
        };
        let whole = ("proc/self/uid_map", "         0          0 4294967295\n");
        let none = "no container, no filter of system calls, no AppArmor profile";
        check(&[], none, None);
        check(&[whole, ("proc/self/attr/current", "unconfined\n")], none, None);
        check(
            &[
                whole,
                (".dockerenv", ""),
                ("proc/self/status", "Name:\tx\nSeccomp:\t2\n"),
                ("proc/self/attr/current", "docker-default (enforce)\n"),
            ],
            "a container (Docker), a filter of system calls, the AppArmor profile docker-default (enforce)",
            Some("--security-opt seccomp=unconfined"),
        );
        check(&[whole, ("run/.containerenv", "")], "a container (Podman)", Some("Podman"));
        check(
            &[whole, ("proc/1/environ", "PATH=/bin\0container=lxc\0")],
            "a container (LXC)",
            Some("security.nesting=true"),
        );
        check(
            &[("proc/self/uid_map", "0 1000 1\n")],
            "a user namespace of somebody else",
            Some("outside of the sandbox"),
        );
        check(
            &[whole, ("proc/self/attr/current", "snap.editor (enforce)\n")],
            "the AppArmor profile snap.editor (enforce)",
            Some("allow `userns`"),
        );
    }
}
