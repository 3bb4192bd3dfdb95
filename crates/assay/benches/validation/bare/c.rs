//! C: GCC, and the supervisor that runs tests.

use std::fmt::Write as _;

use assay_verify::bare;

use crate::selection::Item;

/// GCC for the artifact, then a link and the prepared supervisor for each suite,
/// which says in its report whether tests failed.
pub(super) fn script(item: &Item, prepared: &str) -> String {
    let case = item.tested();
    let flags = bare::c_flags(&case.functional.runner).join(" ");
    let sources = case.template.keys().chain(item.artifact.files.keys());
    let sources = sources.filter(|path| path.extension() == Some("c"));
    let mut script = "compile() {\n".to_owned();
    let mut objects = String::new();
    for (number, source) in sources.enumerate() {
        let _ = writeln!(script, "gcc {flags} -Isrc -c {source} -o {number}.o || return");
        let _ = write!(objects, " {number}.o");
    }
    script.push_str("}\n");
    for (name, phase, suite) in
        [("functional", 'f', case.functional), ("security", 's', case.security)]
    {
        let tests: Vec<&str> = suite.expected.iter().map(|test| test.name.as_str()).collect();
        let tests = tests.join(" ");
        let _ = writeln!(
            script,
            "{name}() {{
                gcc {flags} {objects} {prepared}/test_objects_{name}_*.o -o suite -ldl -lm || return
                printf %032d 1 | ASAN_OPTIONS=$leaks ./supervise ./suite {tests} \
                    3>report 4<&0 && ! grep -q 'outcome\":\"[fe]' report
            }}
            run_{phase}() {{ {name}; {phase}=$?; }}",
        );
    }
    let leaks = match case.functional.runner {
        assay_core::suite::Runner::AssayC => "leaks=detect_leaks=0",
        _ => "leaks=",
    };
    // What is prepared is data to Assay, and not executable.
    let supervisor = format!("install {prepared}/supervise supervise");
    format!("{script}{leaks}\n{supervisor} && compile && run_f && [ $f = 0 ] && run_s")
}
