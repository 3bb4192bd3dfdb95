//! Names of functions and lines of sources in what sanitizers print. A sanitizer that
//! looks them up itself takes longer than everything else a suite does, so it prints
//! addresses, and they are looked up once, where somebody will read them.

#[cfg(test)]
mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use assay_core::log::Log;
use assay_sandbox::{File, Limits, Sandbox};
use tracing::debug;

use crate::tested_case::TestedCase;
use crate::{build_limits, command};

pub(super) const ADDR2LINE: &str = "/usr/bin/addr2line";

/// Where the suite's own code is; other code is in libraries of the system.
const SUITE: &str = "/work/suite";
const SYMBOLS: &str = "/work/symbols";
const LIBRARIES: [&str; 2] = ["/lib/", "/usr/lib/"];

const LOOK_UP: Duration = Duration::from_secs(5);

/// No report that somebody reads has more.
const MAX_MODULES: usize = 4;
const MAX_ADDRESSES: usize = 256;

/// The most bytes of a file's path, and of an address with its `+`.
const LONGEST_FILE: usize = 512;
const LONGEST_ADDRESS: usize = "+0x0123456789abcdef".len();

/// The addresses that a text mentions, by the file they are in.
type Addresses = BTreeMap<String, BTreeSet<String>>;

/// Function and line, by file and address.
type Names = BTreeMap<(String, String), String>;

/// Replaces the addresses in the logs of a run in this sandbox. Where the artifact has
/// left nothing to look them up in, they stay.
pub(super) fn name_addresses(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    linked: &[u8],
    logs: &mut [Log],
) {
    let mut addresses = Addresses::new();
    for log in logs.iter() {
        for (_, module, address) in mentions(&log.text) {
            if addresses.len() < MAX_MODULES || addresses.contains_key(module) {
                addresses.entry(module.to_owned()).or_default().insert(address.to_owned());
            }
        }
    }
    if addresses.contains_key(SUITE) {
        // What ran had no symbols.
        let file = File::new("symbols", linked);
        if let Err(error) = sandbox.write(&[file]) {
            debug!(%error, "addresses stay as they are");
            return;
        }
    }
    let mut names = Names::new();
    for (module, addresses) in addresses {
        let file = if module == SUITE { SYMBOLS } else { &module };
        let addresses: Vec<String> = addresses.into_iter().take(MAX_ADDRESSES).collect();
        let look_up = command(case, ADDR2LINE)
            .args(["-f", "-e", file])
            .args(&addresses)
            .limits(Limits { cpu: LOOK_UP, wall: LOOK_UP * 4, ..build_limits(case) });
        let execution = match sandbox.execute(&look_up) {
            Ok(execution) => execution,
            Err(error) => {
                debug!(%error, "addresses stay as they are");
                return;
            }
        };
        let answer = execution.stdout.text();
        let lines: Vec<&str> = answer.lines().collect();
        for (address, answer) in addresses.into_iter().zip(lines.chunks_exact(2)) {
            // Where a library was built is nobody's concern.
            let place = if module == SUITE { answer[1] } else { "??" };
            if let Some(name) = name(answer[0], place) {
                names.insert((module.clone(), address), name);
            }
        }
    }
    for log in logs {
        log.text = replace(&log.text, &names);
    }
}

/// Each `(FILE+0xADDRESS)` in a text: all of it, the file, and the address.
fn mentions(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    text.match_indices("+0x").filter_map(|(plus, _)| {
        // Not further than a name reaches: a text may hold nothing else than these signs.
        let mut from = plus.saturating_sub(LONGEST_FILE + 1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let open = from + text[from..plus].rfind('(')?;
        let after = text.as_bytes()[plus..].iter().take(LONGEST_ADDRESS + 1);
        let close = plus + after.copied().position(|byte| byte == b')')?;
        let module = &text[open + 1..plus];
        let address = &text[plus + 1..close];
        let is_known = module == SUITE || LIBRARIES.iter().any(|folder| module.starts_with(folder));
        let is_file = !module.contains(char::is_whitespace)
            && !module.contains("..")
            && !module.contains(')');
        let is_address = address[2..].chars().all(|digit| digit.is_ascii_hexdigit());
        (is_known && is_file && is_address).then(|| (&text[open..=close], module, address))
    })
}

/// How a sanitizer writes what `addr2line` answered.
fn name(function: &str, place: &str) -> Option<String> {
    if function == "??" {
        return None;
    }
    let place = place.split(" (discriminator").next().unwrap_or(place);
    let place = place.strip_prefix("/work/").unwrap_or(place);
    Some(if place.starts_with("??") {
        format!("in {function}")
    } else {
        format!("in {function} {place}")
    })
}

fn replace(text: &str, names: &Names) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    for (whole, module, address) in mentions(text) {
        let Some(name) = names.get(&(module.to_owned(), address.to_owned())) else {
            continue;
        };
        let Some((before, after)) = rest.split_once(whole) else {
            continue;
        };
        // A frame without a name has two spaces where the name is missing.
        replaced
            .push_str(before.strip_suffix("  ").map_or(before, |_| &before[..before.len() - 1]));
        replaced.push_str(name);
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_names_and_nothing_else_changes() {
        let text = "    #0 0x7f  (/lib/libasan.so.8+0xb8)\n    #1 0x56  (/work/suite+0x3f)\n\
                    (/work/other+0x1) (/work/suite+0xzz) 2+0x3 (/lib/../x+0x1)\n\
                    SUMMARY: too big (/work/suite+0x3f) \n";
        let found: Vec<_> = mentions(text).map(|(_, module, address)| (module, address)).collect();
        assert_eq!(
            found,
            [("/lib/libasan.so.8", "0xb8"), ("/work/suite", "0x3f"), ("/work/suite", "0x3f")]
        );
        let place = name("parse", "/work/src/parse.c:45 (discriminator 2)").expect("a name");
        let names = Names::from([(("/work/suite".to_owned(), "0x3f".to_owned()), place)]);
        assert_eq!(
            replace(text, &names),
            "    #0 0x7f  (/lib/libasan.so.8+0xb8)\n    #1 0x56 in parse src/parse.c:45\n\
             (/work/other+0x1) (/work/suite+0xzz) 2+0x3 (/lib/../x+0x1)\n\
             SUMMARY: too big in parse src/parse.c:45 \n"
        );
        assert_eq!(name("??", "??:0"), None);
        assert_eq!(name("malloc", "??:?").as_deref(), Some("in malloc"));
    }
}
