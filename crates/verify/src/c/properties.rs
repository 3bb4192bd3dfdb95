//! Properties of looking at objects, and of naming tests in what a C suite printed.

use std::collections::BTreeSet;

use assay_core::log::Log;
use assay_core::suite::{ExpectedTest, Runner, Suite};
use assay_core::{FileSet, Phase, SafePath};
use assay_fuzz::target;

use super::names::Names;
use super::object_symbols::Symbols;
use super::objects::findings;
use super::translation_units::TranslationUnits;

#[test]
fn what_is_no_object_is_an_offence_and_what_is_one_has_the_names_in_it() {
    let words: [&[u8]; 9] = [
        b"\x7fELF\x02\x01\x01\x00",
        b"\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b".init_array\x00",
        b".preinit_array\x00",
        b"assay_x\x00",
        b"__asan_y\x00",
        b"memcpy@V1\x00",
        b"\x0a\x00",
    ];
    let listing = "+ memcpy libc.so.6\n- memcpy libm.so.6\n";
    let names = Names::collect(listing, &Symbols::default(), Symbols::default());
    target!("elf-object").words(&words).check(|bytes| {
        let found = Symbols::of(bytes);
        let of_all = found.defined.iter().chain(&found.undefined);
        for name in of_all {
            assert!(bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
        }
        assert!(found.functions.is_subset(&found.defined));
        let remarks = findings("src/a.c", bytes, &BTreeSet::new(), &names);
        assert!(bytes.starts_with(b"\x7fELF") || remarks.offences.len() == 1);
        let all = remarks.offences.iter().chain(&remarks.notes);
        assert!(all.clone().all(|it| it.place.as_deref() == Some("src/a.c")));
        assert!(all.count() <= 400);
    });
}

#[test]
fn names_of_tests_are_put_into_lines_that_speak_of_them_alone() {
    let path = SafePath::new("tests/security/deep.c").expect("safe");
    let text = b"\nTEST(first)\n{\n    CHECK_EQ(f(), 1);\n}\n".to_vec();
    let suite = Suite {
        files: FileSet::from([(path, text)]),
        runner: Runner::AssayC,
        expected: vec![ExpectedTest::new("first")],
    };
    let units = TranslationUnits::parse("2 security tests/security/deep.c\n").expect("units");
    let tests = units.tests(&suite, Phase::Security).expect("tests");
    let words = [
        "--- 2:2",
        "\n",
        "tests/2.c:",
        "tests/2.c:4: check failed: ",
        "4",
        "0: check failed: ",
        "18446744073709551616",
        "tests/3.c:",
        " ",
        "é",
    ];
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let is_of_tests = text.contains("tests/2.c:") || text.contains("--- ");
        let mut logs = [Log { name: "security.stderr".to_owned(), text: text.clone() }];
        units.name(&suite, &tests, &mut logs);
        assert!(is_of_tests || logs[0].text == text);
        assert!(!logs[0].text.contains("tests/2.c:"), "{}", logs[0].text);
        assert!(logs[0].text.len() <= 5 * text.len() + 10);
    };
    let target = target!("c-log").words(&words);
    target.check(holds);
    target.check_long(holds);
}
