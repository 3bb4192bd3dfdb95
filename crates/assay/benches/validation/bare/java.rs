//! Java: javac, and JUnit on the prepared jars.
//!
//! Both start a virtual machine anew, without an archive of classes. JUnit 4 has
//! a `main` of its own; the JUnit Platform has one in a jar that projects do not
//! name, so Assay's is used there, with its report and sentinels.

use std::fmt::Write as _;
use std::path::Path;

use assay_core::suite::{Suite, test_classes};
use serde::Deserialize;

use crate::selection::Item;

/// The part of `project.json` in the prepared folder that plain tools need.
#[derive(Debug, Deserialize)]
struct Project {
    jars: Vec<Jar>,
    compiler: Compiler,
    test_compiler: Compiler,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
struct Jar {
    path: String,
    is_of_project: bool,
}

#[derive(Debug, Deserialize)]
struct Compiler {
    options: Vec<String>,
    runs_processors: bool,
}

impl Compiler {
    /// The options, with processors only where a jar brings some.
    fn options(&self) -> String {
        let processing = if self.runs_processors { "" } else { "-proc:none " };
        format!("-nowarn -encoding UTF-8 {processing}{}", quoted(&self.options))
    }
}

/// A compilation of the project, then one and a run for each suite. `place` is
/// where the prepared folder is now, and `prepared` what scripts call it.
pub(super) fn script(item: &Item, place: &Path, prepared: &str) -> String {
    let text = std::fs::read(place.join("project.json")).expect("a prepared project");
    let project: Project = serde_json::from_slice(&text).expect("a prepared project");
    let case = item.tested();
    let jars = |wanted: fn(&Jar) -> bool| {
        let jars = project.jars.iter().filter(|jar| wanted(jar));
        jars.map(|jar| format!("{prepared}/{}", jar.path)).collect::<Vec<_>>().join(":")
    };
    let all_jars = jars(|_| true);
    let sources = case.template.keys().chain(item.artifact.files.keys());
    let mut sources: Vec<&str> = sources
        .filter(|path| path.extension() == Some("java"))
        .map(assay_core::SafePath::as_str)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let mut script = format!(
        "java=\"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC\"
         small=\"-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC\"
         mkdir -p target/classes target/test-classes
         for kind in main test; do
             [ -d src/$kind/resources ] || continue
             case $kind in main) to=classes;; *) to=test-classes;; esac
             cp -r src/$kind/resources/. target/$to
         done
         compile() {{
             javac $small {} -cp \"{}\" -d target/classes {}
         }}\n",
        project.compiler.options(),
        jars(|jar| jar.is_of_project),
        quoted(&sources),
    );
    for (name, suite) in case.both() {
        let tests = suite.files.keys().filter(|path| path.extension() == Some("java"));
        let tests: Vec<&str> = tests.map(assay_core::SafePath::as_str).collect();
        let _ = writeln!(
            script,
            "{name}() {{
                 javac $small {} -cp \"target/classes:{all_jars}\" -d target/test-classes {} \\
                     || return
                 {}
             }}",
            project.test_compiler.options(),
            quoted(&tests),
            run(&project, suite, &all_jars, prepared),
        );
    }
    format!("{script}compile && {{ functional; f=$?; [ $f = 0 ] && {{ security; s=$?; }}; }}")
}

/// The command that runs a suite's classes.
fn run(project: &Project, suite: &Suite, jars: &str, prepared: &str) -> String {
    let environment: String = project
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={} ", quoted(&[value])))
        .collect();
    let arguments = format!("$java -ea -Dbasedir=\"$PWD\" {}", quoted(&project.arguments));
    let classes = quoted(&test_classes(&suite.files));
    let path = format!("{jars}:target/test-classes:target/classes");
    let is_platform = suite
        .files
        .values()
        .any(|content| content.windows(PLATFORM.len()).any(|window| window == PLATFORM.as_bytes()));
    if is_platform {
        return format!(
            "printf %032d 1 | ASSAY_WATCH=\"$(printf 'r%s\\n' {classes})\" {environment}java {arguments} \
             -agentpath:\"{prepared}/watch.so\" -Xlog:jni+resolve=off \
             -cp \"{prepared}/harness.jar:{path}\" assay.harness.Platform 3>report 4<&0"
        );
    }
    format!("{environment}java {arguments} -cp \"{path}\" org.junit.runner.JUnitCore {classes}")
}

/// What tests for the JUnit Platform import.
const PLATFORM: &str = "org.junit.jupiter";

/// Words for the shell.
fn quoted(words: &[impl AsRef<str>]) -> String {
    let quote = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}
