//! Reads alerts from a file in SARIF 2.1.0, whichever analyser wrote it. The text is not
//! trusted: how much is read of it is bounded, and what is no result is left out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::alert::Alert;
use crate::analysis::{Analysis, Reach};
use crate::cwe::Cwe;

/// No file has more bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// No more results are read.
const MAX_RESULTS: usize = 100_000;

/// A longer message is cut off.
const MAX_MESSAGE: usize = 1_000;

/// Nothing else that is read is longer.
const MAX_NAME: usize = 1_024;

/// No more weaknesses of one rule are read.
const MAX_CWE: usize = 16;

/// What one tool said in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarifRun {
    pub tool: String,
    /// Empty where the tool does not say.
    pub version: String,
    /// Files are as the tool names them, without `file://`.
    pub alerts: Vec<Alert>,
}

impl SarifRun {
    /// What it says of a program with these files: a file is meant by its path or by any
    /// that ends so. Which programs the tool has looked at is not said, so that no alert is
    /// taken for having found nothing.
    pub fn analysis(&self, program: &str, files: &[&str]) -> Analysis {
        let meant = |alert: &Alert| {
            let is_end = |file: &str| {
                let before = alert.file.strip_suffix(file);
                before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
            };
            let file = files.iter().find(|file| is_end(file))?;
            Some(Alert { file: (*file).to_owned(), ..alert.clone() })
        };
        Analysis {
            program: program.to_owned(),
            analyser: self.tool.clone(),
            version: self.version.clone(),
            reach: Reach::Analysed,
            alerts: self.alerts.iter().filter_map(meant).collect(),
            wall_ms: 0,
        }
    }
}

/// Why a text is no file of alerts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SarifError {
    #[error("it has {0} bytes, more than the {MAX_BYTES} that are read")]
    TooLarge(usize),
    #[error("it is no JSON: {0}")]
    NoJson(String),
    #[error("it is no SARIF 2.1.0: {0}")]
    NoSarif(&'static str),
    #[error("it has more than {MAX_RESULTS} results")]
    TooMany,
}

/// The runs of a file. Results that say `pass`, `notApplicable` or the like are none, nor
/// are those that were suppressed outside the program (`external`) or are `absent`.
pub fn read(text: &[u8]) -> Result<Vec<SarifRun>, SarifError> {
    if text.len() > MAX_BYTES {
        return Err(SarifError::TooLarge(text.len()));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let log: Value =
        serde_json::from_slice(text).map_err(|error| SarifError::NoJson(error.to_string()))?;
    if log["version"] != "2.1.0" {
        return Err(SarifError::NoSarif("its version is another one, or it has none"));
    }
    let runs = log["runs"].as_array().ok_or(SarifError::NoSarif("it has no list of runs"))?;
    let results = |run: &Value| run["results"].as_array().map_or(0, Vec::len);
    if runs.iter().map(results).sum::<usize>() > MAX_RESULTS {
        return Err(SarifError::TooMany);
    }
    runs.iter().map(read_run).collect()
}

fn read_run(run: &Value) -> Result<SarifRun, SarifError> {
    let driver = &run["tool"]["driver"];
    let tool = driver["name"].as_str().ok_or(SarifError::NoSarif("a run names no tool"))?;
    let version = ["semanticVersion", "version"].into_iter().find_map(|name| driver[name].as_str());
    let rules = Rules::of(&run["tool"]);
    let results = run["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    let alerts = results.iter().filter(|result| is_alert(result));
    Ok(SarifRun {
        tool: cut(tool, MAX_NAME),
        version: cut(version.unwrap_or_default(), MAX_NAME),
        alerts: alerts.map(|result| rules.alert(result)).collect(),
    })
}

fn is_alert(result: &Value) -> bool {
    let kind = result["kind"].as_str().unwrap_or("fail");
    let suppressed = result["suppressions"].as_array().is_some_and(|all| {
        let is_external = |one: &Value| one["kind"] == "external" && one["status"] != "rejected";
        all.iter().any(is_external)
    });
    kind == "fail" && !suppressed && result["baselineState"] != "absent"
}

/// The rules of a run, by their names and by their places.
#[derive(Debug, Default)]
struct Rules<'a> {
    of_driver: Vec<Rule<'a>>,
    by_name: BTreeMap<&'a str, Rule<'a>>,
}

#[derive(Debug, Clone)]
struct Rule<'a> {
    id: &'a str,
    cwe: Vec<Cwe>,
    level: Option<&'a str>,
    text: Option<&'a str>,
}

impl<'a> Rules<'a> {
    fn of(tool: &'a Value) -> Rules<'a> {
        let list = |component: &'a Value| component["rules"].as_array().into_iter().flatten();
        let of_driver: Vec<Rule<'a>> = list(&tool["driver"]).map(Rule::of).collect();
        let extensions = tool["extensions"].as_array().into_iter().flatten();
        let others = extensions.flat_map(list).map(Rule::of);
        let all = others.chain(of_driver.iter().cloned());
        let by_name = all.map(|rule| (rule.id, rule)).collect();
        Rules { of_driver, by_name }
    }

    /// The rule of a result: by its name, or by its place among those of the driver.
    fn rule(&self, result: &Value) -> Option<&Rule<'a>> {
        let reference = &result["rule"];
        let name = result["ruleId"].as_str().or_else(|| reference["id"].as_str());
        // `CA1000/1` is a part of the rule `CA1000`.
        let named = |name: &str| {
            let whole = self.by_name.get(name);
            whole.or_else(|| self.by_name.get(name.split_once('/')?.0))
        };
        name.and_then(named).or_else(|| {
            let place = result["ruleIndex"].as_u64().or_else(|| reference["index"].as_u64())?;
            self.of_driver.get(usize::try_from(place).ok()?)
        })
    }

    fn alert(&self, result: &Value) -> Alert {
        let rule = self.rule(result);
        let name = result["ruleId"].as_str().or_else(|| result["rule"]["id"].as_str());
        let name = name.or(rule.map(|rule| rule.id)).unwrap_or_default();
        let mut cwe = weaknesses(result);
        cwe.extend(rule.map(|rule| rule.cwe.clone()).unwrap_or_default());
        let text = result["message"]["text"].as_str();
        let message = text.or(rule.and_then(|rule| rule.text)).unwrap_or_default();
        let level = result["level"].as_str().or(rule.and_then(|rule| rule.level));
        let place = &result["locations"][0]["physicalLocation"];
        let line = place["region"]["startLine"].as_u64().and_then(|line| line.try_into().ok());
        Alert {
            rule: cut(name, MAX_NAME),
            cwe: distinct(cwe),
            file: file(place["artifactLocation"]["uri"].as_str().unwrap_or_default()),
            line: line.filter(|line| *line > 0),
            message: cut(message, MAX_MESSAGE),
            severity: Some(cut(level.unwrap_or("warning"), MAX_NAME)),
            confidence: confidence(result),
        }
    }
}

impl<'a> Rule<'a> {
    fn of(rule: &'a Value) -> Rule<'a> {
        Rule {
            id: rule["id"].as_str().unwrap_or_default(),
            cwe: distinct(weaknesses(rule)),
            level: rule["defaultConfiguration"]["level"].as_str(),
            text: rule["shortDescription"]["text"].as_str(),
        }
    }
}

/// How sure a tool is of a result, in its own words; else how important it is, from 0 to 100.
fn confidence(result: &Value) -> Option<String> {
    let said = result["properties"]["confidence"].as_str().map(|it| cut(it, MAX_NAME));
    let rank = || result["rank"].as_f64().filter(|rank| (0.0..=100.0).contains(rank));
    said.or_else(|| Some(format!("rank {}", rank()?)))
}

/// The weaknesses that a rule or a result names: as taxa, by relationships, or in tags
/// such as `external/cwe/cwe-079` and `CWE-78: ...`.
fn weaknesses(of: &Value) -> Vec<Cwe> {
    let list = |value: &'static str| of[value].as_array().into_iter().flatten();
    let targets = list("relationships").map(|one| &one["target"]).chain(list("taxa"));
    let is_cwe = |target: &&Value| {
        let taxonomy = target["toolComponent"]["name"].as_str();
        taxonomy.is_none_or(|name| name.eq_ignore_ascii_case("CWE"))
    };
    let named = targets.filter(is_cwe).filter_map(|target| target["id"].as_str());
    let named = named.filter_map(|id| id.parse().ok());
    let properties = &of["properties"];
    let tags = properties["tags"].as_array().into_iter().flatten();
    let members = ["cwe", "CWE", "problem.cwe"].map(|name| &properties[name]);
    let words = tags.chain(members).flat_map(|value| match value {
        Value::Array(all) => all.iter().take(MAX_CWE).collect(),
        one => vec![one],
    });
    let in_words = words.filter_map(Value::as_str).flat_map(Cwe::all_in);
    named.chain(in_words).take(MAX_CWE).collect()
}

fn distinct(all: Vec<Cwe>) -> Vec<Cwe> {
    let mut distinct = Vec::new();
    for cwe in all {
        if distinct.len() < MAX_CWE && !distinct.contains(&cwe) {
            distinct.push(cwe);
        }
    }
    distinct
}

/// The path that a URI names, which may be relative; `%20` and the like are read.
fn file(uri: &str) -> String {
    let uri = cut(uri, MAX_NAME);
    let path = uri.strip_prefix("file://").unwrap_or(&uri);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|_| *first == b'%');
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The beginning of a text, of so many bytes at most.
fn cut(text: &str, most: usize) -> String {
    let end = (0..=text.len().min(most)).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<SarifRun> {
        read(text.as_bytes()).expect("SARIF")
    }

    #[test]
    fn weaknesses_are_found_in_each_form_that_tools_state_them() {
        let check = |rule: &str, result: &str, expect: &[u32]| {
            let text = format!(
                r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"T","rules":[{rule}]}}}},"results":[{result}]}}]}}"#
            );
            let alerts = &runs(&text)[0].alerts;
            let expect: Vec<Cwe> = expect.iter().copied().map(Cwe).collect();
            assert_eq!(alerts[0].cwe, expect, "{text}");
        };
        let result = r#"{"ruleId":"r","message":{"text":"m"}}"#;
        check(
            r#"{"id":"r","properties":{"tags":["security","external/cwe/cwe-078"]}}"#,
            result,
            &[78],
        );
        check(
            r#"{"id":"r","relationships":[{"target":{"id":"89","toolComponent":{"name":"CWE"}}}]}"#,
            result,
            &[89],
        );
        check(
            r#"{"id":"r","relationships":[{"target":{"id":"CWE-120","toolComponent":{"name":"CWE"}}}]}"#,
            result,
            &[120],
        );
        check(
            r#"{"id":"r","relationships":[{"target":{"id":"12","toolComponent":{"name":"OWASP"}}}]}"#,
            result,
            &[],
        );
        check(r#"{"id":"x"},{"id":"r"}"#, r#"{"ruleIndex":1,"taxa":[{"id":"CWE-22"}]}"#, &[22]);
        check(
            r#"{"id":"r","properties":{"cwe":["CWE-502: Deserialization"]}}"#,
            r#"{"ruleId":"r/1"}"#,
            &[502],
        );
    }

    #[test]
    fn a_result_has_its_place_its_words_and_its_grade() {
        let text = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"T","version":"3",
            "rules":[{"id":"r","defaultConfiguration":{"level":"error"}}]}},"results":[
            {"ruleId":"r","message":{"text":"bad"},"locations":[{"physicalLocation":
            {"artifactLocation":{"uri":"file:///work/a%20b.c"},"region":{"startLine":7}}}]},
            {"ruleId":"r","kind":"pass"},
            {"ruleId":"r","suppressions":[{"kind":"external"}]},
            {"ruleId":"r","suppressions":[{"kind":"inSource"}]}]}]}"#;
        let [run] = runs(text).try_into().expect("one run");
        assert_eq!((run.tool.as_str(), run.version.as_str()), ("T", "3"));
        // What a program suppresses of itself counts all the same.
        assert_eq!(run.alerts.len(), 2);
        let alert = &run.alerts[0];
        assert_eq!((alert.file.as_str(), alert.line), ("/work/a b.c", Some(7)));
        assert_eq!(alert.severity.as_deref(), Some("error"));
        assert_eq!(alert.to_string(), "/work/a b.c:7: r: bad");
        let of = |file: &str| run.analysis("p", &[file]).alerts.len();
        assert_eq!([of("a b.c"), of("work/a b.c"), of("b.c"), of("x/a b.c")], [1, 1, 0, 0]);
    }

    #[test]
    fn what_is_no_sarif_says_so() {
        let check = |text: &str, words: &str| {
            let error = read(text.as_bytes()).expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
        };
        check("", "no JSON");
        check("{\"version\":\"2.1.0\"", "no JSON");
        check("{}", "version");
        check("{\"version\":\"2.1.0\"}", "list of runs");
        check("{\"version\":\"2.1.0\",\"runs\":[{}]}", "names no tool");
    }
}
