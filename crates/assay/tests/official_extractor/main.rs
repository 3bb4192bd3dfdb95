//! The strict reading beside the extractor of SecCodeBench-V2, which is run as it is.
//!
//! `SEC_CODE_BENCH_DIR` names a checkout of it; without one, the test says that it is
//! skipped. `ASSAY_ARTIFACTS` may name a file of published answers, which are tried too.
#![expect(clippy::disallowed_methods, reason = "starts the program that is compared with")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use assay_core::SafePath;
use assay_core::answer::{Answer, Finish};
use assay_core::reading::{Reading, Said, ThinkingTags};
use assay_core::score::Chance;
use flate2::bufread::MultiGzDecoder;

/// What answers are put together from.
const PARTS: &[&str] = &[
    "<result>",
    "</result>",
    "<code>",
    "</code>",
    "<path>",
    "</path>",
    "<content>",
    "</content>",
    "<result>\n<code>\n<path>src/a.py</path>\n<content><![CDATA[\n",
    "\n]]></content>\n</code>\n</result>",
    "<![CDATA[",
    "]]>",
    "]]]]><![CDATA[>",
    "<code lang=\"py\">",
    "<code lang='a' lang='b'>",
    "<code xmlns=\"urn:x\">",
    "<code xmlns=\"\">",
    "<p:code xmlns:p='urn:p'>",
    "</p:code>",
    "<p:x/>",
    "<content/>",
    "<content type='text'>",
    "<about>new</about>",
    "<RESULT>",
    "</RESULT>",
    "<!-- note -->",
    "<!-- a -- b -->",
    "<?pi data?>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE result>",
    "<br/>",
    "<br>",
    "&lt;",
    "&gt;",
    "&amp;",
    "&quot;",
    "&apos;",
    "&#60;",
    "&#x3C;",
    "&#0;",
    "&#xD800;",
    "&#13;",
    "&nbsp;",
    "&",
    "&&",
    "a < b",
    "a > b",
    "x = 1\n",
    "  indented\n",
    "\n",
    "\r\n",
    "\r",
    "\n\n \t\n",
    " ",
    "/src/a.py",
    "src/a.py",
    "text",
    "```python\n",
    "```",
    "<think>",
    "</think>",
    "<think>\n<result><code><path>src/a.py</path><content>draft</content></code></result>\n</think>\n",
    "\u{feff}",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{2028}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{0}",
    "é",
    "\u{1f600}",
    "</ code>",
    "</code >",
    "<code\n>",
    "< code>",
    "<a b=c>",
    "<a b='&lt;'/>",
    "<a b='<'/>",
    "<1/>",
    "<a:b:c/>",
    "<x:y/>",
    "<xml:x/>",
    "\"",
    "'",
];

/// A text that is put together by chance.
fn composed(chance: &mut Chance) -> String {
    let mut text = String::new();
    let is_a_block = chance.place(4) > 0;
    if is_a_block {
        text.push_str("<result><code><path>src/a.py</path><content>");
    }
    for _ in 0..chance.place(12) {
        text.push_str(PARTS[chance.place(PARTS.len())]);
    }
    if is_a_block {
        text.push_str("</content></code></result>");
    }
    text
}

/// What the strict reading finds; of a case of one file, as all official ones are.
fn strict(text: &str) -> Option<String> {
    let answer = Answer::Text(text.to_owned());
    let finish = Finish::Complete;
    let thinking = &ThinkingTags::default().places(&answer, finish);
    let said = Said { answer: &answer, finish, thought: false, thinking };
    let path = SafePath::new("src/a.py").expect("safe");
    let read = said.read(Reading::Strict, std::slice::from_ref(&path)).ok()?;
    Some(read.artifact.files[&path].clone())
}

fn official(checkout: &str, texts: &[String]) -> Vec<Option<String>> {
    let script =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/official_extractor/extract.py");
    let mut child = Command::new("python3")
        .arg("-B")
        .arg(script)
        .arg(checkout)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&serde_json::to_vec(texts).expect("JSON")).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list of texts")
}

/// The published answers, each as it was asked for.
fn published() -> Vec<String> {
    let Some(file) = std::env::var_os("ASSAY_ARTIFACTS").filter(|it| !it.is_empty()) else {
        let _ = writeln!(std::io::stderr(), "ASSAY_ARTIFACTS is not set: no published answers");
        return Vec::new();
    };
    let file = BufReader::new(std::fs::File::open(file).expect("it is there"));
    let lines = BufReader::new(MultiGzDecoder::new(file)).lines();
    let mut texts = Vec::new();
    for line in lines {
        let record: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let code = record["code"].as_str().expect("its code");
        texts.push(code.to_owned());
        texts.push(format!(
            "Here.\n<result>\n<code>\n<path>/src/a.py</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>\n"
        ));
    }
    texts
}

#[test]
fn the_strict_reading_is_that_of_the_official_program() {
    let Some(checkout) = std::env::var("SEC_CODE_BENCH_DIR").ok().filter(|it| !it.is_empty())
    else {
        let _ = writeln!(std::io::stderr(), "skipped: SEC_CODE_BENCH_DIR is not set");
        return;
    };
    let mut chance = Chance::seeded(13);
    let mut texts: Vec<String> = (0..40_000).map(|_| composed(&mut chance)).collect();
    texts.extend(published());
    let mut found = 0;
    for (text, official) in texts.iter().zip(official(&checkout, &texts)) {
        let strict = strict(text);
        found += usize::from(strict.is_some());
        // The official program ends a file with its last character, Assay with its line.
        assert_eq!(strict, official.map(|code| code + "\n"), "{text:?}");
    }
    let _ = writeln!(std::io::stderr(), "{found} of {} answers hold code", texts.len());
    assert!(found > 1_000, "the answers are worth comparing");
}
