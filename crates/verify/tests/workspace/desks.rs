//! The tools of each language, offline: a project with its secure solution builds, and a
//! test of one's own runs as it does anywhere.

use crate::setting::Setting;

/// Runs a script in a case's project with its secure solution, which must succeed and print
/// this.
fn check(case: &'static str, script: &str, expect: &str) {
    let run = Setting::of(case).solution("secure").run(&format!("set -e\n{script}"));
    assert_eq!(run.json["ending"]["value"], 0, "{case}: {run}");
    assert!(run.to_string().contains(expect), "{case}: {run}");
}

#[test]
fn c_is_compiled_with_sanitizers_and_run() {
    let script = r#"
cat > own.c <<'END'
#include "src/telemetry_frame.h"
#include <stdio.h>
#include <stdlib.h>
int main(void) { char *p = malloc(4); p[3] = 0; free(p); puts("own test ran"); }
END
gcc -g -fsanitize=address,undefined -o own own.c src/telemetry_frame.c
./own
printf 'all:\n\tgcc -c src/telemetry_frame.c\n' > Makefile
make
"#;
    check("telemetry-frame", script, "own test ran");
}

#[test]
fn python_tests_run_with_pytest() {
    let script = r#"
mkdir tests
cat > tests/test_own.py <<'END'
from src.invoice_search.invoice_search import search_invoices
def test_own():
    assert callable(search_invoices)
END
touch conftest.py
pytest -q
python -m pytest -q
"#;
    check("invoice-search", script, "1 passed");
}

#[test]
fn go_builds_vets_and_tests() {
    let script = r#"
cat > theme/own_test.go <<'END'
package theme
import "testing"
func TestOwn(t *testing.T) { t.Log("own") }
END
go build ./...
go vet ./...
go test -v ./...
go mod tidy
"#;
    check("theme-unpack", script, "--- PASS: TestOwn");
}

#[test]
fn java_tests_run_with_maven_and_compile_with_javac() {
    let script = r#"
mkdir -p src/test/java
cat > src/test/java/OwnTest.java <<'END'
import org.junit.jupiter.api.Test;
class OwnTest { @Test void own() { System.out.println("own test ran"); } }
END
mvn --batch-mode test
rm -rf target
mkdir -p target/classes target/test-classes
javac -d target/classes $(find src/main -name '*.java')
javac -d target/test-classes src/test/java/OwnTest.java
"#;
    check("supplier-catalog", script, "Tests run: 1, Failures: 0");
}

#[test]
fn node_tests_run_with_the_framework_of_the_project() {
    let own = r#"
mkdir -p tests
echo 'it("own", () => { require("../src/errors.js"); });' > tests/own.test.js
npm test
"#;
    check("webhook-inbox", &format!("{own}npx mocha tests/*.js"), "1 passing");
    check("tenant-settings", &format!("{own}npx jest"), "1 passed");
    let bare = r#"
echo 'require("node:test")("own", () => {});' > own.test.js
node --test own.test.js
"#;
    check("webhook-inbox", bare, "# pass 1");
}

#[test]
fn ruby_tests_run_with_minitest() {
    let script = r#"
mkdir test
cat > test/own_test.rb <<'END'
require "minitest/autorun"
require_relative "../lib/backup_bundle"
class OwnTest < Minitest::Test
  def test_own; assert true; end
end
END
ruby -Ilib test/own_test.rb
"#;
    check("backup-bundle", script, "1 runs, 1 assertions, 0 failures");
}
