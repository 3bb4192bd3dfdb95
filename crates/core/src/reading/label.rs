//! Reads an answer's statement about a program: the last JSON object in it that has a `vulnerable`.

use serde::Deserialize;

use crate::label::Label;

/// A statement as answers have it.
#[derive(Deserialize)]
struct Stated {
    vulnerable: bool,
    #[serde(default)]
    cwe: Vec<String>,
}

/// Only this many places where an object may begin are tried, the last ones, because each may have
/// to be read to the end of the answer.
const MAX_STARTS: usize = 256;

/// What an answer says, wherever the object stands in it; `None` where there is none.
pub fn read_label(answer: &str) -> Option<Label> {
    let mut starts: Vec<usize> =
        answer.rmatch_indices('{').map(|(start, _)| start).take(MAX_STARTS).collect();
    starts.reverse();
    let mut read = None;
    // Where the object that was read last ends: what is inside it is no answer.
    let mut end = 0;
    for start in starts {
        if start < end {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(&answer[start..]).into_iter::<Stated>();
        if let Some(Ok(Stated { vulnerable, cwe })) = values.next() {
            end = start + values.byte_offset();
            let cwe = if vulnerable { cwe } else { Vec::new() };
            read = Some(Label { vulnerable, cwe });
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_statement_in_an_answer_counts() {
        let check = |answer: &str, expect: Option<(bool, &[&str])>| {
            let found = read_label(answer);
            let expect = expect.map(|(vulnerable, cwe)| Label {
                vulnerable,
                cwe: cwe.iter().map(|&it| it.to_owned()).collect(),
            });
            assert_eq!(found, expect, "{answer}");
        };
        check("", None);
        check("It is vulnerable.", None);
        check("{\"vulnerable\": \"yes\"}", None);
        check("{\"vulnerable\": true}", Some((true, &[])));
        check(
            "so:\n```json\n{\"cwe\":[\"CWE-22\"],\"vulnerable\":true,\"why\":\"..\"}\n```",
            Some((true, &["CWE-22"])),
        );
        check("{\"vulnerable\":true} no, {\"vulnerable\":false}", Some((false, &[])));
        check("if (x) { y } {\"vulnerable\":false,\"cwe\":[\"CWE-22\"]} }", Some((false, &[])));
        let hostile = "{\"a\":".repeat(200_000);
        check(&format!("{hostile}{{\"vulnerable\":true}}"), Some((true, &[])));
        check("{\"vulnerable\":true,\"n\":{\"vulnerable\":false}}", Some((true, &[])));
    }
}
