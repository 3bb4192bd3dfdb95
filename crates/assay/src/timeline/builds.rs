//! Which commands build or test something: those that compile, check or run tests, by the
//! programs that they start.

use super::shell::{name_of, programs};
use super::test_files::is_test_file;

/// Whether a script has a compiler, a build tool or a runner of tests do something.
pub(super) fn builds(script: &str) -> bool {
    programs(script).iter().any(|words| is_build(words))
}

fn is_build(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if asks_about_itself(&arguments) {
        return false;
    }
    let has = |names: &[&str]| arguments.iter().any(|argument| names.contains(argument));
    let first = arguments.iter().find(|argument| !argument.starts_with('-')).copied();
    let runs_test = || arguments.iter().any(|argument| is_test_file(argument));
    match without_version(name_of(program)) {
        "gcc" | "cc" | "g++" | "c++" | "clang" | "clang++" | "tcc" | "ld" | "javac" => true,
        "pytest" | "py.test" | "tox" | "nox" | "jest" | "mocha" | "vitest" | "ava" | "tsc"
        | "rspec" | "ninja" | "ctest" | "minitest" => true,
        "make" | "gmake" => !has(&["clean", "-n", "--dry-run"]) || has(&["all", "test", "check"]),
        "cmake" => has(&["--build"]),
        "meson" => matches!(first, Some("compile" | "test")),
        "go" => matches!(first, Some("build" | "test" | "vet" | "run" | "install")),
        "mvn" | "mvnw" | "gradle" | "gradlew" => arguments.iter().any(|argument| is_goal(argument)),
        "java" => {
            arguments.iter().any(|it| it.to_lowercase().contains("junit"))
                || first.is_some_and(|it| it.ends_with(".java"))
        }
        "npm" | "yarn" | "pnpm" => is_script_of_node(&arguments),
        "node" => has(&["--check", "-c", "--test"]) || runs_test(),
        "python" | "pypy" => {
            let module = arguments.iter().position(|it| *it == "-m");
            let module = module.and_then(|at| arguments.get(at + 1)).copied();
            module.is_some_and(is_module_that_tests) || (module.is_none() && runs_test())
        }
        "ruby" => arguments.iter().any(|it| is_check_of_ruby(it)) || runs_test(),
        "rake" => first.is_none_or(|it| it.contains("test") || it.contains("spec")),
        // A program of tests that was compiled before.
        name => program.contains('/') && is_test_file(&format!("{name}.c")),
    }
}

/// Whether a program is only asked for its version or its help.
fn asks_about_itself(arguments: &[&str]) -> bool {
    const QUESTIONS: [&str; 8] =
        ["--version", "-version", "-v", "-V", "--help", "-h", "version", "help"];
    !arguments.is_empty() && arguments.iter().all(|argument| QUESTIONS.contains(argument))
}

/// `gcc` for `gcc-12`, `python` for `python3.11`.
fn without_version(name: &str) -> &str {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if bare.is_empty() { name } else { bare.strip_suffix('-').unwrap_or(bare) }
}

/// A goal of Maven or a task of Gradle that compiles or tests.
fn is_goal(argument: &str) -> bool {
    const PARTS: [&str; 7] = ["compile", "test", "package", "verify", "install", "build", "check"];
    !argument.starts_with('-')
        && !argument.starts_with("dependency:")
        && PARTS.iter().any(|part| argument.contains(part))
}

fn is_script_of_node(arguments: &[&str]) -> bool {
    const PARTS: [&str; 7] = ["test", "build", "compile", "check", "jest", "mocha", "tsc"];
    let runs = arguments.iter().position(|it| matches!(*it, "run" | "run-script" | "exec"));
    // Options before it may have values.
    let mut rest = arguments[runs.map_or(0, |at| at + 1)..].iter();
    let name = rest.find(|argument| !argument.starts_with('-'));
    name.is_some_and(|name| {
        matches!(*name, "t" | "tst") || PARTS.iter().any(|part| name.contains(part))
    })
}

fn is_module_that_tests(module: &str) -> bool {
    matches!(
        module,
        "pytest" | "unittest" | "py_compile" | "compileall" | "doctest" | "tox" | "nose2"
    )
}

/// `-c` and `-wc`, by which Ruby checks the syntax.
fn is_check_of_ruby(argument: &str) -> bool {
    argument.strip_prefix('-').is_some_and(|flags| {
        flags.contains('c') && !flags.is_empty() && flags.chars().all(|c| "cwW012".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_compiles_or_tests_is_a_build() {
        let builds_something = [
            "gcc -Wall -o /tmp/t src/a.c test.c && /tmp/t",
            "cd build && make -j2 2>&1 | tail",
            "clang-15 -fsyntax-only a.c",
            "make clean all",
            "cmake --build .",
            "go build ./...",
            "CGO_ENABLED=0 go test ./... -run X",
            "go vet .",
            "mvn -o -q test",
            "mvn -q -DskipTests compile",
            "./mvnw package",
            "javac -d /tmp A.java",
            "java -cp x org.junit.runner.JUnitCore ATest",
            "npm test -- --watch=false",
            "npm run build",
            "npm --prefix app run test:unit",
            "npx jest src",
            "node --check src/a.js",
            "node --test",
            "node test/a.js",
            "pytest -q",
            "python3 -m pytest tests -q",
            "python -m unittest",
            "python3.11 -m py_compile a.py",
            "python mine/test_a.py",
            "ruby -c a.rb",
            "ruby -wc a.rb",
            "ruby -Itest test/a_test.rb",
            "bundle exec rake test",
            "rake",
            "./tests_frame",
            "bash -lc 'cd /w && go build'",
        ];
        for script in builds_something {
            assert!(builds(script), "{script}");
        }
        let others = [
            "ls",
            "cat Makefile",
            "gcc --version",
            "go version",
            "go mod tidy",
            "go env",
            "mvn -version",
            "mvn dependency:tree",
            "mvn -o clean",
            "npm ls",
            "npm install left-pad",
            "node -e 'console.log(1)'",
            "node src/a.js",
            "python -c 'import pytest'",
            "python a.py",
            "python3 -m json.tool",
            "ruby -e 'puts 1'",
            "ruby a.rb",
            "rake -T db:migrate",
            "make clean",
            "grep -r 'go test' .",
            "echo make && git commit -m 'make it'",
            "cat > run.sh <<EOF\ngo test\nEOF",
            "sed -i s/a/b/ tests/test_a.py",
            "",
        ];
        for script in others {
            assert!(!builds(script), "{script}");
        }
    }
}
