//! Answers in the forms that models send them in, each under both readings: recorded ones
//! for `assay run`, and files for `assay verify`.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
mod shown;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use door::{Door, Ended, solution};
use rusqlite::Connection;
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// An answer, and what is right about it.
struct Sent {
    name: &'static str,
    text: String,
    lenient: &'static str,
    /// The form and the path that the lenient reading finds, or why it finds nothing.
    found: &'static str,
    strict: &'static str,
}

fn block(path: &str, code: &str) -> String {
    format!(
        "<result>\n<code>\n<path>{path}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>\n"
    )
}

/// The secure solution in every form, and answers without code.
fn answers() -> Vec<Sent> {
    let code = solution(CASE, "secure");
    let insecure = solution(CASE, "vulnerable");
    let asked = block(PATH, &code);
    let escaped = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let in_content = |content: &str| block(PATH, content);
    let plain = asked.replace("<![CDATA[", "").replace("]]>", "");
    let indented: String = code.lines().map(|line| format!("    {line}\n")).collect();
    let lenient =
        |name, text: String, found, strict| Sent { name, text, lenient: "secure", found, strict };
    let without = |name, text: &str, reason, strict| Sent {
        name,
        text: text.to_owned(),
        lenient: "no-code",
        found: reason,
        strict,
    };
    let asks = |name, text: String, path| lenient(name, text, path, "secure");
    vec![
        // As the official program reads it too.
        asks("as-asked", asked.clone(), "result-block exact"),
        asks("crlf", asked.replace('\n', "\r\n"), "result-block exact"),
        asks("byte-order-mark", format!("\u{feff}{asked}"), "result-block exact"),
        asks("prose-around", format!("Here.\n{asked}\nIt binds values."), "result-block exact"),
        asks("in-a-fence", format!("```xml\n{asked}```\n"), "result-block exact"),
        asks("four-backticks", format!("````\n{asked}````\n"), "result-block exact"),
        asks("attribute", asked.replace("<code>", "<code lang='python'>"), "result-block exact"),
        asks("entities", plain.replace(&code, &escaped(&code)), "result-block exact"),
        asks("file-name-only", block("invoice_search.py", &code), "result-block tail"),
        asks("path-from-a-root", block(&format!("/{PATH}"), &code), "result-block mended"),
        asks("path-in-a-project", block(&format!("/app/{PATH}"), &code), "result-block mended"),
        asks(
            "path-of-windows",
            block(&format!(r"C:\w\{}", PATH.replace('/', r"\")), &code),
            "result-block mended",
        ),
        asks("path-in-backticks", block(&format!("`{PATH}`"), &code), "result-block mended"),
        asks("path-in-capitals", block(&PATH.to_uppercase(), &code), "result-block mended"),
        asks("path-placeholder", block("path1", &code), "result-block only"),
        asks(
            "two-versions",
            format!("{}No, better:\n{asked}", in_content(&insecure)),
            "result-block exact",
        ),
        asks(
            "thinking-first",
            format!("<think>{}</think>\n{asked}", in_content("draft = 1")),
            "result-block exact",
        ),
        asks("thinking-without-end", format!("<think>\nSo then:\n{asked}"), "result-block exact"),
        asks(
            "form-in-a-string",
            in_content(&format!("{code}\nFORM = \"<result>\"\nFENCE = \"```\"")),
            "result-block exact",
        ),
        // As only a person does.
        lenient(
            "thinking-behind",
            format!("{asked}<think>A draft was {}</think>", in_content("import this")),
            "result-block exact",
            "nonfunctional",
        ),
        lenient("capitals", asked.replace("result>", "RESULT>"), "mended-block exact", "no-code"),
        lenient(
            "result-attribute",
            asked.replace("<result>", "<result id='1'>"),
            "mended-block exact",
            "no-code",
        ),
        lenient(
            "no-end-of-result",
            asked.replace("</result>", ""),
            "mended-block exact",
            "no-code",
        ),
        lenient("no-end-of-code", asked.replace("</code>", ""), "mended-block exact", "no-code"),
        lenient(
            "no-end-of-content",
            asked.replace("</content>", ""),
            "mended-block exact",
            "no-code",
        ),
        lenient(
            "no-ends",
            asked.replace("]]></content>\n</code>\n</result>", ""),
            "mended-block exact",
            "no-code",
        ),
        lenient("no-cdata", plain, "mended-block exact", "no-code"),
        lenient("escaped", escaped(&asked), "mended-block exact", "no-code"),
        lenient(
            "end-in-a-string",
            in_content(&format!("{code}\nEND = \"]]></content></code></result>\"\nLAST = 1")),
            "mended-block exact",
            "nonfunctional",
        ),
        lenient(
            "fence-in-content",
            in_content(&format!("```python\n{code}```")),
            "mended-block exact",
            "nonfunctional",
        ),
        lenient(
            "fence-behind-content",
            in_content(&format!("{code}```")),
            "mended-block exact",
            "nonfunctional",
        ),
        lenient(
            "mention-of-the-tag",
            format!("In `<result>` tags:\n{asked}"),
            "mended-block exact",
            "no-code",
        ),
        lenient(
            "code-alone",
            asked.replace("<result>\n", "").replace("</result>\n", ""),
            "code-item exact",
            "no-code",
        ),
        lenient(
            "sole-fence",
            format!("The module:\n\n```python\n{code}```\n\nDone."),
            "sole-fence only",
            "no-code",
        ),
        lenient(
            "crlf-fence",
            format!("```python\n{code}```\n").replace('\n', "\r\n"),
            "sole-fence only",
            "no-code",
        ),
        lenient("tildes", format!("~~~python\n{code}~~~\n"), "sole-fence only", "no-code"),
        lenient("no-end-of-fence", format!("```python\n{code}"), "sole-fence only", "no-code"),
        lenient(
            "nested-fences",
            format!("````markdown\nSo:\n```python\n{code}```\n````\n"),
            "sole-fence only",
            "no-code",
        ),
        lenient(
            "indented-fence",
            format!("- The module:\n\n    ```python\n{indented}    ```\n"),
            "sole-fence only",
            "no-code",
        ),
        lenient(
            "fence-beside-a-shell",
            format!("```bash\npip list\n```\n```python\n{code}```\n"),
            "sole-fence only",
            "no-code",
        ),
        lenient(
            "fence-with-name",
            format!("```python\nold = 1\n```\n```python {PATH}\n{code}```\n"),
            "fence-info exact",
            "no-code",
        ),
        lenient(
            "fence-with-title",
            format!("```python\nold = 1\n```\n**{PATH}**\n\n```python\n{code}```\n"),
            "fence-heading exact",
            "no-code",
        ),
        lenient(
            "fence-with-comment",
            format!("```python\nold = 1\n```\n```python\n# {PATH}\n{code}```\n"),
            "fence-comment exact",
            "no-code",
        ),
        // Without code, for anybody or for a person.
        without("empty", " \n", "empty", "no-code"),
        without("declines", "I'm sorry, but I can't help with that.", "declined", "no-code"),
        without("prose", "It would search the invoices.", "prose", "no-code"),
        without(
            "calls-a-tool",
            "<tool_call>\n{\"name\": \"write\"}\n</tool_call>",
            "tool-call",
            "no-code",
        ),
        without("only-thinks", "<think>\nLet me think about", "thinking-only", "no-code"),
        without("empty-file", &in_content(""), "empty-files", "no-code"),
        without("another-file", &block("README.md", "words"), "no-expected-path", "nonfunctional"),
        without(
            "two-fences",
            "```python\na = 1\n```\n```python\nb = 1\n```",
            "several-candidates",
            "no-code",
        ),
        without("other-language", "```bash\nls\n```", "no-block", "no-code"),
        without(
            "draft-then-declines",
            &format!("<think>{asked}</think>\nI would rather not."),
            "declined",
            "secure",
        ),
        without("too-large", &in_content(&"x = 1\n".repeat(700_000)), "too-large", "no-code"),
    ]
}

fn recorded(door: &Door, answers: &[Sent]) {
    let mut lines = String::new();
    for Sent { name, text, .. } in answers {
        let record = json!({
            "model": name, "case": CASE, "scenario": "gen", "round": 1, "response": text,
        });
        let _ = writeln!(lines, "{record}");
    }
    door.write("answers.jsonl", lines);
}

fn run(door: &Door, output: &str, more: &[&str]) -> Ended {
    let arguments = ["run", "--subject", "replay:answers.jsonl", "--output", output];
    door.run(&[&arguments[..], more].concat()).with_code(0)
}

/// The rows of a table of attempts, by subject.
fn rows(door: &Door, run: &str) -> BTreeMap<String, Value> {
    let export = ["export", run, "--format", "jsonl", "--output", "rows.jsonl"];
    let _ = std::fs::remove_file(door.path("rows.jsonl"));
    door.run(&export).with_code(0);
    let text = std::fs::read_to_string(door.path("rows.jsonl")).expect("it is written");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.map(|row| (row["subject"].as_str().expect("a name").to_owned(), row)).collect()
}

fn subjects(door: &Door, run: &str) -> BTreeMap<String, Value> {
    let scores = door.run(&["score", run, "--format", "json"]).with_code(0);
    let scores = scores.json("assay.scores/1");
    let subjects = scores["runs"][0]["subjects"].as_array().expect("a list").clone();
    let name = |it: &Value| it["name"].as_str().expect("a name").to_owned();
    subjects.into_iter().map(|subject| (name(&subject), subject)).collect()
}

/// What the exports say of how a file was found, or why none was.
fn found(row: &Value) -> String {
    match row["found"].as_str() {
        Some(found) => {
            let found: Value = serde_json::from_str(found).expect("JSON");
            let found = &found[PATH];
            format!(
                "{} {}",
                found["form"].as_str().expect("a form"),
                found["path"].as_str().expect("a match")
            )
        }
        None => row["no_code"].as_str().unwrap_or_default().to_owned(),
    }
}

#[test]
fn every_form_is_read_as_a_person_reads_it_and_to_the_letter() {
    let door = Door::open();
    let answers = answers();
    recorded(&door, &answers);
    let said = run(&door, "lenient.assay", &[]);
    run(&door, "strict.assay", &["--reading", "strict"]);
    let (lenient, strict) = (rows(&door, "lenient.assay"), rows(&door, "strict.assay"));
    let scores = subjects(&door, "lenient.assay");
    let mut wrong = Vec::new();
    for Sent { name, lenient: by_person, found: how, strict: by_letter, .. } in &answers {
        let (row, other) = (&lenient[*name], &strict[*name]);
        let differs = by_person != by_letter || row["read_differently"] == true;
        let other_verdict = if differs { json!(by_letter) } else { Value::Null };
        let of_other = if differs { json!(by_person) } else { Value::Null };
        let expect = json!([by_person, how, other_verdict, by_letter, of_other]);
        let seen = json!([
            row["verdict"],
            found(row),
            row["other_reading_verdict"],
            other["verdict"],
            other["other_reading_verdict"],
        ]);
        if seen != expect {
            wrong.push(format!("{name}: {seen}, not {expect}"));
        }
        // The scores say the same.
        let readings = &scores[*name]["readings"];
        let score = |verdict: &str| if verdict == "secure" { 1.0 } else { 0.0 };
        assert_eq!(readings["lenient"]["overall"], score(by_person), "{name}: {readings:#}");
        assert_eq!(readings["strict"]["overall"], score(by_letter), "{name}: {readings:#}");
        assert_eq!(readings["attempts-read-differently"], usize::from(differs), "{name}");
        assert_eq!(readings["verdicts-that-differ"], usize::from(by_person != by_letter), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let line = "sole-fence: overall 100.00% lenient, 0.00% strict; 1 attempt is read differently, 1 of them with another verdict";
    assert!(said.stdout.contains(line), "{said}");
    assert!(!said.stdout.contains("as-asked: overall"), "nothing differs: {said}");
}

#[test]
fn stored_answers_are_read_anew_and_reports_say_how() {
    let door = Door::open();
    let answers: Vec<Sent> = answers()
        .into_iter()
        .filter(|it| ["as-asked", "sole-fence", "declines"].contains(&it.name))
        .collect();
    recorded(&door, &answers);
    run(&door, "run.assay", &["--reading", "strict"]);
    let verdicts = |run: &str| {
        let rows = rows(&door, run);
        ["as-asked", "sole-fence", "declines"].map(|name| rows[name]["verdict"].clone())
    };
    assert_eq!(verdicts("run.assay"), ["secure", "no-code", "no-code"]);
    let anew = ["revalidate", "run.assay", "--reading", "lenient", "--output", "anew.assay"];
    door.run(&anew).with_code(0);
    assert_eq!(verdicts("anew.assay"), ["secure", "secure", "no-code"]);
    assert_eq!(rows(&door, "anew.assay")["sole-fence"]["other_reading_verdict"], "no-code");
    // As the run was read, unless somebody says otherwise.
    door.run(&["revalidate", "run.assay", "--output", "same.assay"]).with_code(0);
    assert_eq!(verdicts("same.assay"), ["secure", "no-code", "no-code"]);
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let index = std::fs::read_to_string(door.path("report/index.html")).expect("a page");
    let told = "overall 0.00% strict, 100.00% lenient; 1 attempt is read differently";
    assert!(index.contains(told), "{index}");
    let attempts = shown::shown_in(&door.path("report/attempts"));
    let text: String = attempts.into_iter().map(|(_, content)| content).collect();
    assert!(text.contains("was found as a &lt;result&gt; block, with its path"));
    assert!(text.contains("The lenient reading finds another artifact, which is"));
}

#[test]
fn a_run_that_does_not_keep_how_it_was_read_has_the_same_scores() {
    let door = Door::open();
    let answers: Vec<Sent> =
        answers().into_iter().filter(|it| ["as-asked", "sole-fence"].contains(&it.name)).collect();
    recorded(&door, &answers);
    run(&door, "run.assay", &[]);
    let mut before = subjects(&door, "run.assay");
    let store = Connection::open(door.path("run.assay")).expect("a run");
    store
        .execute_batch(
            "DROP TABLE reading; DROP TABLE other_reading;
             UPDATE meta SET value = '3' WHERE key = 'format';
             UPDATE meta SET value = json_remove(value, '$.settings.reading') WHERE key = 'run'",
        )
        .expect("as an older version wrote it");
    drop(store);
    let after = subjects(&door, "run.assay");
    for subject in before.values_mut() {
        subject["readings"] = Value::Null;
    }
    assert_eq!(before, after);
    let row = &rows(&door, "run.assay")["as-asked"];
    assert_eq!([&row["verdict"], &row["reading"]], [&json!("secure"), &Value::Null]);
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    door.run(&["revalidate", "run.assay", "--output", "anew.assay"]).with_code(0);
    assert_eq!(rows(&door, "anew.assay")["as-asked"]["reading"], "lenient");
}

#[test]
fn half_of_a_surrogate_pair_and_bytes_that_are_no_text_are_read() {
    let door = Door::open();
    let answer = block(PATH, &solution(CASE, "secure"));
    let line = |model: &str, said: &str| {
        let response = serde_json::to_string(&answer).expect("JSON");
        let response = format!("\"{said}{}", &response[1..]);
        format!(
            "{{\"model\":\"{model}\",\"case\":\"{CASE}\",\"scenario\":\"gen\",\"round\":1,\"response\":{response}}}\r\n"
        )
    };
    let mut lines = b"\xef\xbb\xbf".to_vec();
    lines.extend(line("half", r"Done \ud83d ").as_bytes());
    lines.extend(line("other-half", r"Done \ude00 ").as_bytes());
    lines.extend(line("whole", r"Done \ud83d\ude00 ").as_bytes());
    let raw = line("bytes", "Done ## ");
    let at = raw.find("##").expect("it is there");
    lines.extend(&raw.as_bytes()[..at]);
    lines.extend(b"\xff\xfe");
    lines.extend(&raw.as_bytes()[at + 2..]);
    door.write("answers.jsonl", lines);
    run(&door, "run.assay", &[]);
    let export =
        ["export", "run.assay", "--format", "jsonl", "--with-texts", "--output", "rows.jsonl"];
    door.run(&export).with_code(0);
    let text = std::fs::read_to_string(door.path("rows.jsonl")).expect("it is written");
    let said: BTreeMap<String, String> = text
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(row["verdict"], "secure", "{row:#}");
            let answer = row["answer"].as_str().expect("a text");
            let start = answer.split('<').next().expect("its start");
            (row["subject"].as_str().expect("a name").to_owned(), start.to_owned())
        })
        .collect();
    let expect = [
        ("bytes", "Done \u{fffd}\u{fffd} "),
        ("half", "Done \u{fffd} "),
        ("other-half", "Done \u{fffd} "),
        ("whole", "Done \u{1f600} "),
    ];
    assert_eq!(said, BTreeMap::from(expect.map(|(name, text)| (name.to_owned(), text.to_owned()))));
}

#[test]
fn verify_says_how_it_read_a_file() {
    let door = Door::open();
    let code = solution(CASE, "secure");
    let verify = |name: &str, text: &str, more: &[&str]| {
        let path = door.write(name, text);
        let path = path.to_str().expect("UTF-8").to_owned();
        door.run(&[&["verify", CASE, "--artifact", &path], more].concat())
    };
    let fenced = format!("Here:\n```python\n{code}```\n");
    let read = verify("answer.md", &fenced, &[]).with_code(0);
    let line = format!(
        "found        {PATH}: the only fenced block, whatever its path, as there is one file"
    );
    assert!(read.stdout.contains(&line), "{read}");
    let read = verify("answer.md", &fenced, &["--reading", "strict"]).with_code(1);
    assert!(
        read.stdout.contains("no-code  (the answer has no well-formed <result> block)"),
        "{read}"
    );
    let json = ["--format", "json"];
    let read = verify(
        "answer.txt",
        "I can't help with that.",
        &[&json[..], &["--reading", "lenient"]].concat(),
    );
    let read = read.with_code(1).json("assay.verify/2");
    assert_eq!(read["evidence"]["build"]["reason"]["reason"], "declined", "{read:#}");
    let read = verify("answer.txt", &block(&format!("/{PATH}"), &code), &json).with_code(0);
    let found = json!({ PATH: { "form": "result-block", "path": "mended" } });
    assert_eq!(read.json("assay.verify/2")["found"], found);
    // A source file is that, whatever stands in it.
    let with_fence = format!("{code}\nFENCE = \"\"\"\n```python\nx\n```\n\"\"\"\n");
    let read = verify("source.py", &with_fence, &json).with_code(0);
    assert_eq!(read.json("assay.verify/2")["found"][PATH]["form"], "file");
}
