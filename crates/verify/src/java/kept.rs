//! Which classes of the suites keep their names while tests run, as something knows them
//! by these or both suites have them.

use std::collections::BTreeMap;

use super::Classes;
use super::class_file::ClassFile;
use super::inspect::TestClass;
use super::trace::Trace;
use crate::tested_case::TestedCase;

/// All classes of both suites.
pub(super) fn test_classes(
    case: &TestedCase<'_>,
    functional: &Classes,
    security: &Classes,
) -> BTreeMap<String, TestClass> {
    let functional_classes = read(functional);
    let security_classes = read(security);
    let resources = resources(case);
    let compiled = || functional.iter().chain(security);
    let is_named = |name: &str| {
        let dotted = name.replace('/', ".");
        // A name without a package may be any word.
        let in_code = dotted.contains('.') && compiled().any(|(_, bytes)| names(bytes, &dotted));
        in_code || resources.iter().any(|text| names(text, &dotted))
    };
    let mut classes = BTreeMap::new();
    for (path, bytes) in compiled() {
        let Some(name) = path.strip_suffix(".class") else { continue };
        let outer = name.split('$').next().unwrap_or(name);
        let is_in_both =
            functional_classes.contains_key(outer) && security_classes.contains_key(outer);
        let is_kept = is_in_both
            || is_named(outer)
            || is_named(name)
            || is_serialized(name, &functional_classes);
        let class: &mut TestClass = classes.entry(name.to_owned()).or_default();
        class.size = class.size.max(bytes.len());
        class.is_kept |= is_kept;
        class.makes.extend(ClassFile::read(bytes).iter().flat_map(Trace::of));
    }
    classes
}

fn read(classes: &Classes) -> BTreeMap<String, ClassFile> {
    let read = classes.iter().filter_map(|(_, bytes)| ClassFile::read(bytes));
    read.map(|class| (class.name.clone(), class)).collect()
}

/// What beside code may name a class: files of the tests and of the project, but not what
/// builds it.
fn resources<'a>(case: &'a TestedCase<'_>) -> Vec<&'a [u8]> {
    let files =
        [&case.functional.files, &case.security.files, &case.template].into_iter().flatten();
    let is_resource = |path: &str| !path.ends_with(".java") && !path.ends_with("pom.xml");
    files.filter(|(path, _)| is_resource(path.as_str())).map(|(_, text)| text.as_slice()).collect()
}

/// Whether objects of a class may be handed over as bytes, in which its name is.
fn is_serialized(name: &str, classes: &BTreeMap<String, ClassFile>) -> bool {
    let mut current = classes.get(name);
    for _depth in 0..16 {
        let Some(class) = current else { return false };
        let marks = ["java/io/Serializable", "java/io/Externalizable"];
        if class.interfaces.iter().any(|it| marks.contains(&&**it)) {
            return true;
        }
        current = classes.get(&class.superclass);
    }
    false
}

/// Whether a text has a name, and not as a part of a longer one.
fn names(text: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let is_word =
        |it: Option<&u8>| it.is_some_and(|it| it.is_ascii_alphanumeric() || b"_$".contains(it));
    text.windows(name.len()).enumerate().any(|(at, window)| {
        window == name
            && !is_word(at.checked_sub(1).and_then(|before| text.get(before)))
            && !is_word(text.get(at + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_part_of_a_longer_one() {
        let check =
            |text: &str, expect| assert_eq!(names(text.as_bytes(), "a.One"), expect, "{text}");
        check("(a.One)", true);
        check("a.One", true);
        check("a.One#b", true);
        check("a.OneTest", false);
        check("a.One$Inner", false);
        check("b_a.One", false);
    }
}
