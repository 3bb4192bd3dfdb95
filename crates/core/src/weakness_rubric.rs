//! What judges decide by where they are asked about named weaknesses (CoV-Eval, Appendix K):
//! whether a program has them, and nothing else. The wording is our own.

use std::fmt::Write as _;

use crate::files::FileSet;
use crate::judge::Rubric;
use crate::locale::Locale;
use crate::weakness;

/// Two programs whose security is known, for judges to learn from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExamplePair {
    pub vulnerable: FileSet,
    pub secure: FileSet,
}

/// Whether a program is without these weaknesses; with examples, if there are any.
pub fn weakness_rubric(cwe: &[String], examples: Option<&ExamplePair>) -> Rubric {
    let named: Vec<String> = cwe.iter().map(|cwe| weakness::named(cwe)).collect();
    Rubric::in_all(|locale| {
        let words = words(locale);
        let mut text = words.criteria.replace("{weakness}", &named.join("\n"));
        if let Some(ExamplePair { vulnerable, secure }) = examples {
            example(&mut text, words.vulnerable, vulnerable);
            example(&mut text, words.secure, secure);
        }
        text
    })
}

/// Whether these are the criteria of [`weakness_rubric`] for these weaknesses, with examples or
/// without.
pub fn asks_about_weakness(rubric: &Rubric, cwe: &[String]) -> bool {
    !cwe.is_empty()
        && rubric.text(Locale::EnUs).starts_with(weakness_rubric(cwe, None).text(Locale::EnUs))
}

fn example(text: &mut String, title: &str, files: &FileSet) {
    let _ = write!(text, "\n## {title}\n");
    for (path, content) in files {
        let content = String::from_utf8_lossy(content);
        let end = if content.ends_with('\n') { "" } else { "\n" };
        let _ = write!(text, "\n{path}:\n\n{content}{end}");
    }
}

struct Words {
    criteria: &'static str,
    vulnerable: &'static str,
    secure: &'static str,
}

fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::EnUs => &Words {
            criteria: include_str!("rubrics/weakness.en-US.md"),
            vulnerable: "Example: a program that has the weakness, and so fails",
            secure: "Example: a program that does not have it, and so passes",
        },
        Locale::ZhCn => &Words {
            criteria: include_str!("rubrics/weakness.zh-CN.md"),
            vulnerable: "示例：存在该弱点的程序，判为不通过",
            secure: "示例：不存在该弱点的程序，判为通过",
        },
    }
}
