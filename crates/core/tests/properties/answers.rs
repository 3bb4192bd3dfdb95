//! Answers of any form: whatever a model writes, a reading takes files of the case alone,
//! and nothing that the answer does not say.

use assay_core::SafePath;
use assay_core::answer::{Answer, Finish};
use assay_core::artifact::MAX_ARTIFACT_BYTES;
use assay_core::reading::{Reading, Said, ThinkingTags, spoken, thought};
use assay_fuzz::{Target, target};

const CASES: [&[&str]; 2] = [&["src/pack/pack.py"], &["src/ring.c", "src/ring.h"]];

const WORDS: [&str; 42] = [
    "<result>",
    "</result>",
    "<code>",
    "</code>",
    "<path>",
    "</path>",
    "<content>",
    "</content>",
    "<![CDATA[",
    "]]>",
    "]]]]><![CDATA[>",
    "<code path=\"src/ring.c\">",
    "<RESULT id='1'>",
    "src/pack/pack.py",
    "src/ring.h",
    "../../etc/passwd",
    "C:\\src\\ring.c",
    "tests/ring.c",
    "\n",
    "\r\n",
    "\u{2028}",
    "\u{feff}",
    "```",
    "```python\n",
    "~~~~c src/ring.c\n",
    "````markdown\n",
    "`",
    "# src/pack/pack.py\n",
    "<think>",
    "</think>",
    "<thinking x>",
    "[THINK]",
    "◁/think▷",
    "<|channel|>analysis<|message|>",
    "&lt;result&gt;",
    "&lt;",
    "&#x3c;",
    "&#0;",
    "<!-- ",
    "<?xml ?>",
    "<a xmlns:x='y' x:b=\"c\"/>",
    "I'm sorry",
];

fn target() -> Target {
    target!("answer").words(&WORDS)
}

#[test]
fn a_reading_takes_only_what_the_answer_says_and_the_case_asks_for() {
    target().check_text(holds);
}

#[test]
fn a_long_answer_is_read_as_any_other() {
    target().check_long(|bytes| holds(&String::from_utf8_lossy(bytes)));
}

fn holds(text: &str) {
    let answer = Answer::Text(text.to_owned());
    for finish in [Finish::Complete, Finish::Truncated] {
        let thinking = ThinkingTags::default().places(&answer, finish);
        let said = Said { answer: &answer, finish, thought: false, thinking: &thinking };
        for paths in CASES {
            let allowed: Vec<SafePath> =
                paths.iter().map(|path| SafePath::new(path).expect("safe")).collect();
            let read = Reading::ALL.map(|reading| said.read(reading, &allowed));
            for read in read.iter().flatten() {
                let files = &read.artifact.files;
                assert!(!files.is_empty(), "an artifact without a file");
                assert!(files.keys().all(|path| allowed.contains(path)), "{files:?}");
                assert!(files.keys().eq(read.found.keys()), "{:?}", read.found);
                let size: usize = files.values().map(String::len).sum();
                // The last line of a file is given an end.
                assert!(size <= (text.len() + files.len()).min(MAX_ARTIFACT_BYTES), "{size}");
                let refused: usize = read.artifact.refused.iter().map(String::len).sum();
                // Each character of a path may be written as an escape.
                assert!(refused <= 100 + 12 * text.len(), "{refused}");
            }
            let both = said.read_both(Reading::Lenient, &allowed);
            assert_eq!(both.own, read[1]);
            assert!(both.other.is_none_or(|other| other == read[0]));
        }
    }
}

#[test]
fn thinking_is_a_part_of_the_text_and_the_rest_is_spoken() {
    target!("thinking").words(&WORDS).check_text(|text| {
        for finish in [Finish::Complete, Finish::Truncated] {
            let found = ThinkingTags::default().find_in(text, finish);
            let mut end = 0;
            for thinking in &found {
                assert!(end <= thinking.at.start && thinking.at.end <= text.len(), "{found:?}");
                assert!(thinking.at.start < thinking.at.end, "{found:?}");
                assert!(thinking.at.start <= thinking.inside.start, "{found:?}");
                assert!(thinking.inside.start <= thinking.inside.end, "{found:?}");
                assert!(thinking.inside.end <= thinking.at.end, "{found:?}");
                end = thinking.at.end;
            }
            let places: Vec<_> = found.iter().map(|thinking| thinking.at.clone()).collect();
            let kept = spoken(text, &places);
            let left_out: usize = places.iter().map(ExactSizeIterator::len).sum();
            assert_eq!(kept.len() + left_out, text.len());
            assert!(thought(text, &found).is_none_or(|thought| !thought.trim().is_empty()));
        }
    });
}
