//! SARIF, held against what version 2.1.0 says of the members that are used.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{assert_inert, door_with_runs, exported_text};

/// What an object of SARIF 2.1.0 must have, and what else it may have of what is used
/// here. Names are those of the standard's section 3.
const OBJECTS: &[(&str, &[&str], &[&str])] = &[
    ("sarifLog", &["version", "runs"], &["$schema"]),
    (
        "run",
        &["tool"],
        &[
            "taxonomies",
            "automationDetails",
            "columnKind",
            "originalUriBaseIds",
            "results",
            "properties",
        ],
    ),
    ("tool", &["driver"], &[]),
    (
        "toolComponent",
        &["name"],
        &[
            "version",
            "rules",
            "supportedTaxonomies",
            "organization",
            "shortDescription",
            "informationUri",
            "isComprehensive",
            "taxa",
        ],
    ),
    (
        "reportingDescriptor",
        &["id"],
        &["shortDescription", "defaultConfiguration", "properties", "helpUri", "relationships"],
    ),
    (
        "result",
        &["message"],
        &[
            "ruleId",
            "ruleIndex",
            "kind",
            "level",
            "locations",
            "taxa",
            "partialFingerprints",
            "properties",
        ],
    ),
    ("location", &[], &["logicalLocations", "physicalLocation"]),
    ("physicalLocation", &["artifactLocation"], &["region"]),
    ("artifactLocation", &["uri"], &["uriBaseId"]),
    ("region", &["startLine"], &["snippet"]),
    ("logicalLocation", &[], &["name", "fullyQualifiedName", "kind"]),
    ("reportingDescriptorReference", &["id"], &["index", "toolComponent"]),
];

#[track_caller]
fn check(value: &Value, object: &str) {
    let (_, must, may) =
        OBJECTS.iter().find(|(name, ..)| *name == object).expect("an object of the standard");
    let names: BTreeSet<&str> =
        value.as_object().expect("an object").keys().map(String::as_str).collect();
    for name in *must {
        assert!(names.contains(name), "{object} lacks {name}");
    }
    for name in names {
        assert!(must.contains(&name) || may.contains(&name), "{object} has {name}");
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// Every object has its members, and every reference leads to what it names.
fn check_log(log: &Value) {
    check(log, "sarifLog");
    assert_eq!(log["version"], "2.1.0");
    let mut ids = BTreeSet::new();
    for run in list(&log["runs"]) {
        check(run, "run");
        check(&run["tool"], "tool");
        check(&run["tool"]["driver"], "toolComponent");
        assert!(ids.insert(text(&run["automationDetails"]["id"])), "two runs of one id");
        let taxa = list(&run["taxonomies"][0]["taxa"]);
        let rules = list(&run["tool"]["driver"]["rules"]);
        check(&run["taxonomies"][0], "toolComponent");
        for rule in rules.iter().chain(taxa) {
            check(rule, "reportingDescriptor");
        }
        for result in list(&run["results"]) {
            check(result, "result");
            assert_eq!(
                rules[usize::try_from(result["ruleIndex"].as_u64().expect("a place"))
                    .expect("small")]["id"],
                result["ruleId"]
            );
            assert!(["error", "warning"].contains(&text(&result["level"])));
            assert!(!text(&result["message"]["text"]).is_empty());
            for taxon in list(&result["taxa"]) {
                check(taxon, "reportingDescriptorReference");
                let place =
                    usize::try_from(taxon["index"].as_u64().expect("a place")).expect("small");
                assert_eq!(taxa[place]["id"], taxon["id"]);
            }
            for location in list(&result["locations"]) {
                check(location, "location");
                location["logicalLocations"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .for_each(|it| check(it, "logicalLocation"));
                if let Some(place) = location.get("physicalLocation") {
                    check(place, "physicalLocation");
                    check(&place["artifactLocation"], "artifactLocation");
                    check(&place["region"], "region");
                    assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 0));
                    let uri = text(&place["artifactLocation"]["uri"]);
                    assert!(
                        uri.bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)),
                        "{uri}"
                    );
                    let base = text(&place["artifactLocation"]["uriBaseId"]);
                    assert!(run["originalUriBaseIds"].get(base).is_some());
                }
            }
        }
    }
}

#[test]
fn each_insecure_attempt_is_a_result_with_its_weakness() {
    let door = door_with_runs();
    let text_of_log = exported_text(&door, "ordinary.assay", "sarif", &[]);
    let log: Value = serde_json::from_str(&text_of_log).expect("JSON");
    check_log(&log);
    let runs = list(&log["runs"]);
    let results: Vec<_> = runs
        .iter()
        .map(|run| (text(&run["properties"]["subject"]), list(&run["results"]).len()))
        .collect();
    assert_eq!(results, [("acme/large-2", 7), ("acme/small-2", 10), ("reference", 0)]);
    assert_eq!(runs[1]["properties"]["attempts"]["errored"], 1);

    let result = &runs[0]["results"][0];
    assert_eq!(result["ruleId"], "CWE-125");
    assert_eq!(result["taxa"][0]["id"], "CWE-125");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/frame.c");
    // The sanitizer's stack names the line.
    assert_eq!(place["region"]["startLine"], 9);
    assert_eq!(place["region"]["snippet"]["text"], "    if (length > size)");
    let message = text(&result["message"]["text"]);
    assert!(message.starts_with("security: length_beyond_input"), "{message}");
    assert_eq!(result["properties"]["securityTestsFailed"][1], "length_of_an_empty_input");
}

#[test]
fn a_fingerprint_is_the_same_in_every_round_and_no_other() {
    let door = door_with_runs();
    let log: Value =
        serde_json::from_str(&exported_text(&door, "ordinary.assay", "sarif", &[])).expect("JSON");
    let results: Vec<&Value> =
        list(&log["runs"]).iter().flat_map(|run| list(&run["results"])).collect();
    let prints: BTreeSet<&str> = results
        .iter()
        .map(|result| text(&result["partialFingerprints"]["assayFinding/1"]))
        .collect();
    let tasks: BTreeSet<String> = results
        .iter()
        .map(|result| {
            let members = ["subject", "case", "scenario"];
            members.map(|name| text(&result["properties"][name])).join(" ")
        })
        .collect();
    assert!(tasks.len() < results.len(), "a task is insecure in both of its rounds");
    assert_eq!(prints.len(), tasks.len());
}

#[test]
fn hostile_text_neither_breaks_the_log_nor_names_a_rule() {
    let door = door_with_runs();
    let content = exported_text(&door, "hostile.assay", "sarif", &[]);
    assert_inert(&content);
    let log: Value = serde_json::from_str(&content).expect("JSON");
    check_log(&log);
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        list(&run["tool"]["driver"]["rules"]).iter().map(|rule| text(&rule["id"])).collect();
    assert_eq!(rules, ["CWE-79"]);
    let [result] = list(&run["results"]) else { panic!("one result") };
    assert_eq!(result["ruleId"], "CWE-79");
    assert!(text(&result["message"]["text"]).chars().count() <= 1_001);
}
