//! eslint-plugin-security, for Node.js: its rules as it recommends them. It states no
//! weakness, so a table here does, by what the page of each rule says
//! (https://github.com/eslint-community/eslint-plugin-security/tree/main/docs).

use assay_core::{Alert, Cwe, InfraError, Language};
use assay_harness::analysers;
use assay_sandbox::File;
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::{Bench, INSTALLED, command};
use super::tool::{HostProgram, Tool};
use crate::installer::{installer, run};
use crate::prepare::Fill;
use crate::toolchain::{Needs, Site};

const NODE: &str = "/usr/bin/node";
const NPM: &str = "npm";
const MANIFEST: &str = include_str!("eslint/package.json");
const LOCK: &str = include_str!("eslint/package-lock.json");
const VERSION: &str = "4.1.0, with eslint 9.39.1";

/// The weakness of each rule.
const WEAKNESSES: [(&str, u32); 14] = [
    ("detect-bidi-characters", 1007),
    ("detect-buffer-noassert", 119),
    ("detect-child-process", 78),
    ("detect-disable-mustache-escape", 79),
    ("detect-eval-with-expression", 95),
    ("detect-new-buffer", 908),
    ("detect-no-csrf-before-method-override", 352),
    ("detect-non-literal-fs-filename", 22),
    ("detect-non-literal-regexp", 1333),
    ("detect-non-literal-require", 829),
    ("detect-object-injection", 915),
    ("detect-possible-timing-attacks", 208),
    ("detect-pseudoRandomBytes", 338),
    ("detect-unsafe-regex", 1333),
];

#[derive(Debug)]
pub(super) struct Eslint;

impl Tool for Eslint {
    fn name(&self) -> &'static str {
        "eslint"
    }

    fn about(&self) -> &'static str {
        "eslint-plugin-security, as it recommends its rules"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::NodeJs]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[
            HostProgram { command: &[NODE, "--version"], package: "nodejs" },
            HostProgram { command: &[NPM, "--version"], package: "npm" },
        ]
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        let key = format!("{MANIFEST}\n{LOCK}\n{}", analysers::ESLINT.1);
        let summary = format!("eslint-plugin-security {VERSION}");
        Some((Needs { key, summary }, Box::new(install)))
    }

    fn version(&self) -> String {
        VERSION.to_owned()
    }

    fn most(&self) -> usize {
        256
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let eslint = command(NODE).arg(format!("{INSTALLED}/{}", analysers::ESLINT.0)).arg(FOLDER);
        let report = bench.json(eslint, &[0])?;
        let report = report.as_object().ok_or_else(|| misunderstood("it is no object"))?;
        for place in batch.places(None, &["js"]) {
            if !report.contains_key(&place) {
                return Err(misunderstood(&format!("it says nothing of {place}")));
            }
        }
        for (place, messages) in report {
            for message in messages.as_array().into_iter().flatten() {
                let text = message["message"].as_str().unwrap_or_default();
                if message["fatal"] == true {
                    batch.gap(place, message["line"].as_u64(), text)?;
                } else {
                    batch.alert(alert(place, message, text))?;
                }
            }
        }
        Ok(())
    }
}

fn alert(place: &str, message: &Value, text: &str) -> Alert {
    let rule = message["ruleId"].as_str().unwrap_or_default();
    let rule = rule.strip_prefix("security/").unwrap_or(rule);
    let known = WEAKNESSES.iter().filter(|(name, _)| *name == rule);
    Alert {
        rule: rule.to_owned(),
        cwe: known.map(|(_, cwe)| Cwe(*cwe)).collect(),
        file: place.to_owned(),
        line: message["line"].as_u64().and_then(|line| line.try_into().ok()),
        message: text.to_owned(),
        severity: Some(if message["severity"] == 2 { "error" } else { "warning" }.to_owned()),
        confidence: None,
    }
}

fn install(site: &Site<'_>) -> Result<(), String> {
    for (name, text) in [("package.json", MANIFEST), ("package-lock.json", LOCK), analysers::ESLINT]
    {
        site.write(&File::new(name, text))?;
    }
    let mut npm = installer(NPM);
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    npm.arg("--prefix").arg(site.folder).arg("--cache").arg(site.downloads.join("npm"));
    run(&mut npm)?;
    Ok(())
}
