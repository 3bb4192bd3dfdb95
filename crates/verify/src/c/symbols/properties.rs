//! Properties of putting names into what a sanitizer, or an artifact in its place, printed.

use assay_fuzz::target;

use super::{Names, mentions, name, replace};

#[test]
fn only_mentions_are_replaced_and_all_of_them() {
    let words = [
        "(/work/suite+0x3f)",
        "(/lib/libasan.so.8+0xb8)",
        "(/usr/lib/libstdc++.so.6+0x1)",
        "    #1 0x56  (/work/suite+0x3f)\n",
        "(",
        ")",
        "+0x",
        "/work/suite",
        "/lib/",
        "..",
        " ",
        "\n",
        "é",
        "3f",
    ];
    let target = target!("sanitizer-report").words(&words);
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(replace(&text, &Names::new()), text, "nothing has a name");
        let names: Names = mentions(&text)
            .map(|(whole, module, address)| {
                assert_eq!(whole, format!("({module}+{address})"));
                assert!(address.len() < 20 && module.len() <= 512);
                ((module.to_owned(), address.to_owned()), "NAME".to_owned())
            })
            .collect();
        let count = mentions(&text).count();
        let replaced = replace(&text, &names);
        assert_eq!(replaced.matches("NAME").count(), text.matches("NAME").count() + count);
    };
    target.check(holds);
    target.check_long(holds);
}

#[test]
fn a_name_is_what_was_answered() {
    target!("addr2line").words(&["??", "/work/", " (discriminator 2)", ":", "\n"]).check_with(
        &assay_fuzz::proptest::sample::select(vec!["parse", "??", ""]),
        |bytes, function| {
            let place = String::from_utf8_lossy(bytes);
            let name = name(function, &place);
            assert_eq!(name.is_none(), function == "??");
            assert!(name.is_none_or(|name| name.len() <= place.len() + function.len() + 4));
        },
    );
}

/// An artifact prints what it likes, so this takes no longer than to read it.
#[test]
fn signs_of_addresses_without_end_are_read_in_one_go() {
    for text in [format!("(/lib/{}", "+0x".repeat(150_000)), "(/lib/a+0x1".repeat(90_000)] {
        assert_eq!(mentions(&text).count(), 0);
        assert_eq!(replace(&text, &Names::new()), text);
    }
}
