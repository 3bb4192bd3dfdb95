//! Words of failures, and of what a suite printed, that say that something was lacking.

use assay_core::Language;
use assay_core::suite::{TestOutcome, TestResult, environment_error, lack_in_output};
use assay_fuzz::target;

#[test]
fn what_is_said_to_lack_is_said_by_the_text() {
    let words = [
        "FileNotFoundError",
        "AssertionError",
        "java.net.ConnectException",
        "ENOENT",
        "permission denied",
        ": not found",
        "\n",
        "\u{130}",
        "漢",
    ];
    let target = target!("failure").words(&words);
    let holds = |text: &str| {
        if let Some(line) = lack_in_output(text) {
            assert!(text.contains(line) && !line.contains('\n') && line == line.trim());
        }
        for outcome in [TestOutcome::Failed, TestOutcome::Errored, TestOutcome::Passed] {
            let test = TestResult { name: "t".to_owned(), outcome, detail: text.to_owned() };
            for language in Language::ALL {
                let said = environment_error(language, &test);
                assert!(said.is_none_or(|said| said.contains(text.trim())), "{language:?}");
            }
            let passed = TestResult { outcome: TestOutcome::Passed, ..test };
            assert_eq!(environment_error(Language::Python, &passed), None);
        }
    };
    target.check_text(holds);
    target.check_long(|bytes| holds(&String::from_utf8_lossy(bytes)));
}
