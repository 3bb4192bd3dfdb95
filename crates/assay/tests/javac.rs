//! The warm Java compiler: what one request does is nothing to the next.

use std::path::Path;
use std::time::Duration;

use assay_core::InfraError;
use assay_core::execution::Ending;
use assay_sandbox::Launcher;
use assay_verify::javac::{Compiled, Compilers, Request};

fn compilers() -> Compilers {
    Compilers::new(Launcher::Program(env!("CARGO_BIN_EXE_assay").into()))
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A folder with nothing to see.
fn no_jars() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// With what sources are compiled.
#[derive(Default)]
struct Beside<'a> {
    class_path: &'a [String],
    classes: &'a [(String, Vec<u8>)],
    wall: Option<Duration>,
}

/// How often a compilation is asked for on a busy machine.
const TRIES: u32 = 20;

fn compile_with(
    compilers: &Compilers,
    jars: &Path,
    sources: &[(&str, &str)],
    beside: &Beside<'_>,
) -> Compiled {
    let options = strings(&["-source", "11", "-target", "11", "-nowarn"]);
    let sources: Vec<(String, String)> =
        sources.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let request = Request {
        jars,
        class_path: beside.class_path,
        options: &options,
        sources: &sources,
        classes: beside.classes,
        processors: false,
        wall: beside.wall.unwrap_or(Duration::from_secs(30)),
    };
    // On a machine that is too busy for any answer it is asked again, as the error says.
    let starved = |error: &InfraError| error.message.contains("validate again when less else runs");
    (0..TRIES)
        .map(|_| compilers.compile(&request))
        .find(|compiled| !compiled.as_ref().is_err_and(starved))
        .expect("a machine that is not too busy each time")
        .expect("no trouble with the sandbox")
}

fn compile(compilers: &Compilers, jars: &Path, sources: &[(&str, &str)]) -> Compiled {
    compile_with(compilers, jars, sources, &Beside::default())
}

fn names(compiled: &Compiled) -> Vec<&str> {
    compiled.classes.iter().map(|(path, _)| path.as_str()).collect()
}

#[test]
fn requests_do_not_see_each_other() {
    let (compilers, jars) = (compilers(), no_jars());
    let first = [("src/a/Label.java", "package a; public class Label { class Inner {} }")];
    let compiled = compile(&compilers, jars.path(), &first);
    assert_eq!(
        names(&compiled),
        ["a/Label$Inner.class", "a/Label.class"],
        "{}",
        compiled.diagnostics
    );
    assert_eq!(compiled.ending, Ending::Exited(0));

    let user = [("src/a/User.java", "package a; class User { Label label; }")];
    let failed = compile(&compilers, jars.path(), &user);
    assert_eq!((failed.ending, failed.classes), (Ending::Exited(1), Vec::new()));
    assert!(
        failed.diagnostics.starts_with("src/a/User.java:1: error: cannot find symbol"),
        "{}",
        failed.diagnostics
    );

    let other = [("src/a/Label.java", "package a; public class Label { int other; }")];
    assert_eq!(names(&compile(&compilers, jars.path(), &other)), ["a/Label.class"]);

    let beside = Beside { classes: &compiled.classes, ..Beside::default() };
    let given = compile_with(&compilers, jars.path(), &user, &beside);
    assert_eq!(names(&given), ["a/User.class"], "{}", given.diagnostics);
}

#[test]
fn class_path_is_jars_and_folders_in_their_order() {
    let (compilers, jars) = (compilers(), no_jars());
    let library = [("lib/Library.java", "package lib; public class Library { public int one; }")];
    let library = compile(&compilers, jars.path(), &library);
    for (path, content) in &library.classes {
        let place = jars.path().join("classes").join(path);
        std::fs::create_dir_all(place.parent().expect("a parent")).expect("made");
        std::fs::write(place, content).expect("written");
    }
    // A source beside classes is nobody's to compile.
    let planted = jars.path().join("classes/lib/Planted.java");
    std::fs::write(planted, "package lib; public class Planted {}").expect("written");

    let class_path = strings(&["/opt/java/classes"]);
    let beside = Beside { class_path: &class_path, ..Beside::default() };
    let user = "import lib.*; class User { int one = new Library().one; }";
    let compiled = compile_with(&compilers, jars.path(), &[("User.java", user)], &beside);
    assert_eq!(names(&compiled), ["User.class"], "{}", compiled.diagnostics);
    let user = "class User { lib.Planted planted; }";
    let failed = compile_with(&compilers, jars.path(), &[("User.java", user)], &beside);
    assert_eq!(failed.ending, Ending::Exited(1), "{failed:?}");
}

#[test]
fn source_too_deep_for_the_compiler_is_a_failure_and_the_next_works() {
    let (compilers, jars) = (compilers(), no_jars());
    let deep = format!("class Deep {{ int x = {}1{}; }}", "(".repeat(50_000), ")".repeat(50_000));
    let failed = compile(&compilers, jars.path(), &[("Deep.java", &deep)]);
    assert_eq!(failed.ending, Ending::Exited(1), "{failed:?}");
    assert!(failed.diagnostics.contains("StackOverflowError"), "{}", failed.diagnostics);
    let compiled = compile(&compilers, jars.path(), &[("A.java", "class A {}")]);
    assert_eq!(names(&compiled), ["A.class"]);
}

#[test]
fn source_that_takes_for_ever_is_a_timeout_and_the_next_works() {
    let (compilers, jars) = (compilers(), no_jars());
    // The compiler looks twice into each lambda that it must infer a type from.
    let levels = 30;
    let opening: String = (0..levels).map(|level| format!("of(v{level} -> {{ return ")).collect();
    let slow = format!(
        "import java.util.function.Function; class Slow {{ \
         static <R> R of(Function<Integer, R> function) {{ return null; }} \
         Object x = {opening}null{}; }}",
        ";})".repeat(levels)
    );
    let beside = Beside { wall: Some(Duration::from_secs(2)), ..Beside::default() };
    let ended = compile_with(&compilers, jars.path(), &[("Slow.java", &slow)], &beside);
    assert_eq!(ended.ending, Ending::WallTimeout, "{}", ended.diagnostics);
    let compiled = compile(&compilers, jars.path(), &[("A.java", "class A {}")]);
    assert_eq!(names(&compiled), ["A.class"]);
}

#[test]
fn source_that_takes_all_memory_is_out_of_it_and_the_next_works() {
    let (compilers, jars) = (compilers(), no_jars());
    // The compiler adds up constants as it reads them.
    let constant = |level: usize| format!("static final String s{level} = s{0} + s{0};", level - 1);
    let large = format!(
        "class Large {{ static final String s0 = \"{}\"; {} }}",
        "x".repeat(1000),
        (1..40).map(constant).collect::<String>()
    );
    let ended = compile(&compilers, jars.path(), &[("Large.java", &large)]);
    assert_eq!(ended.ending, Ending::OutOfMemory, "{}", ended.diagnostics);
    let compiled = compile(&compilers, jars.path(), &[("A.java", "class A {}")]);
    assert_eq!(names(&compiled), ["A.class"]);
}

#[test]
fn neither_modules_nor_misplaced_classes_get_further_than_with_javac() {
    let (compilers, jars) = (compilers(), no_jars());
    let module = [("module-info.java", "module m { requires no.such.module; }")];
    let failed = compile(&compilers, jars.path(), &module);
    assert!(failed.diagnostics.contains("module not found"), "{failed:?}");
    let misplaced = [("src/A.java", "public class B {}")];
    let failed = compile(&compilers, jars.path(), &misplaced);
    let expect =
        "src/A.java:1: error: class B is public, should be declared in a file named B.java";
    assert!(failed.diagnostics.starts_with(expect), "{failed:?}");
    let compiled = compile(&compilers, jars.path(), &[("A.java", "class A {}")]);
    assert_eq!(names(&compiled), ["A.class"]);
}

#[test]
fn two_at_once_are_two_compilers() {
    let (compilers, jars) = (compilers(), no_jars());
    std::thread::scope(|scope| {
        for number in 0..2 {
            let (compilers, jars) = (&compilers, jars.path());
            scope.spawn(move || {
                for round in 0..5 {
                    let text = format!("class A {{ int x{number} = {round}; }}");
                    let compiled = compile(compilers, jars, &[("A.java", &text)]);
                    assert_eq!(names(&compiled), ["A.class"], "{}", compiled.diagnostics);
                }
            });
        }
    });
}
