//! The result store: identical artifacts are answered from it, also by another process.

use crate::client::{CASE, JUDGED, Served, artifact};
use crate::door::Door;

#[test]
fn a_result_outlives_the_service_and_an_error_is_never_kept() {
    let door = Door::open();
    let store = door.path("results.sqlite");
    let arguments = [CASE, JUDGED, "--results", store.to_str().expect("UTF-8")];
    let served = Served::with(&door, &arguments);
    let first = served.validate("", "vulnerable").with(200).json();
    assert_eq!(first["result"], "fresh", "{first:#}");
    let again = served.validate("", "vulnerable").with(200).json();
    assert_eq!([&again["result"], &again["verdict"]], ["stored", "insecure"], "{again:#}");
    let judged = |served: &Served| {
        let asked =
            served.ask("POST", "/v1/validations?wait=300").json(&artifact(JUDGED, "secure"));
        asked.send().with(500).json()
    };
    // What the tests found is kept; that nobody judges the rest is said anew.
    assert_eq!(judged(&served)["error"]["class"], "unjudged");
    drop(served);
    let served = Served::with(&door, &arguments);
    let later = served.validate("", "vulnerable").with(200).json();
    assert_eq!([&later["result"], &later["verdict"]], ["stored", "insecure"], "{later:#}");
    let evidence = |served: &Served, id: &str| {
        served.get(&format!("/v1/validations/{id}/evidence")).with(200).json()["evidence"].clone()
    };
    let id = later["id"].as_str().expect("an id");
    assert_eq!(evidence(&served, id)["phases"][1]["phase"], "security");
    let other = served.validate("", "secure").with(200).json();
    assert_eq!([&other["result"], &other["verdict"]], ["fresh", "secure"], "{other:#}");
    let metrics = served.get("/metrics").body;
    assert!(metrics.contains("outcome=\"insecure\",result=\"stored\"} 1"), "{metrics}");
}
