//! Properties of reading compiled classes and what a suite's run printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_fuzz::proptest::prelude::any;
use assay_fuzz::proptest::sample::Index;
use assay_fuzz::{Target, target};

use super::super::suite_run::Restore as _;
use super::class_file::{ClassFile, stand_in};
use super::names::Names;
use super::rewrite::{Renames, lines, rewrite};
use super::signs::{of_class, of_resource, of_text};

const WORDS: [&[u8]; 16] = [
    b"\xca\xfe\xba\xbe",
    b"\x00\x00",
    b"\x00\x01",
    b"\xff\xff",
    b"\x00\x00\xff\xff",
    b"\x01\x00\x04Code",
    b"\x01\x00\x0aSourceFile",
    b"\x07\x00\x02",
    b"\x08\x00\x02",
    b"\x0a\x00\x02\x00\x03",
    b"\x0c\x00\x02\x00\x03",
    b"\x05\x00\x00\x00\x00\x00\x00\x00\x01",
    b"Ljava/util/List;",
    b"([[Lcom/example/Sample;I)V",
    b"org/junit/Assert",
    b"java/net/URL",
];

fn classes() -> Target {
    target!("class-file").words(&WORDS)
}

#[test]
fn what_is_read_of_a_class_is_in_it() {
    let holds = |bytes: &[u8]| {
        let Some(class) = ClassFile::read(bytes) else { return };
        let size: usize = class.classes.iter().chain(&class.strings).map(String::len).sum();
        let code: usize = class.methods.iter().map(|method| method.code.len()).sum();
        // A byte that is no text is shown as three, and a name may also be described.
        assert!(size <= 6 * bytes.len() && code <= bytes.len(), "{size} and {code}");
        assert!(class.methods.len() + class.members.len() <= bytes.len());
        assert!(class.name.ends_with(class.simple_name()));
        assert!(class.name.starts_with(class.package()));
        let signs = of_class(&class);
        assert!(signs.len() <= bytes.len(), "{}", signs.len());
    };
    classes().check(holds);
    classes().check_long(holds);
}

#[test]
fn a_class_is_read_whole_or_not_at_all() {
    classes().check_with(&any::<Index>(), |bytes, end| {
        if let Some(whole) = ClassFile::read(bytes) {
            let part = &bytes[..end.index(bytes.len())];
            // What stands behind the end of a class is passed over.
            assert!(ClassFile::read(part).is_none_or(|read| read == whole));
        }
    });
}

#[test]
fn a_class_that_is_written_again_is_the_same_under_its_new_name() {
    classes().check(|bytes| {
        let Some(class) = ClassFile::read(bytes) else { return };
        let renames = Renames {
            classes: BTreeMap::from([(class.name.clone(), "drawn/Name".to_owned())]),
            own_methods: vec![class.name.clone()],
            methods: BTreeMap::from([("run".to_owned(), "drawn".to_owned())]),
            ..Renames::default()
        };
        let Some(written) = rewrite(bytes, &renames, 3_000) else { return };
        assert!(written.len() >= 3_000);
        let again = ClassFile::read(&written).expect("what was written is a class");
        assert_eq!(again.name, "drawn/Name");
        assert_eq!(again.methods.len(), class.methods.len());
        for (new, old) in again.methods.iter().zip(&class.methods) {
            let expected = if *old.name == *"run" { "drawn" } else { &old.name };
            assert_eq!((&*new.name, &new.code), (expected, &old.code));
        }
        assert_eq!(lines(&written).map(|(_, lines)| lines), lines(bytes).map(|(_, lines)| lines));
    });
}

/// Bytes of a class whose pool has these entries, from the first on.
fn class_of(pool: &[u8], entries: u16, rest: &[u8]) -> Vec<u8> {
    let start = [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 52];
    [&start[..], &(entries + 1).to_be_bytes(), pool, rest].concat()
}

/// A text of the pool.
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short").to_be_bytes();
    [&[1][..], &length, text.as_bytes()].concat()
}

/// Kept by itself for each of its 20 000 members, the name would take 1.2 GB.
#[test]
fn a_long_name_is_kept_once_however_many_members_it_has() {
    let long = "x".repeat(60_000);
    let mut pool = [text(&long), vec![7, 0, 1], text("m"), vec![12, 0, 3, 0, 3]].concat();
    let members = 20_000;
    pool.extend([10_u8, 0, 2, 0, 4].repeat(usize::from(members)));
    let rest = [0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];
    let class = ClassFile::read(&class_of(&pool, 4 + members, &rest)).expect("a class");
    assert_eq!(class.members.len(), usize::from(members));
    let (first, last) = (&class.members[0].0, &class.members[usize::from(members) - 1].0);
    assert!(Arc::ptr_eq(first, last) && first.len() == long.len());
}

/// Code in code a thousand times over is no class, and its depth ends nothing else.
#[test]
fn code_within_code_is_no_class() {
    let pool = [text("A"), vec![7, 0, 1], text("Code"), text("()V")].concat();
    let mut code: Vec<u8> = [0; 12].to_vec();
    for _ in 0..20_000 {
        let length = u32::try_from(code.len()).expect("small").to_be_bytes();
        let inner = [&[0_u8, 3][..], &length, &code].concat();
        if inner.len() > 500_000 {
            break;
        }
        code = [&[0; 4][..], &[0, 0, 0, 0, 0, 0, 0, 1], &inner].concat();
    }
    let length = u32::try_from(code.len()).expect("small").to_be_bytes();
    let method = [&[0, 0, 0, 1, 0, 4, 0, 1, 0, 3][..], &length, &code].concat();
    let rest = [&[0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 1][..], &method, &[0, 0]].concat();
    let bytes = class_of(&pool, 4, &rest);
    assert!(ClassFile::read(&bytes).is_some());
    assert_eq!(rewrite(&bytes, &Renames::default(), 0), None);
    let plain = stand_in("A", 0);
    assert!(rewrite(&plain, &Renames::default(), 0).is_some());
}

#[test]
fn only_drawn_names_of_a_trace_are_replaced() {
    let words =
        ["Qwer", "yxcv", "Qwer.java:30001", ".java:", "\"test\":\"Qwer.yxcv", "$", "é", "["];
    let pair = |drawn: &str, real: &str| (drawn.to_owned(), real.to_owned());
    let names = Names {
        words: BTreeMap::from([pair("Qwer", "One$In"), pair("yxcv", "refuses")]),
        lines: BTreeMap::from([("Qwer".to_owned(), BTreeMap::from([(30_001, 7)]))]),
    };
    let holds = |bytes: &[u8]| {
        assert_eq!(Names::default().restore(bytes), bytes, "nothing was drawn");
        let restored = names.restore(bytes);
        assert!(restored.len() <= 2 * bytes.len());
        let report = names.restore_report(bytes);
        assert_eq!(report.len(), restored.len());
        let differs = |(new, old): (&u8, &u8)| new != old;
        let mut changed = report.iter().zip(&restored).filter(|pair| differs(*pair));
        assert!(changed.all(|(new, old)| (*new, *old) == (b'.', b'$')));
        let has_drawn = bytes.windows(4).any(|word| word == b"Qwer" || word == b"yxcv");
        assert!(has_drawn || restored == bytes);
    };
    let target = target!("java-trace").words(&words);
    target.check(holds);
    target.check_long(holds);
}

#[test]
fn signs_of_a_text_are_in_it() {
    let words = ["junit.jupiter.", "org.junit", "org/junit", "surefire", "test-classes", "."];
    target!("java-resource").words(&words).check_text(|text| {
        for sign in of_text(text).into_iter().chain(of_resource(text)) {
            assert!(text.contains(&sign.needle), "{}", sign.what);
        }
    });
}
