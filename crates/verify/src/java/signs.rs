//! What in a compiled class is a sign of tampering, as no answer has a reason to reach for
//! it, and what is only worth a note. Names are those of the virtual machine.

use std::collections::BTreeSet;

use super::class_file::{ClassFile, Method};

/// A sign, and what to look for in the source to show where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) what: String,
    pub(super) needle: String,
    /// Whether it is only unusual, which decides nothing.
    pub(super) is_note: bool,
}

impl Sign {
    pub(super) fn new(what: impl Into<String>, needle: impl Into<String>) -> Sign {
        Sign { what: what.into(), needle: needle.into(), is_note: false }
    }

    pub(super) fn note(what: impl Into<String>, needle: impl Into<String>) -> Sign {
        Sign { is_note: true, ..Sign::new(what, needle) }
    }
}

/// Classes of the harness and of the tests' libraries, what changes the memory and the
/// code of the machine, by how their names begin. No answer has a use for them.
const CLASSES: [&str; 15] = [
    "assay/",
    "com/sun/tools/attach/",
    "java/lang/instrument/",
    "jdk/internal/misc/Unsafe",
    "junit/",
    "net/bytebuddy/agent/",
    "org/assertj/",
    "org/hamcrest/",
    "org/junit/",
    "org/mockito/",
    "org/opentest4j/",
    "org/springframework/boot/test/",
    "org/springframework/test/",
    "sun/instrument/",
    "sun/misc/Unsafe",
];

/// Classes that are seldom used, and may well be.
const UNUSUAL_CLASSES: [&str; 4] =
    ["com/sun/jdi/", "jdk/internal/", "sun/misc/Signal", "sun/reflect/"];

/// Members by their class that put something of the artifact in the place of what the
/// tests use, for the whole machine.
const MEMBERS: [(&str, &str); 2] = [
    ("java/net/URL", "setURLStreamHandlerFactory"),
    ("java/net/URLConnection", "setContentHandlerFactory"),
];

/// Members that are seldom used, and may well be.
const UNUSUAL_MEMBERS: [(&str, &str); 12] = [
    ("java/lang/ClassLoader", "setClassAssertionStatus"),
    ("java/lang/ClassLoader", "setDefaultAssertionStatus"),
    ("java/lang/ClassLoader", "setPackageAssertionStatus"),
    ("java/lang/Runtime", "halt"),
    ("java/lang/Runtime", "load"),
    ("java/lang/Runtime", "loadLibrary"),
    ("java/lang/System", "load"),
    ("java/lang/System", "loadLibrary"),
    ("java/lang/System", "setProperties"),
    ("java/lang/System", "setSecurityManager"),
    ("java/lang/Thread", "stop"),
    ("java/lang/Thread", "suspend"),
];

/// Texts that set up the runner, where they stand in a file that is no code.
const SETTINGS: [&str; 2] = ["junit.jupiter.", "junit.platform."];

/// Texts that name the runner and its files.
const TEXTS: [&str; 8] = [
    "assay.harness",
    "junit-platform",
    "org.junit",
    "org/junit",
    "org.mockito",
    "org.opentest4j",
    "surefire",
    "test-classes",
];

/// The signs that are in a class by itself.
pub(super) fn of_class(class: &ClassFile) -> Vec<Sign> {
    let mut signs = Vec::new();
    for name in &class.classes {
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        let simple = name.rsplit(['/', '$']).next().unwrap_or_default();
        let what = format!("uses {}", name.replace('/', "."));
        if begins(&CLASSES) {
            signs.push(Sign::new(what, simple));
        } else if begins(&UNUSUAL_CLASSES) {
            signs.push(Sign::note(what, simple));
        }
    }
    let members = class.members.iter().map(|(owner, name)| (&**owner, &**name));
    let members: BTreeSet<(&str, &str)> = members
        .filter(|member| MEMBERS.contains(member) || UNUSUAL_MEMBERS.contains(member))
        .collect();
    for (owner, name) in members {
        let what = format!("calls {}.{name}", owner.replace('/', "."));
        match MEMBERS.contains(&(owner, name)) {
            true => signs.push(Sign::new(what, name)),
            false => signs.push(Sign::note(what, name)),
        }
    }
    signs.extend(class.strings.iter().flat_map(|text| of_text(text)));
    for method in class.methods.iter().filter(|method| method.is_native) {
        signs.push(Sign::note(format!("declares {} as native", method.name), "native"));
    }
    if answers_for_itself(class) {
        let what = format!("has its own answers to assertions: {}", class.name.replace('/', "."));
        signs.push(Sign::new(what, class.simple_name()));
    }
    signs
}

/// The signs that are in a text of a class or of another file: to name something harms
/// nothing.
pub(super) fn of_text(text: &str) -> Vec<Sign> {
    let found = TEXTS.iter().chain(&SETTINGS).filter(|sign| text.contains(**sign));
    found.map(|sign| Sign::note(format!("names {sign}"), *sign)).collect()
}

/// The signs that are in a file that is no code, which JUnit may read as its settings.
pub(super) fn of_resource(text: &str) -> Vec<Sign> {
    let found = SETTINGS.iter().filter(|sign| text.contains(**sign));
    found.map(|sign| Sign::new(format!("sets {sign}"), *sign)).chain(of_text(text)).collect()
}

/// What tests ask a list or a set, and a class of its own idea of it may lie about; what
/// cannot but be defined in the abstract ones is not among it.
const ASKED: [&str; 8] = [
    "contains",
    "containsAll",
    "equals",
    "indexOf",
    "lastIndexOf",
    "stream",
    "toArray",
    "toString",
];

/// Whether objects of a class have their own answers to what tests ask: a list or a set of
/// the platform with a method replaced, or an `equals` that is always true.
fn answers_for_itself(class: &ClassFile) -> bool {
    let is_collection = |name: &str| {
        let simple = name.strip_prefix("java/util/").unwrap_or_default();
        ["List", "Set", "Collection", "Deque", "Vector", "Queue"]
            .iter()
            .any(|end| simple.ends_with(end))
    };
    let collects =
        is_collection(&class.superclass) || class.interfaces.iter().any(|name| is_collection(name));
    // iconst_1, ireturn
    let is_true = |it: &Method| *it.name == *"equals" && it.code == [0x04, 0xac];
    class.methods.iter().any(|it| collects && ASKED.contains(&&*it.name) || is_true(it))
}
