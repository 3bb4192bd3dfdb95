//! What the two readings find in answers of every form that models are known to send.

use assay_core::NoCode;
use assay_core::SafePath;
use assay_core::answer::{Answer, Finish};
use assay_core::reading::{Form, PathMatch, Reading, Said, ThinkingTags};

const ONE: &[&str] = &["src/pack/pack.py"];
const TWO: &[&str] = &["src/ring.c", "src/ring.h"];
const CODE: &str = "def pack():\n    return 1 < 2 and 3 > 2\n";

fn allowed(paths: &[&str]) -> Vec<SafePath> {
    paths.iter().map(|path| SafePath::new(path).expect("safe")).collect()
}

fn read_as(
    reading: Reading,
    text: &str,
    paths: &[&str],
    finish: Finish,
) -> Result<Vec<(String, String, Form, PathMatch)>, NoCode> {
    let answer = Answer::Text(text.to_owned());
    let thinking = ThinkingTags::default().places(&answer, finish);
    let said = Said { answer: &answer, finish, thought: false, thinking: &thinking };
    let read = said.read(reading, &allowed(paths))?;
    let files = read.artifact.files.iter();
    Ok(files
        .map(|(path, text)| {
            let found = read.found[path];
            (path.to_string(), text.clone(), found.form, found.path)
        })
        .collect())
}

/// The one file that the lenient reading finds, and the strict one's.
fn check(text: &str, lenient: Result<(&str, Form, PathMatch), &str>, strict: Result<&str, &str>) {
    let read = read_as(Reading::Lenient, text, ONE, Finish::Complete);
    let found = read.as_ref().map(|files| (files[0].1.as_str(), files[0].2, files[0].3));
    assert_eq!(found.map_err(NoCode::as_str), lenient, "lenient: {text}");
    let read = read_as(Reading::Strict, text, ONE, Finish::Complete);
    let found = read.as_ref().map(|files| files[0].1.as_str());
    assert_eq!(found.map_err(NoCode::as_str), strict, "strict: {text}");
}

fn block(path: &str, code: &str) -> String {
    format!(
        "<result>\n<code>\n<path>{path}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>"
    )
}

use Form::{CodeItem, FenceComment, FenceHeading, FenceInfo, MendedBlock, ResultBlock, SoleFence};
use PathMatch::{Exact, Mended, Only, Tail};

const PATH: &str = "src/pack/pack.py";

#[test]
fn the_asked_form_is_read_alike_by_both() {
    let both = |text: &str, path| check(text, Ok((CODE, ResultBlock, path)), Ok(CODE));
    both(&block(PATH, CODE), Exact);
    both(&format!("Thoughts first.\n{}\nand words after", block(PATH, CODE)), Exact);
    both(&format!("\u{feff}{}", block(PATH, CODE)), Exact);
    both(&block(PATH, CODE).replace('\n', "\r\n"), Exact);
    both(&format!("{}{}", block(PATH, "old"), block(PATH, CODE)), Exact);
    both(&block("pack.py", CODE), Tail);
    for path in [
        "/src/pack/pack.py",
        "/testbed/src/pack/pack.py",
        "project/src/pack/pack.py",
        r"src\pack\pack.py",
        r"C:\work\src\pack\pack.py",
        "`src/pack/pack.py`",
        "SRC/Pack/pack.py",
        "pack/src/pack.py",
    ] {
        both(&block(path, CODE), Mended);
    }
    for path in ["path1", "", "main.py"] {
        both(&block(path, CODE), Only);
    }
    let with_attribute = block(PATH, CODE).replace("<code>", "<code language=\"python\">");
    both(&with_attribute, Exact);
    let with_sibling = block(PATH, CODE).replace("<code>\n", "<about>New.</about>\n<code>\n");
    both(&with_sibling, Exact);
    let with_comment = block(PATH, CODE).replace("<code>\n", "<!-- the file -->\n<code>\n");
    both(&with_comment, Exact);
    let entities = CODE.replace('<', "&lt;").replace('>', "&#62;");
    let unescaped = block(PATH, &entities).replace("<![CDATA[", "").replace("]]>", "");
    both(&unescaped, Exact);
    both(&format!("```xml\n{}\n```", block(PATH, CODE)), Exact);
    let content_first = format!(
        "<result><code><content><![CDATA[{CODE}]]></content><path>{PATH}</path></code></result>"
    );
    both(&content_first, Exact);
}

#[test]
fn tags_are_mended() {
    let mention = format!("I answer in `<result>` tags: {}", block(PATH, CODE));
    check(&mention, Ok((CODE, MendedBlock, Exact)), Err("malformed"));
    let mended = |text: &str| check(text, Ok((CODE, MendedBlock, Exact)), Err("no-block"));
    let asked = block(PATH, CODE);
    mended(&asked.replace("result>", "RESULT>"));
    mended(&asked.replace("<result>", "<result id=\"1\">"));
    mended(&asked.replace("</result>", ""));
    mended(&asked.replace("</code>\n</result>", ""));
    mended(&asked.replace("]]></content>\n</code>\n</result>", ""));
    mended(&asked.replace("</content>\n</code>\n</result>", ""));
    let malformed = |text: &str| check(text, Ok((CODE, MendedBlock, Exact)), Err("malformed"));
    malformed(&asked.replace("</code>", ""));
    malformed(&asked.replace("code>", "Code>"));
    malformed(&asked.replace("</content>", ""));
    malformed(&asked.replace("]]>", ""));
    malformed(&asked.replace("<![CDATA[", "").replace("]]>", ""));
    malformed(&asked.replace("</path>", ""));
    let by_attribute = asked.replace("<code>", &format!("<code path=\"{PATH}\">"));
    let by_attribute = by_attribute.replace(&format!("<path>{PATH}</path>"), "");
    check(&by_attribute, Ok((CODE, ResultBlock, Exact)), Ok(CODE));
    let escaped = asked.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    mended(&escaped);
    check(
        &format!("<code><path>{PATH}</path><content><![CDATA[{CODE}]]></content></code>"),
        Ok((CODE, CodeItem, Exact)),
        Err("no-block"),
    );
    check(
        &format!("<result><code><path>{PATH}</path>{}</code></result>", "x = 1\n"),
        Ok(("x = 1\n", MendedBlock, Exact)),
        Err("empty-files"),
    );
}

#[test]
fn fences_around_content_go() {
    let fenced = |code: &str| block(PATH, code);
    let read = |text: &str, strict: &str| {
        check(text, Ok((CODE, MendedBlock, Exact)), Ok(strict));
    };
    read(&fenced(&format!("```python\n{CODE}```")), &format!("```python\n{CODE}```\n"));
    read(&fenced(&format!("{CODE}```")), &format!("{CODE}```\n"));
    read(&fenced(&format!("~~~~\n{CODE}~~~~")), &format!("~~~~\n{CODE}~~~~\n"));
    read(&fenced(&format!("```python\n{CODE}")), &format!("```python\n{CODE}"));
}

#[test]
fn code_may_hold_the_form_in_a_string() {
    for code in [
        "FORM = \"<result>\"\n",
        "FORM = \"</result>\"\n",
        "FENCE = \"```\"\nLAST = '```python'\n",
        "ROW = row[cells[0]]>1\n",
        "A = '<result><code><path>x</path><content><![CDATA[y]]></content></code></result>'\nB = 2\n",
        "\"\"\"Docs.\n\n```python\npack()\n```\n\"\"\"\nA = 1\n",
        "THINK = \"<think>\"\nEND = \"</think>\"\n",
        "    indented = 1\n",
        "T = \"\"\"\n</content>\n</code>\n\"\"\"\n",
    ] {
        let read = read_as(Reading::Lenient, &block(PATH, code), ONE, Finish::Complete);
        assert_eq!(read.expect(code)[0].1, code);
        let fenced = format!("The module:\n\n````python\n{code}````\nDone.\n");
        let read = read_as(Reading::Lenient, &fenced, ONE, Finish::Complete);
        if !code.contains("<code>") {
            assert_eq!(read.expect(code)[0].1, code, "in a fence");
        }
    }
    let code = "x = ''']]]]><![CDATA[>'''\n";
    check(&block(PATH, code), Ok(("x = ''']]>'''\n", ResultBlock, Exact)), Ok("x = ''']]>'''\n"));
}

#[test]
fn a_sole_fence_is_the_only_file() {
    let sole = |text: &str| check(text, Ok((CODE, SoleFence, Only)), Err("no-block"));
    sole(&format!("Here it is.\n\n```python\n{CODE}```\n\nIt packs.\n"));
    sole(&format!("```\n{CODE}```"));
    sole(&format!("~~~python\n{CODE}~~~"));
    sole(&format!("````py\n{CODE}````"));
    sole(&format!("```python\n{CODE}"));
    sole(&format!("```python\r\n{}```", CODE.replace('\n', "\r\n")));
    sole(&format!("\u{feff}```python\n{CODE}```"));
    let indented: String = CODE.lines().map(|line| format!("   {line}\n")).collect();
    sole(&format!("1. The module:\n\n   ```python\n{indented}   ```\n"));
    sole(&format!("```markdown\n```python\n{CODE}```\n```"));
    sole(&format!("````markdown\n# Answer\n```python\n{CODE}```\n````\nBye.\n```bash\nrun\n```"));
    sole(&format!("```bash\npip install x\n```\n```python\n{CODE}```\n```json\n{{}}\n```"));
    sole(&format!("```\noutput\n```\n```python\n{CODE}```"));
    sole(&format!("```python\n{CODE}```\nOnce more:\n```python\n{CODE}```"));
    sole(&format!("```python\n{CODE}```\nA test, `test_pack.py`:\n```python\nimport pack\n```"));
    sole(&format!("<think>\n```python\ndraft\n```\n</think>\n```python\n{CODE}```"));
    sole(&format!("hm ```python\ndraft\n</think>\n```python\n{CODE}```"));
}

#[test]
fn a_named_fence_is_that_file() {
    let named = |text: &str, form, path| check(text, Ok((CODE, form, path)), Err("no-block"));
    let other = "```python\nprint(1)\n```\n";
    named(&format!("{other}```python src/pack/pack.py\n{CODE}```"), FenceInfo, Exact);
    named(&format!("{other}```python:src/pack/pack.py\n{CODE}```"), FenceInfo, Exact);
    named(&format!("{other}```src/pack/pack.py\n{CODE}```"), FenceInfo, Exact);
    named(&format!("{other}```python title=\"pack.py\"\n{CODE}```"), FenceInfo, Tail);
    named(&format!("### `src/pack/pack.py`\n\n```python\n{CODE}```\n{other}"), FenceHeading, Exact);
    named(&format!("**/app/src/pack/pack.py**\n```\n{CODE}```\n{other}"), FenceHeading, Mended);
    named(&format!("File: src\\pack\\pack.py\n```py\n{CODE}```\n{other}"), FenceHeading, Mended);
    let commented = format!("# src/pack/pack.py\n{CODE}");
    let text = format!("{other}```python\n{commented}```");
    check(&text, Ok((&commented, FenceComment, Exact)), Err("no-block"));
    let two = format!("pack.py\n```python\nold = 1\n```\npack.py\n```python\n{CODE}```\n");
    named(&two, FenceHeading, Tail);
}

#[test]
fn what_is_not_found_says_why() {
    let both = |text: &str, reason: &str| check(text, Err(reason), Err(reason));
    both("", "empty");
    both(" \n\t", "empty");
    both("I'm sorry, but I can't help with that.", "declined");
    both("抱歉，我无法完成这个请求。", "declined");
    both("The function packs values.", "prose");
    both("<think>\nI could write it so.\n", "thinking-only");
    both("<think>\nI could write it so.\n</think>\n", "thinking-only");
    both("<tool_call>\n{\"name\": \"write\"}\n</tool_call>", "tool-call");
    check(&block(PATH, ""), Err("empty-files"), Err("empty-files"));
    check(&block(PATH, "..."), Err("empty-files"), Ok("...\n"));
    check(&block("README.md", CODE), Err("no-expected-path"), Ok(CODE));
    check(&block("tests/test_pack.py", CODE), Err("no-expected-path"), Ok(CODE));
    check(
        "```python\na = 1\n```\n```python\nb = 2\n```",
        Err("several-candidates"),
        Err("no-block"),
    );
    check("```bash\nls\n```", Err("no-block"), Err("no-block"));
    check("<result></result>", Err("no-block"), Err("malformed"));
    let huge = block(PATH, &"x = 1\n".repeat(800_000));
    both(&huge, "too-large");
}

#[test]
fn thinking_holds_no_file_for_a_person_unless_it_never_ends() {
    const DRAFT: &str = "draft = 1\n";
    let draft = block(PATH, DRAFT.trim());
    let answer = block(PATH, CODE);
    let found = Ok((CODE, ResultBlock, Exact));
    check(&format!("<think>{draft}</think>{answer}"), found, Ok(CODE));
    check(&format!("<think>\nSo: {answer}"), found, Ok(CODE));
    // To the letter, the last block counts wherever it stands.
    check(&format!("{answer}\n<think>A draft was {draft}</think>"), found, Ok(DRAFT));
    check(&format!("{answer}\n<think>\nOr {draft}"), found, Ok(DRAFT));
    let declined = "I would rather not write this.";
    check(&format!("<think>{draft}</think>\n{declined}"), Err("declined"), Ok(DRAFT));
    check(&format!("{draft}</think>\n{declined}"), Err("declined"), Ok(DRAFT));
    check(&format!("[THINK]{draft}[/THINK]{declined}"), Err("declined"), Ok(DRAFT));
}

#[test]
fn an_answer_that_was_cut_off_holds_only_what_is_whole() {
    let check = |text: &str, expect: Result<&str, &str>| {
        let read = read_as(Reading::Lenient, text, ONE, Finish::Truncated);
        let found = read.as_ref().map(|files| files[0].1.as_str()).map_err(NoCode::as_str);
        assert_eq!(found, expect, "{text}");
    };
    let whole = block(PATH, CODE);
    check(&whole, Ok(CODE));
    check(&format!("{whole} and more"), Ok(CODE));
    check(&whole[..whole.len() - 12], Ok(CODE));
    check(&whole[..whole.len() - 40], Err("truncated"));
    check(&format!("```python\n{CODE}"), Err("truncated"));
    check(&format!("```python\n{CODE}```\nIt"), Ok(CODE));
    check(&format!("<think>\n{whole}"), Err("truncated"));
    check(&format!("{whole}\nBetter:\n{}", &whole[..80]), Ok(CODE));
}

#[test]
fn two_versions_are_the_last_one() {
    let (old, new) = (block(PATH, "old = 1"), block(PATH, CODE));
    check(&format!("{old}\nNo, wait.\n{new}"), Ok((CODE, ResultBlock, Exact)), Ok(CODE));
    let other = block("README.md", "words");
    check(&format!("{new}\n{other}"), Ok((CODE, MendedBlock, Exact)), Ok("words\n"));
    let restarted =
        format!("<result>\n<code>\n<path>{PATH}</path>\n<content><![CDATA[\nold\n{new}");
    // In XML, the first content goes on to the first end.
    let strict =
        format!("old\n{}", &new[..new.len() - "\n]]></content>\n</code>\n</result>".len()]);
    check(&restarted, Ok((CODE, MendedBlock, Exact)), Ok(&strict));
}

#[test]
fn several_files_are_found_by_name() {
    let check = |text: &str, expect: Result<&[(&str, &str)], &str>| {
        let read = read_as(Reading::Lenient, text, TWO, Finish::Complete);
        let found: Result<Vec<(&str, &str)>, &str> = match &read {
            Ok(files) => Ok(files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect()),
            Err(reason) => Err(reason.as_str()),
        };
        assert_eq!(found, expect.map(<[_]>::to_vec), "{text}");
    };
    let both: &[(&str, &str)] = &[("src/ring.c", "int c;\n"), ("src/ring.h", "int h;\n")];
    let item = |path: &str, code: &str| {
        format!("<code><path>{path}</path><content><![CDATA[{code}]]></content></code>")
    };
    let (c, h) = (item("src/ring.c", "int c;"), item("src/ring.h", "int h;"));
    check(&format!("<result>{c}{h}</result>"), Ok(both));
    check(&format!("<result>{c}</result>\n<result>{h}</result>"), Ok(both));
    check(&format!("{c}\n{h}"), Ok(both));
    check(&format!("<result>{c}</result>"), Ok(&both[..1]));
    check(
        &format!("<result>{c}{h}{}</result>", item("src/ring.c", "int d;")),
        Ok(&[("src/ring.c", "int d;\n"), both[1]]),
    );
    check("## src/ring.h\n```c\nint h;\n```\n## src/ring.c\n```c\nint c;\n```", Ok(both));
    check("```c ring.c\nint c;\n```\n```c ring.h\nint h;\n```", Ok(both));
    check("```c\n// ring.c\n```", Ok(&[("src/ring.c", "// ring.c\n")]));
    check("```c\n#include \"ring.h\"\n```", Err("unnamed"));
    check("The header `ring.h` comes first:\n```c\nint h;\n```", Ok(&both[1..]));
    check("```c\nint c;\n```\n```c\nint h;\n```", Err("unnamed"));
    check("Nothing.", Err("prose"));
    check(&format!("<result>{}</result>", item("a.c", "x")), Err("no-expected-path"));
}
