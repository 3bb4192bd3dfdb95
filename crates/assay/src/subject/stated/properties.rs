//! Properties of reading what a server states of its models.

use assay_fuzz::target;
use serde_json::Value;

use super::Stated;
use crate::json_text;

#[test]
fn what_a_server_states_is_more_than_nothing() {
    let words = [
        "\"data\":[",
        "\"id\":\"m\"",
        "\"max_model_len\":4096",
        "\"n_ctx\":0",
        "\"context_length\":\"8192\"",
        "\"parameters\":\"num_ctx 2048\"",
        "\"model_info\":{\"x.context_length\":7}",
        "-1",
        "18446744073709551616",
        "{",
        "}",
        ",",
        "null",
    ];
    target!("statement").words(&words).check_text(|text| {
        let Ok(said) = json_text::parse::<Value>(text) else { return };
        for stated in [Stated::of(&said), Stated::in_list(&said, "m"), Stated::in_show(&said)]
            .into_iter()
            .flatten()
        {
            assert_ne!(stated, Stated::default(), "it says nothing");
            let counts = stated.context.into_iter().chain(stated.input);
            assert!(counts.into_iter().all(|count| count > 0));
            let _ = stated.takes(u64::MAX, u64::MAX);
        }
    });
}
