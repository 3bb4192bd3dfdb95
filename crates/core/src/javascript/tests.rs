//! What the tokens of a source are, and above all which slash is what.

use std::fs;
use std::path::Path;

use super::*;

/// The tokens of a source in short: names and marks as they are, a text in quotes, `0` for a
/// number, `/` for a division and `R` for a regular expression.
fn shown(source: &str) -> String {
    let shown = tokens(source).into_iter().map(|token| match token.kind {
        Kind::Name(name) => name,
        Kind::Text(text) => format!("'{text}'"),
        Kind::Number => "0".to_owned(),
        Kind::Pattern => "R".to_owned(),
        Kind::SubstitutionStart => "${".to_owned(),
        Kind::SubstitutionEnd => "}$".to_owned(),
        Kind::Mark(mark) => mark.to_string(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn code_is_told_from_texts_and_comments() {
    for (source, expected) in [
        ("a /* b */ = 'c' // d\n+ e", "a = 'c' + e"),
        ("#!/usr/bin/env node 'a'\nb", "b"),
        ("a #!b", "a # ! b"),
        ("a // b\u{2028}c // d\re", "a c e"),
        ("a /* b\n* c **/ d /* e", "a d"),
        ("\u{feff}a\u{a0}b\u{3000}c", "a b c"),
        ("a <!-- b\n--> c", "a < ! - - b - - > c"),
        ("'a\nb'", "'a' b ''"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn texts_have_their_escapes_resolved() {
    for (source, expected) in [
        (r#""a\"b\'c\\""#, "'a\"b'c\\'"),
        (r"'\x64\u0065\u{66}\u{000067}'", "'defg'"),
        (r"'\n\t\r\b\f\v\0\a'", "'\n\t\r\u{8}\u{c}\u{b}\0a'"),
        (r"'\145\400\79\8'", "'e 0\u{7}98'"),
        (r"'\ud83d\ude00|\ud83d|\ude00|\ud83d\u0041'", "'😀|\u{fffd}|\u{fffd}|\u{fffd}A'"),
        ("'a\\\nb\\\r\nc\\\u{2028}d\u{2028}e'", "'abcd\u{2028}e'"),
        ("`a\r\nb\rc\\\r\nd`", "'a\nb\ncd'"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn what_a_template_computes_is_code() {
    for (source, expected) in [
        ("`a`", "'a'"),
        ("`a${b}c`", "'a' ${ b }$ 'c'"),
        ("`${a}${b}`", "'' ${ a }$ '' ${ b }$ ''"),
        ("`a${ {b: `c${d}e`} }f` / 2", "'a' ${ { b : 'c' ${ d }$ 'e' } }$ 'f' / 0"),
        ("`a${() => { return /}`/ }}b`", "'a' ${ ( ) = > { return R } }$ 'b'"),
        (r"`\${a}$b$`", "'${a}$b$'"),
        ("a`b` / c", "a 'b' / c"),
        ("`${/a/}`", "'' ${ R }$ ''"),
        // What is not closed is malformed, and ends somewhere.
        ("`a${(}b`", "'a' ${ ( }$ 'b'"),
        ("`a${b", "'a' ${ b"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn names_and_numbers_are_whole() {
    for (source, expected) in [
        ("$a_1 \u{e4}\u{200d}b #c", "$a_1 \u{e4}\u{200d}b #c"),
        (r"\u0062ind\u{69}ng", "binding"),
        ("this.#a in #b", "this . #a in #b"),
        ("0x1fn 0b1_0 0o17 1_000n 1.5e+3 .5 1. 017 5e-3", "0 0 0 0 0 0 0 0 0"),
        ("1..a 1.5.b a.b 1.e5.c", "0 . a 0 . b a . b 0 . c"),
        ("017.a 018.5.b 0.5.c", "0 . a 0 . b 0 . c"),
        ("a?.5:b a?.b", "a ? 0 : b a ? . b"),
        ("...a", ". . . a"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn a_regular_expression_ends_where_it_does() {
    for (source, expected) in [
        (r"/a\/b/g.c", "R . c"),
        ("/[/]/ / 2", "R / 0"),
        (r"/[\]/]/y", "R"),
        ("/a/gimsuyd\u{e4}", "R"),
        ("/a'/ + /`/", "R + R"),
        ("/a\nb/c", "R b / c"),
        ("/[a\n]", "R ]"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

/// Each source has one `@` in the place of a slash that divides, or `~` in the place of a
/// regular expression.
#[test]
fn a_slash_is_what_it_is_where_it_stands() {
    for source in [
        // After operands, and after what asks for one.
        "a @ b",
        "1 @ b",
        "'a' @ b",
        "a[0] @ b",
        "this @ b",
        "a.b @ c",
        "(a) @ b",
        "a() @ b",
        "~",
        "a = ~",
        "a == ~",
        "!~.b",
        "a(~)",
        "a(b, ~)",
        "[~]",
        "[a, ~]",
        "a + ~",
        "a\n@ b",
        "return ~",
        "typeof ~",
        "case ~: a",
        "a in ~",
        "a instanceof ~",
        "void ~",
        "throw ~",
        "delete ~.a",
        "new ~.a",
        "await ~",
        "yield ~",
        "a ? ~ : b",
        "a ? b : ~",
        "a => ~",
        "...~",
        "a ?? ~",
        "a || ~",
        "a = b\n@ c",
        "else ~",
        "do ~.a(); while (b)",
        "/a/ @ b",
        "/a/g @ b",
        // Words that are properties.
        "a.return @ b",
        "a?.typeof @ b",
        "a.if(b) @ c",
        "a.#in @ b",
        "a.of @ b",
        "a\n.case @ b",
        r"\u0069n @ b",
        "super.delete @ b",
        // Heads of statements, and calls.
        "if (a) ~.b()",
        "while (a) ~.b()",
        "for (a of b) ~.c()",
        "with (a) ~.b()",
        "a(b) @ c",
        "if (a(b)) ~.c()",
        "for await (a of b) ~.c()",
        "if (a) b(c) @ d",
        "if ((a) @ b) c",
        "for (a of ~) b",
        "for (const a of ~) b",
        "for (const {a} of ~) b",
        "of @ b",
        "for (const [a] of ~) b",
        "for (of of ~) a",
        "for (a = of @ b;;) c",
        "for (;; ~.a()) b",
        "for (; ~.a();) b",
        "do a(); while (b) ~.c()",
        // Blocks, and what is computed with braces.
        "{ a } ~",
        "a = {} @ b",
        "a = {b: {}} @ c",
        "({} @ b)",
        "a({} @ b)",
        "[{} @ b]",
        "if (a) {} ~",
        "if (a) {} else {} ~",
        "for (;;) {} ~",
        "while (a) {} ~",
        "try {} catch {} ~",
        "try {} catch (a) {} ~",
        "try {} finally {} ~",
        "switch (a) {} ~",
        "switch (a) { case {}: ~ }",
        "switch (a) { case b: {} ~ }",
        "switch (a) { default: {} ~ }",
        "switch (a) { case b ? c : d: {} ~ }",
        "a: {} ~",
        "a: ~",
        "a ? {} @ b : c",
        "a ? b : {} @ c",
        "a = b ? {} : {} @ c",
        "return {} @ a",
        "return\n{} ~",
        "{ ~ }",
        "{} ~",
        "; {} ~",
        "a\n{} ~",
        "{ {} ~ }",
        "({a: {} @ b})",
        "({a() {}, b: ~})",
        "({get a() { return ~ }, b: {} @ c})",
        "({async *a() { ~ }})",
        "({[a]: ~})",
        "({...{} @ b})",
        "const {a = ~} = b",
        "const {a: {b} = {} @ c} = d",
        "var a = {}, b = {} @ c",
        "return ~",
        "export {a} from 'b'; ~",
        "import {a} from 'b'; ~",
        "export default {} @ a",
        // Functions and classes, which are statements or operands.
        "function a() {} ~",
        "a = function () {} @ b",
        "(function () {} @ b)",
        "!function () {} @ b",
        "async function a() {} ~",
        "a = async function () {} @ b",
        "function* a() {} ~",
        "a = function* b() {} @ c",
        "a = b\nfunction c() {} ~",
        "export function a() {} ~",
        "export default function () {} ~",
        "export default async function () {} ~",
        "function a(b = {} @ c) {}",
        "function a(b = ~) {}",
        "function a({b}) {} ~",
        "class A {} ~",
        "a = class {} @ b",
        "a = class B extends C {} @ d",
        "class A extends B {} ~",
        "class A extends b({}) {} ~",
        "export default class {} ~",
        "export class A {} ~",
        "class A { a = ~ }",
        "class A { a = {} @ b }",
        "class A { #a = ~; b() {} }",
        "class A { static { ~ } }",
        "class A { if(a) {} b = ~ }",
        "class A { get a() { ~ } }",
        "class A { a() {} static b = {} @ c }",
        "class A { a = b ? {} @ c : d }",
        "({class: {} @ a})",
        "({function() {}, a: {} @ b})",
        "({class() {}, a: {} @ b})",
        "new class {} @ a",
        "a => {}\n~",
        "(a => {}) @ b",
        "a(b => {}, ~)",
        "async a => {}\n~",
        "a ? b => {} : {} @ c",
        // What counts up or down.
        "a++ @ b",
        "a-- @ b",
        "a\n++~.b",
        "++~.a",
        "a + ++~.b",
        "a[0]++ @ b",
        "a()-- @ b",
        "a++\n@ b",
        "(a)++ @ b",
        "if (a) ++~.b",
        // Lines that end a statement.
        "break\n~",
        "continue\n~",
        "return\n~",
        "a\n@ b",
        // What is malformed goes on.
        ") @ a",
        "] @ a",
        "} ~",
        "(} ~",
        "{ ( } ~",
    ] {
        let (written, expected) = match source.contains('@') {
            true => (source.replacen('@', "/", 1), '/'),
            false => (source.replacen('~', "/[{'/]/g", 1), 'R'),
        };
        let is_slash = |kind: &Kind| match expected {
            '/' => *kind == Kind::Mark('/'),
            _ => *kind == Kind::Pattern,
        };
        let slashes = tokens(&written).into_iter().filter(|token| is_slash(&token.kind)).count();
        let texts = tokens(&written).into_iter().filter(|token| token.text().is_some()).count();
        let quoted = source.matches('\'').count() / 2;
        assert_eq!(
            (slashes, texts),
            (usize::from(source.contains(['@', '~'])), quoted),
            "{source}"
        );
    }
}

#[test]
fn a_token_knows_its_line() {
    let source = "a\r\n/* b\n */ `c\n${\nd}`\n'e\\\n' f";
    let lines: Vec<(String, usize)> = tokens(source)
        .iter()
        .filter_map(|token| Some((token.name().or(token.text())?.to_owned(), token.line)))
        .collect();
    let expected = [("a", 1), ("c\n", 3), ("d", 5), ("", 5), ("e", 6), ("f", 7)]
        .map(|(a, b)| (a.to_owned(), b));
    assert_eq!(lines, expected);
}

/// Whether each bracket is closed by its like. One slash that is taken for another loses
/// some, in files of this size.
fn is_balanced(source: &str) -> bool {
    let mut open = Vec::new();
    for token in tokens(source) {
        let closing = match token.kind {
            Kind::Mark('(') => Kind::Mark(')'),
            Kind::Mark('[') => Kind::Mark(']'),
            Kind::Mark('{') => Kind::Mark('}'),
            Kind::SubstitutionStart => Kind::SubstitutionEnd,
            _ if token.closes() && open.pop() != Some(token.kind) => return false,
            _ => continue,
        };
        open.push(closing);
    }
    open.is_empty()
}

#[test]
fn what_is_written_here_is_read_to_its_end() {
    assert!(!is_balanced("(]") && !is_balanced("{") && !is_balanced("`${(}`"));
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there");
    let mut folders = vec![root.join("crates"), root.join("corpus")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "js") {
                let source = fs::read_to_string(&path).expect("UTF-8");
                assert!(is_balanced(&source), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count} files");
}

#[test]
fn depth_is_no_limit() {
    for part in ["`${", "(", "{", "[", "function(){", "a?"] {
        assert!(tokens(&part.repeat(20_000)).len() >= 20_000, "{part}");
    }
}
