//! Which files hold tests, by the conventions of their languages.

/// Folders whose sources are tests.
const FOLDERS: [&str; 5] = ["test", "tests", "spec", "specs", "__tests__"];

/// The endings of sources that may be tests.
const SOURCES: [&str; 13] =
    ["c", "cc", "cpp", "go", "java", "js", "mjs", "cjs", "jsx", "ts", "tsx", "py", "rb"];

/// What lies in a folder of tests and is none by itself.
const BESIDE: [&str; 3] = ["__init__", "conftest", "setup"];

/// Whether a file holds tests: a source whose name says so, or one in a folder of tests.
pub(super) fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    if !SOURCES.contains(&ending) || BESIDE.contains(&stem) {
        return false;
    }
    let is_named = match ending {
        "go" => return stem.ends_with("_test"),
        "java" => {
            stem.starts_with("Test") || ["Test", "Tests", "IT"].iter().any(|it| stem.ends_with(it))
        }
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" => {
            stem.ends_with(".test") || stem.ends_with(".spec") || is_called_test(stem)
        }
        "rb" => stem.ends_with("_spec") || is_called_test(stem),
        _ => is_called_test(stem),
    };
    is_named || folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

/// `test_parser`, `parser_test`, `test` and `tests`.
fn is_called_test(stem: &str) -> bool {
    ["test", "tests"].contains(&stem)
        || ["test_", "test-", "tests_"].iter().any(|it| stem.starts_with(it))
        || ["_test", "-test", "_tests"].iter().any(|it| stem.ends_with(it))
}

/// How many files of tests a patch adds or changes.
pub(super) fn in_patch(patch: &str) -> u64 {
    let mut found = 0;
    let mut lines = patch.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(names) = line.strip_prefix("diff --git a/") else { continue };
        let is_gone = lines.peek().is_some_and(|line| *line == "deleted file");
        // Both names are the same.
        let path = names.get(..names.len().saturating_sub(" b/".len()) / 2).unwrap_or_default();
        if !is_gone && is_test_file(path) {
            found += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tests_is_known_by_its_name_or_its_folder() {
        let tests = [
            "test_frame.c",
            "tests/overflow.c",
            "frame_test.go",
            "pkg/a/frame_test.go",
            "src/test/java/org/a/FrameTest.java",
            "src/test/java/Helper.java",
            "FrameIT.java",
            "frame.test.js",
            "src/frame.spec.mjs",
            "__tests__/frame.js",
            "test.js",
            "mine/test_frame.py",
            "frame_test.py",
            "spec/frame_spec.rb",
            "test_frame.rb",
        ];
        for path in tests {
            assert!(is_test_file(path), "{path}");
        }
        let others = [
            "frame.c",
            "latest.py",
            "contest.rb",
            "protest.js",
            "testing.md",
            "tests/data.json",
            "tests/__init__.py",
            "tests/conftest.py",
            "tests/helper.go",
            "src/main/java/Greatest.java",
            "Makefile",
            "test",
        ];
        for path in others {
            assert!(!is_test_file(path), "{path}");
        }
    }

    #[test]
    fn a_patch_is_searched_for_files_that_stay() {
        let patch = "diff --git a/mine/test_a.py b/mine/test_a.py\nnew file\n--- /dev/null\n\
            +++ b/mine/test_a.py\n@@ -0,0 +1 @@\n+diff --git a/test_no.py b/test_no.py\n\
            diff --git a/test_old.py b/test_old.py\ndeleted file\n--- a/test_old.py\n\
            diff --git a/notes.md b/notes.md\nnew file\n\
            diff --git a/tests/a b/x.py b/tests/a b/x.py\n";
        assert_eq!(in_patch(patch), 2);
        assert_eq!(in_patch(""), 0);
        assert_eq!(in_patch("diff --git a/é b/é\ndiff --git a/"), 0);
    }
}
