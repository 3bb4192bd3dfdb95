//! What analysers said, in SARIF 2.1.0.

use std::collections::BTreeSet;

use assay_core::{Alert, Analysis};
use serde_json::{Value, json};

use super::Column;

/// A log with a run for each analyser.
pub(super) fn log(columns: &[Column]) -> Value {
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": columns.iter().map(run).collect::<Vec<_>>(),
    })
}

fn run(column: &Column) -> Value {
    let analyses = || column.results.iter().flatten();
    let results = analyses()
        .flat_map(|analysis| analysis.alerts.iter().map(move |alert| result(analysis, alert)));
    let rules: BTreeSet<&str> =
        analyses().flat_map(|analysis| &analysis.alerts).map(|alert| alert.rule.as_str()).collect();
    let gaps = analyses().filter_map(|analysis| {
        let text = format!("{}: {}", analysis.program, analysis.gap()?);
        Some(json!({ "level": "warning", "message": { "text": text } }))
    });
    let errors = column
        .results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .map(|error| json!({ "level": "error", "message": { "text": error.to_string() } }));
    let notifications: Vec<Value> = gaps.chain(errors).collect();
    json!({
        "tool": { "driver": {
            "name": column.analyser,
            "version": column.version,
            "rules": rules.iter().map(|rule| json!({ "id": rule })).collect::<Vec<_>>(),
        }},
        "invocations": [{
            "executionSuccessful": column.results.iter().all(Result::is_ok),
            "toolExecutionNotifications": notifications,
        }],
        "results": results.collect::<Vec<_>>(),
    })
}

fn result(analysis: &Analysis, alert: &Alert) -> Value {
    let weaknesses: Vec<String> = alert.cwe.iter().map(ToString::to_string).collect();
    let mut place = json!({ "artifactLocation": { "uri": analysis.place_of(alert) } });
    if let Some(line) = alert.line {
        place["region"] = json!({ "startLine": line });
    }
    json!({
        "ruleId": alert.rule,
        "level": "warning",
        "message": { "text": alert.message },
        "locations": [{ "physicalLocation": place }],
        "properties": {
            "cwe": weaknesses,
            "severity": alert.severity,
            "confidence": alert.confidence,
        },
    })
}
