//! Artifacts that try to fool the grader. Each is an insecure answer with something
//! added, so that a pass would be a forged one: the attacks below `attacks/`, and some
//! that are easier told as code.
//!
//! With `SEC_CODE_BENCH_DIR`, attacks on official cases are run too. `ASSAY_HOSTILE`
//! restricts the suite to one language.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod attack;
#[path = "../door/mod.rs"]
mod door;
#[path = "../host/mod.rs"]
mod host;
mod suite;
#[path = "../variant/mod.rs"]
mod variant;

use std::io::Write as _;
use std::sync::{PoisonError, RwLock};

use attack::{Attack, Corpus};
use door::{Door, solution};

/// The suite looks for processes that it left, so nothing else runs meanwhile.
static ALONE: RwLock<()> = RwLock::new(());

/// The attacks of all languages, or of the one that is asked for.
fn attacks() -> Vec<Attack> {
    variant::languages("ASSAY_HOSTILE").into_iter().flat_map(Attack::of).collect()
}

#[test]
fn no_attack_on_our_cases_is_graded_secure_and_each_base_is_graded_insecure() {
    let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
    suite::check(&attacks(), Corpus::Own, None);
}

#[test]
fn no_attack_on_official_cases_is_graded_secure_and_each_base_is_graded_insecure() {
    let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
    let Some(folder) = std::env::var("SEC_CODE_BENCH_DIR").ok().filter(|it| !it.is_empty()) else {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: SEC_CODE_BENCH_DIR is not set");
        return;
    };
    suite::check(&attacks(), Corpus::SecCodeBench, Some(&format!("sec-code-bench:{folder}")));
}

const C: &str = "font-glyph";

/// Verifies the vulnerable solution of a case with `tail` after it: whatever it
/// is, it is never secure. Returns what was observed.
fn check(case: &str, tail: &str) -> serde_json::Value {
    let _beside = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let door = Door::open();
    door.write("artifact", format!("{}\n{tail}", solution(case, "vulnerable")));
    let ended = door.run(&["verify", case, "--artifact", "artifact", "--format", "json"]);
    let json = ended.json("assay.verify/2");
    assert_ne!(json["verdict"], "secure", "{case} was fooled by\n{tail}");
    ended.with_code(1);
    json
}

/// The same, and the verdict is this one.
fn check_verdict(case: &str, tail: &str, verdict: &str) {
    let json = check(case, tail);
    assert_eq!(json["verdict"], verdict, "{tail}\n{json:#}");
}

#[test]
fn c_that_brings_a_main_does_not_build() {
    check_verdict(C, "int main(void) { return 0; }\n", "build-failed");
}

#[test]
fn c_whose_objects_fill_the_disk_does_not_build() {
    let tail = "char filler[80 << 20] = {1};\n";
    check_verdict(C, tail, "build-failed");
    let tail = "char filler[2000 << 20] = {1};\n";
    check_verdict(C, tail, "build-failed");
}
