//! Properties of putting true names into what a Go suite printed.

use assay_fuzz::target;

use super::blind::Blind;

#[test]
fn only_drawn_names_are_put_right() {
    let drawn: Blind = serde_json::from_str(
        r#"{
            "words": { "qwertyuiop": "unpack_test", "Asdfghjklz": "TestNames" },
            "texts": { "zxcvbnm.(*q).w": "testing.(*T).Run", "zxcvbnm.": "testing." },
            "lines": { "qwertyuiop": { "3071": 12 } },
            "folder": "w"
        }"#,
    )
    .expect("what the tool reports");
    let words = [
        "qwertyuiop",
        "qwertyuiop.go:3071",
        ".go:",
        "Asdfghjklz",
        "Asdfghjklz305/001",
        "zxcvbnm.(*q).w",
        "zxcvbnm.",
        "0",
        "18446744073709551616",
        "_",
        "é",
        "\u{661}",
        " ",
    ];
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(Blind::default().reveal(&text), text, "nothing was drawn");
        let revealed = drawn.reveal(&text);
        assert!(revealed.len() <= 4 * text.len());
        let has_drawn = ["qwertyuiop", "Asdfghjklz", "zxcvbnm."].iter().any(|it| text.contains(it));
        assert!(has_drawn || revealed == text);
    };
    let target = target!("go-trace").words(&words);
    target.check(holds);
    target.check_long(holds);
}
