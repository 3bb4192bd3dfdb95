//! SARIF 2.1.0: each insecure attempt is a result, whose rule is the weakness.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use assay_core::files::sha256;
use assay_core::record::CaseSummary;
use assay_core::suite::TestOutcome;
use assay_core::{Judgement, Outcome, Phase, Severity, Verdict};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::json_stream::JsonStream;
use super::physical_location::physical_location;
use super::source::Exported;
use super::{ExportError, Source, Watch};
use crate::printable::Visible;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The rule of a case that names no weakness.
const NO_WEAKNESS: &str = "insecure";

/// The most characters of a message or of a line of code.
const LONGEST: usize = 1_000;

pub(super) fn write(
    sources: &[Source],
    mut out: impl Write,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let mut log = JsonStream::new(&mut out);
    log.open_object()?;
    log.member("$schema", &SCHEMA)?;
    log.member("version", &"2.1.0")?;
    log.open_list("runs")?;
    for source in sources {
        for subject in source.subjects() {
            write_run(&mut log, source, subject, watch)?;
        }
    }
    log.close()?;
    log.close()?;
    Ok(out.flush()?)
}

/// The attempts of one subject: a run in SARIF's terms.
fn write_run<W: Write>(
    log: &mut JsonStream<W>,
    source: &Source,
    subject: &str,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let info = source.info();
    let rules = Rules::of(&source.info().cases);
    log.open_object()?;
    log.member("tool", &rules.tool(&info.assay_version))?;
    log.member("taxonomies", &[rules.taxonomy()])?;
    log.member("automationDetails", &json!({ "id": format!("assay/{subject}/{}", info.id) }))?;
    log.member("columnKind", &"unicodeCodePoints")?;
    let base = "the folder of the case's project, into which an answer's files are laid";
    log.member("originalUriBaseIds", &json!({ "ARTIFACT": { "description": { "text": base } } }))?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    log.open_list("results")?;
    for summary in source.summaries_of(subject) {
        if summary.outcome == Outcome::from(Verdict::Insecure) {
            let failure = summary.first_failure.as_deref().unwrap_or("insecure");
            log.item(&rules.result(&source.attempt(summary)?, failure))?;
        }
        let word = summary.outcome.judgement().map_or("errored", Judgement::as_str);
        *counts.entry(word).or_default() += 1;
        watch(&summary.outcome);
    }
    log.close()?;
    let properties = json!({
        "subject": subject,
        "run": info.id,
        "startedAt": info.started_at,
        "corpus": info.corpus,
        "corpusDigest": info.corpus_digest,
        "attempts": counts,
    });
    log.member("properties", &properties)?;
    Ok(log.close()?)
}

/// The weaknesses of a run's cases, in order, each with the highest severity of them.
struct Rules(BTreeMap<String, Severity>);

impl Rules {
    fn of(cases: &[CaseSummary]) -> Rules {
        let mut rules = BTreeMap::new();
        for case in cases {
            for id in weaknesses(case) {
                let severity = rules.entry(id).or_insert(case.severity);
                *severity = case.severity.max(*severity);
            }
        }
        Rules(rules)
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.0.keys().position(|known| known == id)
    }

    fn tool(&self, version: &str) -> Value {
        let rules = self.0.iter().map(|(id, severity)| {
            let mut rule = json!({
                "id": id,
                "shortDescription": { "text": description(id) },
                "defaultConfiguration": { "level": level(*severity) },
                "properties": { "tags": tags(id), "security-severity": score(*severity) },
            });
            if let Some(number) = number(id) {
                rule["helpUri"] = definition(number).into();
                rule["relationships"] =
                    json!([{ "target": self.taxon(id), "kinds": ["relevant"] }]);
            }
            rule
        });
        json!({ "driver": {
            "name": "Assay",
            "version": version,
            "rules": rules.collect::<Vec<_>>(),
            "supportedTaxonomies": [{ "name": "CWE", "index": 0 }],
        }})
    }

    fn taxonomy(&self) -> Value {
        let taxa = self
            .0
            .keys()
            .filter_map(|id| Some(json!({ "id": id, "helpUri": definition(number(id)?) })));
        json!({
            "name": "CWE",
            "organization": "MITRE",
            "shortDescription": { "text": "Common Weakness Enumeration" },
            "informationUri": "https://cwe.mitre.org/",
            "isComprehensive": false,
            "taxa": taxa.collect::<Vec<_>>(),
        })
    }

    /// A reference to the taxon of a weakness.
    fn taxon(&self, id: &str) -> Value {
        let place = self.0.keys().filter(|id| number(id).is_some()).position(|known| known == id);
        json!({ "id": id, "index": place, "toolComponent": { "name": "CWE", "index": 0 } })
    }

    fn result(&self, attempt: &Exported<'_>, failure: &str) -> Value {
        let key = &attempt.record.key;
        let weaknesses = weaknesses(attempt.case);
        let rule = &weaknesses[0];
        let turn = attempt.record.turns.last();
        let suite = turn.and_then(|turn| turn.evidence.suite(Phase::Security));
        let failed: Vec<&str> = suite
            .into_iter()
            .flat_map(|suite| &suite.tests)
            .filter(|test| !matches!(test.outcome, TestOutcome::Passed | TestOutcome::Skipped))
            .map(|test| test.name.as_str())
            .collect();
        let mut location = json!({ "logicalLocations": [{
            "name": key.case,
            "fullyQualifiedName": format!("{}/{}/round {}", key.case, key.scenario, key.round),
            "kind": "module",
        }]});
        if let Some(physical) = turn.and_then(physical_location) {
            location["physicalLocation"] = json!({
                "artifactLocation": { "uri": uri(physical.path.as_str()), "uriBaseId": "ARTIFACT" },
                "region": { "startLine": physical.line, "snippet": { "text": cut(physical.text) } },
            });
        }
        let taxa = weaknesses.iter().filter(|id| number(id).is_some()).map(|id| self.taxon(id));
        // The same in every round, so that a viewer shows one weakness once.
        let fingerprint = sha256(
            format!("{}\n{}\n{}\n{failed:?}", key.subject, key.case, key.scenario).as_bytes(),
        );
        json!({
            "ruleId": rule,
            "ruleIndex": self.place(rule),
            "kind": "fail",
            "level": level(attempt.case.severity),
            "message": { "text": message(failure) },
            "locations": [location],
            "taxa": taxa.collect::<Vec<_>>(),
            "partialFingerprints": {
                "assayFinding/1": fingerprint,
                "primaryLocationLineHash": fingerprint,
            },
            "properties": {
                "subject": key.subject,
                "case": key.case,
                "title": attempt.case.title,
                "scenario": key.scenario,
                "round": key.round,
                "language": attempt.case.language,
                "severity": attempt.case.severity,
                "securityTestsFailed": failed,
            },
        })
    }
}

/// The CWE identifiers of a case, those that are well-formed; at least one rule.
fn weaknesses(case: &CaseSummary) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let known = case.cwe.iter().filter(|id| number(id).is_some());
    let mut known: Vec<String> = known.filter(|id| seen.insert(*id)).cloned().collect();
    if known.is_empty() {
        known.push(NO_WEAKNESS.to_owned());
    }
    known
}

/// The number of a CWE identifier.
fn number(id: &str) -> Option<u32> {
    let digits = id.strip_prefix("CWE-")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

fn definition(number: u32) -> String {
    format!("https://cwe.mitre.org/data/definitions/{number}.html")
}

fn description(id: &str) -> String {
    match number(id) {
        Some(_) => format!("Code with the weakness {id}"),
        None => "Code that fails its security tests".to_owned(),
    }
}

fn tags(id: &str) -> Vec<String> {
    let cwe = number(id).map(|number| format!("external/cwe/cwe-{number:03}"));
    std::iter::once("security".to_owned()).chain(cwe).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
    }
}

/// A number that code-scanning views sort into the class of the same name.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
    }
}

/// The text as a message, in which no link is hidden (SARIF, section 3.11.6).
fn message(text: &str) -> String {
    cut(&Visible::line(text).to_string()).replace("](", "] (")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// All but what stands for itself in a path of a URI (RFC 3986, section 2.3) or parts it.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A relative path as a relative URI reference.
fn uri(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_identifiers_are_weaknesses() {
        for (id, expect) in [
            ("CWE-79", Some(79)),
            ("CWE-", None),
            ("CWE-1/..", None),
            ("79", None),
            ("CWE-+7", None),
        ] {
            assert_eq!(number(id), expect, "{id}");
        }
    }

    #[test]
    fn a_path_is_a_uri_and_a_message_links_nowhere() {
        assert_eq!(uri("src/a b:<ü>.c"), "src/a%20b%3A%3C%C3%BC%3E.c");
        assert_eq!(message("[x](javascript:1)\u{1b}"), "[x] (javascript:1)⟨ESC⟩");
    }
}
