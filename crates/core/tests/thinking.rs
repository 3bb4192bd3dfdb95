//! What is set apart as thinking in a text, and what is a part of the answer although it
//! looks like it.

use assay_core::answer::{Answer, Finish};
use assay_core::reading::{ThinkingTags, spoken, thought};

/// What is said, and what was thought.
fn split(tags: &ThinkingTags, text: &str, finish: Finish) -> (String, Option<String>) {
    let answer = Answer::Text(text.to_owned());
    let said = spoken(text, &tags.places(&answer, finish)).into_owned();
    (said, thought(text, &tags.find_in(text, finish)))
}

fn check(text: &str, said: &str, thinking: Option<&str>) {
    let found = split(&ThinkingTags::default(), text, Finish::Complete);
    assert_eq!((found.0.as_str(), found.1.as_deref()), (said, thinking), "{text}");
}

fn is_whole(text: &str) {
    check(text, text, None);
}

const BLOCK: &str = "<result>\n<code>\n<path>a.py</path>\n<content><![CDATA[\nX = 1\n]]></content>\n</code>\n</result>\n";

#[test]
fn every_known_pair_of_tags_encloses_thinking() {
    for (open, close) in [
        ("<think>", "</think>"),
        ("<Think>", "</THINK>"),
        ("<thinking>", "</thinking>"),
        ("<think time='3'>", "</think >"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("[THINK]", "[/THINK]"),
        ("<seed:think>", "</seed:think>"),
        ("◁think▷", "◁/think▷"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ] {
        let end = if close.starts_with("<|end|>") { "<|end|><|start|>assistant" } else { "" };
        let inside = format!("hm {BLOCK}{end}");
        check(&format!("{open}hm {BLOCK}{close}No."), "No.", Some(&inside));
        check(
            &format!("\u{feff} \n{open}hm{close}No."),
            "\u{feff} \nNo.",
            Some(&format!("hm{end}")),
        );
        // The tag that opens it is in the prompt.
        check(&format!("hm {BLOCK}{close}No."), "No.", Some(&inside));
        check(
            &format!("hm\n{close}\n\n{BLOCK}"),
            &format!("\n\n{BLOCK}"),
            Some(&format!("hm\n{end}")),
        );
    }
}

#[test]
fn thinking_may_come_between_and_behind() {
    check("<think>a</think>b\n<think>c</think>d", "b\nd", Some("a\nc"));
    check(&format!("{BLOCK}<think>{BLOCK}</think>"), BLOCK, Some(BLOCK));
    check(&format!("{BLOCK} <think>hm</think>"), &format!("{BLOCK} "), Some("hm"));
    check("Sure! <think>hm</think>No.", "Sure! No.", Some("hm"));
    // It was opened in the prompt, and the tag is but mentioned.
    check(
        &format!("{BLOCK}in <think> tags</think>{BLOCK}"),
        BLOCK,
        Some(&format!("{BLOCK}in <think> tags")),
    );
    // One tag too many.
    check("<think>a</think>b</think>c", "c", Some("a\nb"));
    check(&format!("<think>a</think>{BLOCK}</think>"), &format!("{BLOCK}</think>"), Some("a"));
    check(&format!("<think>a</think>{BLOCK}</think>{BLOCK}"), BLOCK, Some(&format!("a\n{BLOCK}")));
}

#[test]
fn code_that_holds_a_tag_is_left_alone() {
    for tag in ["</think>", "<think>", "</thinking>", "[/THINK]", "<think>x</think>", "[THINK]"] {
        for code in [
            format!("END = \"{tag}\"\n"),
            format!("# up to {tag}, or\n{tag}\nX = 1\n"),
            format!("<p>{tag}</p>\n"),
        ] {
            let block = BLOCK.replace("X = 1\n", &code);
            let fenced = format!("The file:\n\n```python\n{code}```\n\nDone.\n");
            let longer = format!("````python\n{code}```python\nX\n```\n{code}````\n");
            let plain = block.replace("<![CDATA[", "").replace("]]>", "");
            for text in [&block, &fenced, &longer, &plain] {
                is_whole(text);
                check(&format!("hm\n</think>\n{text}"), &format!("\n{text}"), Some("hm\n"));
                check(&format!("<think>hm</think>{text}"), text, Some("hm"));
            }
        }
    }
    is_whole("It splits at `</think>`, and at \"</think>\\n\" too.");
    is_whole("```python\nEND = '</think>'; X = 1\n");
    is_whole(&format!("{}x = y + '</think>' + z\n", &BLOCK[..BLOCK.len() - 40]));
}

#[test]
fn drafts_without_an_end_do_not_hide_where_thinking_ends() {
    let draft = &BLOCK[..BLOCK.find("]]>").expect("it is there")];
    for draft in [draft, "```python\nX = 0\n"] {
        for open in ["", "<think>"] {
            let inside = format!("hm\n{draft}");
            let said = format!("\n{BLOCK}");
            check(&format!("{open}{inside}</think>\n{BLOCK}"), &said, Some(&inside));
            check(&format!("{open}{inside}</think>\nNo."), "\nNo.", Some(&inside));
            let fence = "\n```python\nX = 1\n```\n";
            check(&format!("{open}{inside}</think>{fence}"), fence, Some(&inside));
        }
    }
    // A draft holds a tag itself.
    let tag = BLOCK.replace("X = 1", "END = </think>");
    let inside = format!("hm\n{tag}so");
    check(&format!("<think>{inside}</think>{BLOCK}"), BLOCK, Some(&inside));
    check(&format!("{inside}</think>{BLOCK}"), BLOCK, Some(&inside));
    check("<think>up to `</think>`, so</think>No.", "No.", Some("up to `</think>`, so"));
}

#[test]
fn thinking_that_never_ends_is_the_answer_only_where_nothing_else_is() {
    let tags = ThinkingTags::default();
    let cut_off = |text: &str| split(&tags, text, Finish::Truncated);
    is_whole(&format!("<think>\nSo: {BLOCK}"));
    assert_eq!(cut_off(&format!("<think>\nSo: {BLOCK}")).0, "");
    check("<think>\nSo then", "", Some("\nSo then"));
    check(
        &format!("{BLOCK}\n<think>\nOr {BLOCK}"),
        &format!("{BLOCK}\n"),
        Some(&format!("\nOr {BLOCK}")),
    );
    assert_eq!(cut_off("hm"), ("hm".to_owned(), None));
}

#[test]
fn an_answer_that_the_prompt_began_as_thinking_is_thinking_until_it_ends() {
    let own: ThinkingTags =
        serde_json::from_str(r#"[["", "</think>"], ["<plan>", "</plan>"]]"#).expect("tags");
    let said = |text: &str, finish: Finish| split(&own, text, finish).0;
    let draft = format!("So: {BLOCK}");
    assert_eq!(said(&draft, Finish::Truncated), "");
    assert_eq!(said(&format!("{draft}</think>{BLOCK}"), Finish::Complete), BLOCK);
    assert_eq!(said(&format!("{draft}</think>\nHere"), Finish::Truncated), "\nHere");
    // A whole answer that closes nothing was no thinking.
    assert_eq!(said(BLOCK, Finish::Complete), BLOCK);
    assert_eq!(said("<plan>a</plan>b", Finish::Complete), "b");
    // Without the setting, nobody can tell.
    let known = split(&ThinkingTags::default(), &draft, Finish::Truncated);
    assert_eq!(known.0, draft);
}

#[test]
fn tags_are_what_a_user_says() {
    let tags = |json: &str| serde_json::from_str::<ThinkingTags>(json).map_err(|it| it.to_string());
    let own = tags(r#"[["Here are my steps:", "[BEGIN]"], ["<%", "%>"]]"#).expect("tags");
    let said = |text: &str| split(&own, text, Finish::Complete).0;
    assert_eq!(said("Here are my steps: one [BEGIN]two"), "two");
    assert_eq!(said("one [begin]two"), "two");
    assert_eq!(said("<% one %>two"), "two");
    assert_eq!(said("<think>one</think>two"), "<think>one</think>two");
    let none = tags("[]").expect("no tags");
    assert_eq!(split(&none, "one</think>two", Finish::Complete).0, "one</think>two");
    let long = "x".repeat(101);
    for (json, words) in [
        (r#"[["<a>"]]"#.to_owned(), "length 1"),
        (r#"[["<a>", ""]]"#.to_owned(), "closes \"<a>\" is empty"),
        (r#"[[" <a>", "</a>"]]"#.to_owned(), "blanks around"),
        (r#"[["<a>", "<A>"]]"#.to_owned(), "two that differ"),
        (format!(r#"[["{long}", "</a>"]]"#), "longer than 100"),
        (serde_json::to_string(&vec![["<a>", "</a>"]; 33]).expect("JSON"), "33 pairs"),
    ] {
        let error = tags(&json).expect_err(words);
        assert!(error.contains(words), "{error}");
    }
}
