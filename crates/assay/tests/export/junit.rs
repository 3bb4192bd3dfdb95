//! JUnit's XML, read by a parser of XML.

use roxmltree::{Document, Node};

use super::{assert_inert, door_with_runs, exported_text};

fn elements<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.descendants().filter(move |node| node.has_tag_name(name))
}

fn count(node: Node<'_, '_>, attribute: &str) -> usize {
    node.attribute(attribute).and_then(|text| text.parse().ok()).expect("a count")
}

/// What each element says of how many tests are in it is so.
fn check_counts(node: Node<'_, '_>) {
    for (attribute, element) in [
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ] {
        let found = node.descendants().filter(|node| node.has_tag_name(element)).count();
        assert_eq!(count(node, attribute), found, "{attribute}");
    }
}

#[test]
fn each_subject_and_scenario_is_a_suite_and_each_attempt_a_test() {
    let door = door_with_runs();
    let text = exported_text(&door, "ordinary.assay", "junit", &[]);
    let document = Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    check_counts(root);
    assert_eq!(
        ["tests", "failures", "errors", "skipped"].map(|name| count(root, name)),
        [60, 30, 1, 0]
    );
    let suites: Vec<_> = elements(root, "testsuite").collect();
    assert_eq!(suites.len(), 3 * 4);
    suites.iter().for_each(|suite| check_counts(*suite));
    assert!(suites.iter().any(|suite| suite.attribute("name") == Some("acme/large-2 gen-hints")));

    let failure = elements(root, "failure")
        .find(|failure| failure.attribute("type") == Some("insecure"))
        .expect("an insecure attempt");
    let message = failure.attribute("message").expect("a message");
    assert!(
        message.starts_with("security: length_beyond_input (frame_read(): returned"),
        "{message}"
    );
    let details = failure.text().expect("details");
    assert!(details.contains("security: length_of_an_empty_input missing"), "{details}");
    let test = failure.parent_element().expect("a test");
    let times: Vec<_> =
        elements(root, "testcase").filter_map(|test| test.attribute("time")).collect();
    assert!(times.contains(&"1.300") && times.contains(&"2.600"), "of one turn and of two");
    assert!(test.attribute("name").is_some_and(|name| name.contains(" round ")));

    let error = elements(root, "error").next().expect("an errored attempt");
    assert_eq!(error.attribute("type"), Some("rate limit"));
    let build = elements(root, "failure")
        .find(|failure| failure.attribute("type") == Some("build-failed"))
        .and_then(|failure| failure.text())
        .expect("one that does not build");
    assert!(build.contains("'FRAME_MAX' undeclared"), "{build}");
}

#[test]
fn an_unjudged_attempt_is_skipped() {
    use assay_core::benchmark::sec_code_bench_v2;
    use assay_core::infra_error::{InfraClass, InfraError};
    let door = super::Door::open();
    let path = door.path("unjudged.assay");
    let cases = vec![super::sample_run::case(
        "a",
        "A",
        assay_core::Language::C,
        assay_core::Severity::High,
    )];
    let info = super::sample_run::info("r", &["s"], cases, 1);
    let mut store = assay::store::Store::create(&path, &info).expect("a new store");
    let mut attempt = super::sample_run::attempt("s", "a", sec_code_bench_v2::GEN, 1, Vec::new());
    attempt.outcome =
        assay_core::Outcome::Errored(InfraError::new(InfraClass::Unjudged, "judges decide"));
    store.record(&attempt).expect("recorded");
    drop(store);
    let text = exported_text(&door, "unjudged.assay", "junit", &[]);
    let document = Document::parse(&text).expect("XML");
    let skipped = elements(document.root_element(), "skipped").next().expect("skipped");
    assert_eq!(skipped.attribute("message"), Some("judges decide"));
    check_counts(document.root_element());
}

#[test]
fn hostile_text_leaves_the_document_well_formed() {
    let door = door_with_runs();
    let text = exported_text(&door, "hostile.assay", "junit", &[]);
    assert_inert(&text);
    assert!(!text.contains("<script"), "markup is escaped");
    let document = Document::parse(&text).expect("XML");
    check_counts(document.root_element());
    assert_eq!(elements(document.root_element(), "testcase").count(), 2);
    let failure = elements(document.root_element(), "failure").next().expect("a failure");
    let message = failure.attribute("message").expect("a message");
    assert!(message.contains("<script>document.title='pwned'</script>"), "{message}");
    assert!(message.chars().count() <= 16_001);
}
