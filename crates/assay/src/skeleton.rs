//! [`Skeleton`]: the files of a case that is still to be written.
//!
//! They make a case that can be loaded and validated, and that fails: its tests fail until they are
//! written. Every place that its author has to fill is marked with the words that `assay check`
//! looks for.

use assay_core::{Cwe, Language, Severity};

/// What is known of a case before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) language: Language,
    /// At least one.
    pub(crate) cwe: Vec<Cwe>,
    pub(crate) severity: Severity,
}

/// A path below the folder of the case and a text, with names of values in doubled braces.
type Template = (&'static str, &'static str);

const COMMON: [Template; 3] = [
    ("case.toml", include_str!("skeleton/common/case.toml")),
    ("brief.en-US.md", include_str!("skeleton/common/brief.en-US.md")),
    ("hint.en-US.md", include_str!("skeleton/common/hint.en-US.md")),
];

/// What differs between languages.
struct Kind {
    /// The path of the artifact in the project.
    artifact: &'static str,
    /// What the brief calls it.
    what: &'static str,
    interface: &'static str,
    secure: &'static str,
    vulnerable: &'static str,
    functional: Template,
    security: Template,
    /// What lies in the project beside the artifact.
    project: &'static [Template],
}

const C: Kind = Kind {
    artifact: "src/{{snake}}.c",
    what: "`{{snake}}(value, result, size)`",
    interface: "int {{snake}}(const char *value, char *result, size_t size);",
    secure: include_str!("skeleton/c/secure.c"),
    vulnerable: include_str!("skeleton/c/vulnerable.c"),
    functional: ("{{snake}}.c", include_str!("skeleton/c/functional.c")),
    security: ("{{snake}}_security.c", include_str!("skeleton/c/security.c")),
    project: &[("src/{{snake}}.h", include_str!("skeleton/c/header.h"))],
};

const GO: Kind = Kind {
    artifact: "{{flat}}/{{flat}}.go",
    what: "`{{pascal}}(value)` of the package `{{flat}}`",
    interface: "func {{pascal}}(value string) (string, error)",
    secure: include_str!("skeleton/go/secure.go"),
    vulnerable: include_str!("skeleton/go/vulnerable.go"),
    functional: ("{{flat}}_test.go", include_str!("skeleton/go/functional_test.go")),
    security: ("{{flat}}_security_test.go", include_str!("skeleton/go/security_test.go")),
    project: &[("go.mod", include_str!("skeleton/go/go.mod"))],
};

const JAVA: Kind = Kind {
    artifact: "src/main/java/com/example/{{flat}}/{{pascal}}.java",
    what: "`{{pascal}}.{{camel}}(value)`",
    interface: "public static String {{camel}}(String value)",
    secure: include_str!("skeleton/java/secure.java"),
    vulnerable: include_str!("skeleton/java/vulnerable.java"),
    functional: (
        "com/example/{{flat}}/{{pascal}}Test.java",
        include_str!("skeleton/java/FunctionalTest.java"),
    ),
    security: (
        "com/example/{{flat}}/{{pascal}}SecurityTest.java",
        include_str!("skeleton/java/SecurityTest.java"),
    ),
    project: &[("pom.xml", include_str!("skeleton/java/pom.xml"))],
};

const NODE_JS: Kind = Kind {
    artifact: "src/{{kebab}}.js",
    what: "`{{camel}}(value)`, exported by name,",
    interface: "function {{camel}}(value)",
    secure: include_str!("skeleton/nodejs/secure.js"),
    vulnerable: include_str!("skeleton/nodejs/vulnerable.js"),
    functional: ("{{kebab}}.test.js", include_str!("skeleton/nodejs/functional.test.js")),
    security: ("{{kebab}}-security.test.js", include_str!("skeleton/nodejs/security.test.js")),
    project: &[("package.json", include_str!("skeleton/nodejs/package.json"))],
};

const PYTHON: Kind = Kind {
    artifact: "src/{{snake}}/{{snake}}.py",
    what: "`{{snake}}(value)`",
    interface: "def {{snake}}(value: str) -> str:",
    secure: include_str!("skeleton/python/secure.py"),
    vulnerable: include_str!("skeleton/python/vulnerable.py"),
    functional: ("test_{{snake}}.py", include_str!("skeleton/python/functional.py")),
    security: ("test_{{snake}}_security.py", include_str!("skeleton/python/security.py")),
    project: &[
        ("requirements.txt", include_str!("skeleton/python/requirements.txt")),
        ("src/{{snake}}/__init__.py", include_str!("skeleton/python/init.py")),
    ],
};

const RUBY: Kind = Kind {
    artifact: "lib/{{snake}}.rb",
    what: "`{{pascal}}.{{snake}}(value)`",
    interface: "{{pascal}}.{{snake}}(value) -> String",
    secure: include_str!("skeleton/ruby/secure.rb"),
    vulnerable: include_str!("skeleton/ruby/vulnerable.rb"),
    functional: ("{{snake}}_test.rb", include_str!("skeleton/ruby/functional_test.rb")),
    security: ("{{snake}}_security_test.rb", include_str!("skeleton/ruby/security_test.rb")),
    // The folder must be there, and version control keeps no empty ones.
    project: &[("lib/.keep", "")],
};

impl Skeleton {
    /// The files by their paths below the folder of the case, in the order in which they are best
    /// written.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let kind = match self.language {
            Language::C => &C,
            Language::Go => &GO,
            Language::Java => &JAVA,
            Language::NodeJs => &NODE_JS,
            Language::Python => &PYTHON,
            Language::Ruby => &RUBY,
        };
        let mut files: Vec<(String, &str)> =
            COMMON.map(|(path, text)| (path.to_owned(), text)).into();
        let project = kind.project.iter().map(|(path, text)| (format!("template/{path}"), *text));
        files.extend(project);
        files.push((format!("solutions/secure/{}", kind.artifact), kind.secure));
        files.push((format!("tests/functional/{}", kind.functional.0), kind.functional.1));
        files.push((format!("solutions/vulnerable/{}", kind.artifact), kind.vulnerable));
        files.push((format!("tests/security/{}", kind.security.0), kind.security.1));
        let values = self.values(kind);
        let filled =
            files.into_iter().map(|(path, text)| (fill(&path, &values), fill(text, &values)));
        filled.collect()
    }

    /// What stands in place of each name. Values that hold names come first.
    fn values(&self, kind: &Kind) -> Vec<(&'static str, String)> {
        let words = words(&self.id);
        let capital = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        let pascal: String = words.iter().map(|word| capital(word)).collect();
        let camel = words[0].clone() + &pascal[words[0].len()..];
        let in_words = capital(&self.id.replace(['-', '_'], " "));
        let title = || "TO BE WRITTEN: the task in one line, for lists and reports".to_owned();
        let cwe: Vec<String> = self.cwe.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = self.cwe.iter().filter_map(|it| it.name()).collect();
        vec![
            ("artifact", kind.artifact.to_owned()),
            ("what", kind.what.to_owned()),
            ("interface", kind.interface.to_owned()),
            ("id", self.id.clone()),
            ("title", toml_text(&self.title.clone().unwrap_or_else(title))),
            ("words", in_words.clone()),
            ("heading", self.title.clone().unwrap_or(in_words)),
            ("language", self.language.as_str().to_owned()),
            ("cwe", cwe.join("\", \"")),
            ("weakness", names.join("; ")),
            ("severity", self.severity.as_str().to_owned()),
            ("kebab", words.join("-")),
            ("snake", words.join("_")),
            ("upper", words.join("_").to_ascii_uppercase()),
            ("flat", words.concat()),
            ("pascal", pascal),
            ("camel", camel),
        ]
    }
}

/// The words that names in code are made of. A single one could be a keyword or a library's name,
/// and no name begins with a digit.
fn words(id: &str) -> Vec<String> {
    let parts = id.split(['-', '_']).filter(|part| !part.is_empty());
    let mut words: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    if words.first().is_none_or(|first| first.starts_with(|c: char| c.is_ascii_digit())) {
        words.insert(0, "case".to_owned());
    }
    if words.len() == 1 {
        words.push("task".to_owned());
    }
    words
}

/// A text as it stands between the quotes of a TOML string.
fn toml_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn fill(text: &str, values: &[(&'static str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_code_are_made_of_the_id() {
        let check = |id: &str, expect: &[&str]| assert_eq!(words(id), expect, "{id}");
        check("export-path", &["export", "path"]);
        check("Export_Path--2", &["export", "path", "2"]);
        check("class", &["class", "task"]);
        check("2fa", &["case", "2fa"]);
        check("-", &["case", "task"]);
    }

    #[test]
    fn no_name_of_a_value_is_left_in_a_skeleton() {
        for language in Language::ALL {
            let skeleton = Skeleton {
                id: "export-path".to_owned(),
                title: Some("Find a \"file\"".to_owned()),
                language,
                cwe: vec![Cwe(22), Cwe(59)],
                severity: Severity::High,
            };
            for (path, text) in skeleton.files() {
                assert!(!path.contains("{{") && !text.contains("{{"), "{language} {path}: {text}");
                if path == "case.toml" {
                    let table: toml::Table = text.parse().expect("TOML");
                    assert_eq!(table["title"].as_str(), Some("Find a \"file\""), "{text}");
                }
            }
        }
    }
}
