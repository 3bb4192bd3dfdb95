//! How long both readings of an answer take, for answers that are made to be slow to read:
//! a piece of the form, repeated. The time grows with the size, and no faster.
//!
//! `cargo bench -p assay-core --bench reading` tries sizes from 1 KiB to 32 MiB.
#![expect(clippy::print_stdout, reason = "it shows what it measured")]

use std::time::Instant;

use assay_core::SafePath;
use assay_core::reading::{Reading, Said};
use assay_core::record::{Answer, Finish};

/// What is repeated, by a name.
const PIECES: &[(&str, &str)] = &[
    ("prose", "It binds every value that it is given. "),
    ("<result>", "<result>"),
    ("</result>", "</result>"),
    ("<result> on lines", "<result>\n<code>\n"),
    ("items without end", "<result><code><path>a.py</path><content><![CDATA[\n"),
    ("content without end", "<result><code><path>a.py</path><content>x"),
    ("]]>", "]]>"),
    ("]]></content>", "]]></content>\n"),
    (
        "whole blocks",
        "<result><code><path>b.py</path><content><![CDATA[x]]></content></code></result>\n",
    ),
    ("paths without end", "<result><code><path>"),
    ("fences", "```\n"),
    ("fences with tags", "```python\n"),
    ("nested fences", "```a\n```b\n```\n"),
    ("tildes and backticks", "~~~\n```\n"),
    ("named fences", "a.py\n```python\nx\n```\n"),
    ("thinking", "<think>\n"),
    ("ends of thinking", "\n</think>"),
    ("thinking and fences", "<think>\n```\n</think>\n"),
    ("<", "<"),
    ("&", "&"),
    ("&amp;", "&amp;"),
    ("escaped tags", "&lt;result&gt;&lt;code&gt;"),
    ("attributes", "<code a='"),
    ("comments", "<result><!--"),
    ("blank lines", "\n"),
    ("spaces", " "),
    ("backticks", "`"),
];

const SIZES: [usize; 4] = [1 << 10, 1 << 15, 1 << 20, 1 << 25];

fn main() {
    let allowed = ["src/a.py".to_owned()].map(|path| SafePath::new(&path).expect("safe"));
    print!("{:>24}", "milliseconds for");
    for size in SIZES {
        print!("{:>12}", format!("{} KiB", size >> 10));
    }
    println!();
    for (name, piece) in PIECES {
        for (kind, start, end) in [
            ("", "", ""),
            (
                " in a block",
                "<result><code><path>a.py</path><content><![CDATA[",
                "]]></content></code></result>",
            ),
        ] {
            print!("{:>24}", format!("{name}{kind}"));
            for size in SIZES {
                let text = format!("{start}{}{end}", piece.repeat(size / piece.len()));
                let answer = Answer::Text(text);
                let said = Said { answer: &answer, finish: Finish::Complete, thought: false, thinking: &[] };
                let began = Instant::now();
                let read = said.read_both(Reading::Lenient, &allowed);
                let elapsed = began.elapsed();
                drop(read);
                print!("{:>12.2}", elapsed.as_secs_f64() * 1e3);
            }
            println!();
        }
    }
}
