//! Targets find what does not hold, show it small, and try the same each time.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use assay_fuzz::{Target, hold, target};

fn sample() -> Target {
    target!("sample").words(&["<word>", "\r"])
}

/// What a run says that fails.
fn failure(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it holds");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn what_does_not_hold_is_found_and_made_small() {
    let said = failure(|| {
        sample().check_text(|text| assert!(text.matches("<word>").count() < 2, "twice"));
    });
    assert!(said.contains("sample") && said.contains("twice"), "{said}");
    let shown = said.lines().find_map(|line| line.strip_prefix("for ")).expect("the input");
    assert!(shown.len() < 60, "{shown}");
}

#[test]
fn a_seed_that_does_not_hold_is_named() {
    let said = failure(|| sample().check_text(|text| assert!(!text.contains("another"))));
    assert!(said.contains("seed two-lines"), "{said}");
}

#[test]
fn every_run_of_the_gate_tries_the_same_and_targets_try_what_is_not_the_seed() {
    let tried = || {
        let tried = RefCell::new(Vec::new());
        sample().check(|bytes| tried.borrow_mut().push(bytes.to_vec()));
        tried.into_inner()
    };
    let first = tried();
    if std::env::var_os("ASSAY_FUZZ_CASES").is_none() {
        assert_eq!(first, tried());
    }
    let seed = b"a line\nand another\n";
    assert!(first.iter().any(|bytes| bytes == seed), "the seed itself");
    assert!(first.iter().filter(|bytes| *bytes != seed).count() > 100, "and what comes of it");
}

#[test]
fn long_inputs_and_drawn_values_are_handed_over() {
    let most = Cell::new(0);
    sample().check_long(|bytes| most.set(most.get().max(bytes.len())));
    assert!(most.get() > 2_000, "{}", most.get());
    let said = failure(|| hold("numbers", &(0..1_000_u32), |number| assert!(number < 500)));
    assert!(said.contains("for 500"), "{said}");
}
