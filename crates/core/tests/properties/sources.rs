//! Sources of suites, in which expected tests are found. They are a case's own, and cases
//! are written by others too.

use assay_core::suite::{Runner, Suite, test_classes};
use assay_core::{FileSet, Phase, SafePath};
use assay_fuzz::{Target, target};

fn files(path: &str, text: &[u8]) -> FileSet {
    FileSet::from([(SafePath::new(path).expect("safe"), text.to_vec())])
}

/// Names of tests are written in the source, and there are no more of them than lines or
/// words there.
fn check(target: &Target, runner: &Runner, path: &str) {
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let tests = Suite::of(Phase::Security, runner.clone(), files(path, bytes)).expected;
        assert!(tests.len() <= text.len(), "{}", tests.len());
        for test in &tests {
            for part in test.name.split("::").flat_map(|name| name.split(['.', '#'])) {
                assert!(text.contains(part), "{} is not in the source", test.name);
            }
        }
    };
    target.check(holds);
    target.check_long(holds);
}

#[test]
fn tests_of_c_are_in_the_source() {
    let target = target!("c-suite").words(&["TEST(", ")", "\n", "TEST( a )", "//", "\r\n"]);
    check(&target, &Runner::AssayC, "tests/t.c");
}

#[test]
fn tests_of_go_are_in_the_source() {
    let words = ["func Test", "(t *testing.T)", "\n", ".Skip(", "func (s S) ", "é", "TestMain("];
    let target = target!("go-suite").words(&words);
    check(&target, &Runner::GoTest { imports: false }, "a/x_test.go");
}

#[test]
fn tests_of_python_are_in_the_source_and_replaced_ones_too() {
    let words = [
        "def test_",
        "async ",
        "class Test",
        "(",
        "):",
        "\n",
        "    ",
        "\t",
        "pytest.skip(",
        "@",
        "#",
        ")",
        "é",
        "\r\n",
    ];
    let target = target!("python-suite").words(&words);
    check(&target, &Runner::Pytest, "tests/test_x.py");
}

#[test]
fn tests_of_ruby_are_in_the_source() {
    let words = [
        "class A < Minitest::Test",
        "  def test_",
        "::",
        "end",
        "\n",
        "skip ",
        "=begin",
        "=end",
        "__END__",
        "<",
        "#",
        "é",
        "\r\n",
    ];
    let target = target!("ruby-suite").words(&words);
    check(&target, &Runner::Minitest, "tests/x_test.rb");
}

#[test]
fn tests_of_java_are_in_the_source_and_so_are_their_classes() {
    let words = [
        "@Test",
        "@Nested",
        "class ",
        "abstract ",
        "interface ",
        "record A(",
        "extends ",
        "{",
        "}",
        "(",
        ")",
        ";",
        "\"",
        "\"\"\"",
        "'",
        "\\",
        "/*",
        "*/",
        "//",
        "\n",
        "package a.b;",
        "@interface",
        "assumeTrue",
        "é",
        "@a.b.Disabled(",
        ".class",
    ];
    let target = target!("java-suite").words(&words);
    check(&target, &Runner::JUnit, "tests/T.java");
    target.check(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        for class in test_classes(&files("tests/T.java", bytes)) {
            assert!(class.split('.').all(|part| text.contains(part)), "{class}");
        }
    });
}
