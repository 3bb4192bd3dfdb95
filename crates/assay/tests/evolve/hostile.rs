//! What a writer may answer out of malice harms nobody.

use std::fs;

use crate::door::files_below;
use crate::model::{Model, text};
use crate::script::{C_SEED, For, candidate, checkout, evolve, fenced, says, standing, strategy};

const SCRIPT: &str = "#include <stdio.h>\n\n// =HYPERLINK(\"http://x\") <script>alert(1)</script> </code></pre><img src=x onerror=alert(1)>\n// \u{202e}reversed, and ``` in a line\nint greet(const char *name, char *to)\n{\n    // write the greeting <b>in bold</b>\n}\n";

#[test]
fn markup_formulas_and_control_characters_act_nowhere() {
    let door = checkout();
    let model = Model::start(|asked| match For::of(asked) {
        For::Write => text(&match strategy(asked.first()) {
            "constraints" => fenced("c", SCRIPT),
            "rarer" => fenced("c", "int x; // \u{1b}[2J\u{7}\n"),
            "steps" => fenced("c", &"int x;\n".repeat(20_000)),
            _ => format!("{}\n\0", "{\"answer\":".repeat(10_000)),
        }),
        For::Complete => text(&fenced("c", "int greet(void) { return puts(\"x\"); }\n")),
        For::Guard => text("{\"reason\": \"<script>\\u001b[31m=1+1\", \"answer\": \"no\"}"),
        _ => says(asked),
    });
    let ended = evolve(&door, &model, &[C_SEED]).with_code(0);
    let result = ended.json("assay.evolution/1");
    assert_eq!(standing(candidate(&result, C_SEED, "constraints")), "kept");
    for (strategy, reason) in [
        ("rarer", "it holds control characters"),
        ("steps", "it has 140000 bytes, more than 65536"),
        ("demands", ""),
    ] {
        let found = candidate(&result, C_SEED, strategy);
        assert_eq!(standing(found), "form", "{found}");
        assert!(found["reason"].as_str().expect("a reason").contains(reason), "{found}");
    }
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stdout.contains('\u{1b}'));

    let page = fs::read_to_string(door.path("out/review.html")).expect("a page");
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains("<b>in"),
        "{page}"
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert!(page.contains("default-src 'none'"), "no policy");

    let mut table = csv::Reader::from_path(door.path("out/review.csv")).expect("a table");
    let columns = table.headers().expect("titles").clone();
    for row in table.records() {
        for (name, cell) in columns.iter().zip(&row.expect("a row")) {
            let first = cell.trim_start().chars().next();
            assert!(!first.is_some_and(|c| "=+-@".contains(c)), "{name}: {cell}");
            assert!(!cell.contains('\u{1b}') && !cell.contains('\u{202e}'), "{name}: {cell}");
        }
    }
    // To the letter only where it is data.
    let corpus = files_below(&door.path("out/corpus/datasets"));
    assert_eq!(corpus.len(), 1);
    let kept = fs::read_to_string(&corpus[0]).expect("UTF-8");
    assert_eq!(kept, format!("```c\n{SCRIPT}\n```"));
}
