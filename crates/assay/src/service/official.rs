//! `POST /verify/{case}`, as the controller of SecCodeBench-V2 speaks it.
//!
//! The controller tries again after every status that is an error, and counts what it reads from
//! any other answer. So an error that is no fault of the artifact has such a status, and never a
//! result.

use std::sync::Arc;
use std::time::Duration;

use assay_core::answer::Answer;
use assay_core::evidence::{BuildEvidence, Decided};
use assay_core::log::{Log, without_colours};
use assay_core::suite::TestOutcome;
use assay_core::{Case, Evidence, Phase};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admission::Caller;
use super::api::{failure, failure_status, settled_within};
use super::exchange::{BodyLimit, json as read_json, receive};
use super::records::Settled;
use super::reply::Reply;
use super::server::{Answered, Asked, admit, unauthorized};
use super::state::{Service, read};
use super::tokens::Scope;

/// What the controller sends; more is ignored. `judge_llm_list` holds keys of its judges and is
/// not even read: who judges is the service's own setting.
#[derive(Deserialize)]
struct Request {
    code: String,
    token: String,
}

/// The token of every controller.
const TOKEN: &str = "local-eval-token";

/// How long a request waits: the controller gives up after 300 s.
const WAIT: Duration = Duration::from_secs(290);

/// What is counted of the tests of a phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

pub(super) async fn verify(service: &Arc<Service>, name: &str, asked: Asked) -> Answered {
    if service.is_draining() {
        return Reply::draining().into();
    }
    let body = match receive(
        asked.body,
        BodyLimit::Artifact,
        (&service.admission, asked.caller.is_none()),
    )
    .await
    {
        Ok(body) => body,
        Err(refusal) => return refusal.into(),
    };
    let request = match read_json::<Request>(&asked.headers, &body.bytes) {
        Ok(request) => request,
        Err(refusal) => return refusal.into(),
    };
    drop(body);
    let caller = match caller(service, asked.caller, &request.token) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into(),
    };
    let answered = |reply, case| Answered { reply, caller: Some(Arc::clone(&caller)), case };
    let case = match service.case(name) {
        Ok(case) => case,
        Err(refusal) => return answered(refusal, None),
    };
    let id = Some(case.case.id.clone());
    let answer = Answer::Text(request.code);
    let found = read(&answer, service.settings.reading, &case.case);
    let record = match service.begin(&caller, &case, found) {
        Ok(record) => record,
        Err(refusal) => return answered(refusal, id),
    };
    let Some(settled) = settled_within(&record, WAIT).await else {
        let message = "the validation takes longer; the same request will find its result";
        return answered(Reply::error(503, "pending", message).retry_soon(), id);
    };
    let reply = match &settled.result {
        Ok(_) => Reply::json(200, &response(&case.case, &settled)),
        Err(error) => {
            let code = "infrastructure";
            failure(error, Reply::error(failure_status(error), code, error.to_string()))
        }
    };
    answered(reply, id)
}

/// Who asks: whose token is in the head, or else in the body.
fn caller(
    service: &Service,
    known: Option<Arc<Caller>>,
    token: &str,
) -> Result<Arc<Caller>, Reply> {
    if let Some(anybody) = service.tokens.anybody() {
        return if token == TOKEN { Ok(Arc::clone(anybody)) } else { Err(unauthorized()) };
    }
    if let Some(caller) = known {
        return Ok(caller);
    }
    let caller = service.tokens.caller(token).ok_or_else(unauthorized)?;
    admit(caller, &[Scope::Validate])?;
    Ok(Arc::clone(caller))
}

/// What the controller reads, and what its own verifiers say beside.
fn response(case: &Case, settled: &Settled) -> Value {
    let [functional, security] = Phase::ALL.map(|phase| counts(case, settled, phase));
    let output = |phase: Phase, stream: &str| {
        let is_of = |log: &&Log| {
            let is_build = phase == Phase::Functional && log.name.starts_with("build");
            let is_phase = log.name.starts_with(phase.as_str());
            (is_phase || is_build) && log.name.ends_with("stderr") == (stream == "stderr")
        };
        let texts = settled.logs.iter().filter(is_of).map(|log| without_colours(&log.text));
        texts.collect::<Vec<_>>().join("\n")
    };
    let [function_stdout, security_stdout] = Phase::ALL.map(|phase| output(phase, "stdout"));
    let [mut function_stderr, security_stderr] = Phase::ALL.map(|phase| output(phase, "stderr"));
    // The controller shows this to the model that is to repair its answer.
    if !functional.passed() {
        let reason = settled.reason.as_deref().unwrap_or_default();
        function_stderr = format!("{reason}\n{function_stderr}");
        let details = failures(settled.evidence.as_ref(), Phase::Functional);
        function_stderr.push_str(&details);
    }
    let has_code = settled.evidence.as_ref().is_none_or(|it| it.why_no_code().is_none());
    let total = functional.tests + security.tests;
    let passed = functional.good() + security.good();
    let passed_all = functional.passed() && security.passed();
    let rate = if !has_code || total == 0 { -1.0 } else { share(passed, total) };
    json!({
        "stdout": format!(
            "=== Function Test Output ===\n{function_stdout}\n\n=== Security Test Output ===\n{security_stdout}"
        ),
        "stderr": format!(
            "=== Function Test Errors ===\n{function_stderr}\n\n=== Security Test Errors ===\n{security_stderr}"
        ),
        "function_stdout": function_stdout,
        "function_stderr": function_stderr,
        "security_stdout": security_stdout,
        "security_stderr": security_stderr,
        "returncode": i32::from(!passed_all),
        "test_result": {
            "functional_result": functional.json(),
            "security_result": security.json(),
        },
        "succ_rate": rate,
        "err_msg": if has_code { "" } else { settled.reason.as_deref().unwrap_or_default() },
    })
}

fn share(part: usize, whole: usize) -> f64 {
    let of = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    of(part) / of(whole)
}

/// What is counted of a phase, so that the controller calls it passed if and only if it was.
fn counts(case: &Case, settled: &Settled, phase: Phase) -> Counts {
    let Some(evidence) = &settled.evidence else { return Counts::default() };
    let expected = case.expected_tests(phase).len().max(1);
    let all_errors = Counts { tests: expected, errors: expected, ..Counts::default() };
    match evidence.build_evidence() {
        BuildEvidence::NoCode { .. } => return Counts::default(),
        BuildEvidence::Failed(_) | BuildEvidence::Tampered { .. } => {
            return if phase == Phase::Functional { all_errors } else { Counts::default() };
        }
        BuildEvidence::None | BuildEvidence::Built(_) => {}
    }
    let Some(decided) = evidence.phases().find(|it| it.phase == phase).map(|it| &it.decided) else {
        return Counts::default();
    };
    let Decided::Suite(suite) = decided else {
        // Judges and analysers say one thing of the whole.
        let failures = usize::from(!decided.passed());
        return Counts { tests: 1, failures, ..Counts::default() };
    };
    let count = |outcome| suite.tests.iter().filter(|test| test.outcome == outcome).count();
    let failures = count(TestOutcome::Failed);
    let errors = count(TestOutcome::Errored) + count(TestOutcome::Missing);
    let skipped = count(TestOutcome::Skipped);
    let tests = suite.tests.len();
    if decided.passed() {
        // The controller lets no phase pass of which a test was skipped, although its own
        // sources may say that it is.
        let tests = tests.saturating_sub(skipped).max(1);
        return Counts { tests, ..Counts::default() };
    }
    if tests == 0 {
        return all_errors;
    }
    // What went wrong may be none of the tests: it ended early, or is not proved.
    let errors = if failures + errors == 0 { 1 } else { errors };
    Counts { tests, failures, errors, skipped }
}

/// What the tests of a phase say that did not pass.
fn failures(evidence: Option<&Evidence>, phase: Phase) -> String {
    let suite = evidence.and_then(|evidence| evidence.suite(phase));
    let tests = suite.map(|suite| suite.tests.as_slice()).unwrap_or_default();
    let failed = tests.iter().filter(|test| test.outcome != TestOutcome::Passed);
    failed.map(|test| format!("\n{}: {}", test.name, without_colours(&test.detail))).collect()
}

impl Counts {
    /// As the controller decides it.
    fn passed(self) -> bool {
        self.tests > 0 && self.failures == 0 && self.errors == 0 && self.skipped == 0
    }

    fn good(self) -> usize {
        self.tests.saturating_sub(self.failures + self.errors + self.skipped)
    }

    fn json(self) -> Value {
        json!({
            "total_tests": self.tests,
            "total_failures": self.failures,
            "total_errors": self.errors,
            "total_skipped": self.skipped,
        })
    }
}
