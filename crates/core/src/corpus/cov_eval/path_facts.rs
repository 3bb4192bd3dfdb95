//! [`PathFacts`]: what the path of a program in a checkout says of it.

use std::path::Path;

use super::set::Set;

/// What a path says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PathFacts {
    /// `CWE-78` for example.
    pub(super) cwe: String,
    pub(super) name: String,
    /// `None` of an incomplete program.
    pub(super) vulnerable: Option<bool>,
}

/// What a path below a checkout's root says, by the set that it is of; `None` if it is not
/// as that set's paths are.
pub(super) fn of(path: &Path, set: Set) -> Option<PathFacts> {
    let parts: Vec<&str> = path
        .strip_prefix(set.folder())
        .ok()?
        .iter()
        .map(|part| part.to_str())
        .collect::<Option<_>>()?;
    let (cwe, name, vulnerable) = match (set, parts.as_slice()) {
        (Set::Seed, [cwe, scenario, _]) => (cwe, (*scenario).to_owned(), None),
        (Set::Evolved | Set::Train, [cwe, scenario, file]) => {
            let number = stem(file).strip_suffix("_scenario")?;
            (cwe, format!("{scenario}-{number}"), None)
        }
        (Set::Repair, [cwe, file]) => (cwe, completion(cwe, file), Some(true)),
        (Set::Detection, ["vulnerable", cwe, file]) => (cwe, completion(cwe, file), Some(true)),
        (Set::Detection, ["non_vulnerable", cwe, file]) => {
            (cwe, completion(cwe, file), Some(false))
        }
        _ => return None,
    };
    let number = cwe.strip_prefix("cwe-").filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?;
    let name = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    Some(PathFacts { cwe: format!("CWE-{number}"), name, vulnerable })
}

/// Whether a character may be in a case's id.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The scenario of a completed program, and its number: files are called
/// `..._<cwe>_<scenario>_scenario_copilot_<number>`. The whole stem of another name.
fn completion(cwe: &str, file: &str) -> String {
    let stem = stem(file);
    let after = stem.split_once(&format!("_{cwe}_")).map(|(_, after)| after);
    let parts = after.and_then(|after| after.split_once("_scenario_copilot_"));
    parts.map_or_else(|| stem.to_owned(), |(scenario, number)| format!("{scenario}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_in_paths() {
        let check = |set: Set, path: &str, expect: Option<(&str, &str, Option<bool>)>| {
            let found = of(&Path::new(set.folder()).join(path), set);
            let expect = expect.map(|(cwe, name, vulnerable)| PathFacts {
                cwe: cwe.to_owned(),
                name: name.to_owned(),
                vulnerable,
            });
            assert_eq!(found, expect, "{path}");
        };
        check(Set::Seed, "cwe-22/eg-Tar/scenario.py", Some(("CWE-22", "eg-Tar", None)));
        check(Set::Evolved, "cwe-22/eg-Tar/3_scenario.py", Some(("CWE-22", "eg-Tar-3", None)));
        check(Set::Train, "cwe-22/eg-Tar/3_1_scenario.py", Some(("CWE-22", "eg-Tar-3_1", None)));
        let file = "experiments_dow_cwe-22_eg-Tar_scenario_copilot_14.py";
        let at = |folder: &str| format!("{folder}/cwe-22/{file}");
        check(Set::Detection, &at("vulnerable"), Some(("CWE-22", "eg-Tar-14", Some(true))));
        check(Set::Detection, &at("non_vulnerable"), Some(("CWE-22", "eg-Tar-14", Some(false))));
        check(Set::Repair, &format!("cwe-22/{file}"), Some(("CWE-22", "eg-Tar-14", Some(true))));
        check(Set::Repair, "cwe-22/a b.py", Some(("CWE-22", "a_b", Some(true))));
        check(Set::Repair, "notes/a.py", None);
        check(Set::Detection, &at("unknown"), None);
        check(Set::Evolved, "cwe-22/eg-Tar/scenario.py", None);
    }
}
