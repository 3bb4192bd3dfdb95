//! How long it takes to set thinking apart in an answer and to read it both ways, by its
//! size: ordinary answers, pieces of the form repeated as a model does that has lost its
//! way, and texts that are made to be slow to read. The time grows with the size, and no
//! faster.
//!
//! `cargo bench -p assay-core --bench reading` tries sizes from 1 KiB to 32 MiB.
#![expect(clippy::print_stdout, reason = "it shows what it measured")]

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use assay_core::SafePath;
use assay_core::answer::{Answer, Finish};
use assay_core::reading::{Reading, Said, ThinkingTags};

/// What is repeated as models repeat it, by a name.
const REPEATED: &[(&str, &str)] = &[
    ("prose", "It binds every value that it is given. "),
    ("code", "def search(connection, text):\n    return connection.execute(QUERY, [text])\n\n"),
    ("<result>", "<result>"),
    ("begun blocks", "<result><code><path>"),
    ("begun contents", "<result><code><path>a.py</path><content><![CDATA[x"),
    ("begun blocks on lines", "<result>\n<code>\n<path>a.py</path>\n<content><![CDATA[\nx\n"),
    (
        "whole blocks",
        "<result><code><path>b.py</path><content><![CDATA[x]]></content></code></result>\n",
    ),
    ("fences", "```python\nx = 1\n```\n"),
    ("begun fences", "```python\nx = 1\n"),
    ("thoughts", "<think>\nSo?\n</think>\n"),
    ("begun thoughts", "<think>\nSo?\n"),
    ("ended thoughts", "So?\n</think>\n"),
    ("verdicts", "{\"reason\": \"so\", \"verdict\": \"pass\"}\n"),
    ("blank lines", "\n"),
];

/// What costs most where a reader looks at a part twice, by a name.
const HOSTILE: &[(&str, &str)] = &[
    ("</result>", "</result>"),
    ("items without content", "<result>\n<code>\n"),
    ("content without CDATA", "<result><code><path>a.py</path><content>x"),
    ("]]>", "]]>"),
    ("]]></content>", "]]></content>\n"),
    ("bars", "```\n"),
    ("nested fences", "```a\n```b\n```\n"),
    ("tildes and backticks", "~~~\n```\n"),
    ("named fences", "a.py\n```python\nx\n```\n"),
    ("thinking and fences", "<think>\n```\n</think>\n"),
    ("thinking in code", "```\n</think>\n```\n<think>"),
    ("quoted tags", "<think> '</think>' "),
    ("tags of two kinds", "<thinking>\n</think> "),
    ("tags with attributes", "<think a='</think b='"),
    ("tags and blanks", "<think>                                </think>"),
    ("<", "<"),
    ("[", "["),
    ("&", "&"),
    ("&amp;", "&amp;"),
    ("escaped tags", "&lt;result&gt;&lt;code&gt;&lt;/think&gt;"),
    ("attributes", "<code a='"),
    ("comments", "<result><!--"),
    ("spaces", " "),
    ("backticks", "`"),
];

const SIZES: [usize; 4] = [1 << 10, 1 << 15, 1 << 20, 1 << 25];

/// How many bytes are read at least of each size.
const AT_LEAST: usize = 1 << 22;

fn main() {
    print!("| processor milliseconds for |");
    for size in SIZES {
        print!(" {} KiB |", size >> 10);
    }
    println!(" growth |\n|---|{}", "---:|".repeat(SIZES.len() + 1));
    row("an answer: prose and a block", |size| {
        let (prose, code) = (REPEATED[0].1, REPEATED[1].1);
        in_block(&prose.repeat(size / 4 / prose.len()), &code.repeat(size * 3 / 4 / code.len()))
    });
    row("an answer behind thinking", |size| {
        let (prose, code) = (REPEATED[0].1, REPEATED[1].1);
        let draft = in_block("", &code.repeat(size / 4 / code.len()));
        let thinking = prose.repeat(size / 4 / prose.len());
        in_block(&format!("{thinking}{draft}</think>"), &code.repeat(size / 2 / code.len()))
    });
    for (name, piece) in REPEATED.iter().chain(HOSTILE) {
        row(&format!("`{}`", name.trim()), |size| piece.repeat(size / piece.len()));
        row(&format!("`{name}` in a block"), |size| {
            in_block("", &piece.repeat(size / piece.len()))
        });
    }
}

fn in_block(before: &str, code: &str) -> String {
    format!(
        "{before}<result><code><path>src/a.py</path><content><![CDATA[\n{code}\n]]></content></code></result>"
    )
}

/// How long this thread has computed, which does not depend on what else the machine does.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux has it");
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    Duration::from_nanos(nanos)
}

/// Times texts of one kind; growth is how much longer a byte takes in the last than in the
/// one before.
fn row(name: &str, text: impl Fn(usize) -> String) {
    let allowed = ["src/a.py".to_owned()].map(|path| SafePath::new(&path).expect("safe"));
    print!("| {name} |");
    let mut times = Vec::new();
    for size in SIZES {
        let answer = Answer::Text(text(size));
        // The kernel counts in milliseconds, so what is short is done often.
        let times_done = (AT_LEAST / size).max(1);
        let began = processor_time();
        for _ in 0..times_done {
            let finish = Finish::Complete;
            let thinking = ThinkingTags::default().places(&answer, finish);
            let said = Said { answer: &answer, finish, thought: false, thinking: &thinking };
            black_box(said.read_both(Reading::Lenient, &allowed));
        }
        let elapsed = (processor_time() - began).as_secs_f64() * 1e3 / times_done as f64;
        print!(" {elapsed:.3} |");
        times.push(elapsed / size as f64);
    }
    println!(" {:.1} |", times[SIZES.len() - 1] / times[SIZES.len() - 2]);
}
