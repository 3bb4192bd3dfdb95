//! What in a compiled class is a sign of tampering: what it reaches for that no
//! answer has a reason to. Names are those of the virtual machine.

use super::class_file::{ClassFile, Method};

/// A sign, and what to look for in the source to show where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) what: String,
    pub(super) needle: String,
}

impl Sign {
    pub(super) fn new(what: impl Into<String>, needle: impl Into<String>) -> Sign {
        Sign { what: what.into(), needle: needle.into() }
    }
}

/// Classes of the harness, of the tests' libraries, and of the insides of the
/// virtual machine, by how their names begin.
const CLASSES: [&str; 21] = [
    "assay/",
    "com/sun/jdi/",
    "com/sun/management/",
    "com/sun/tools/attach/",
    "java/lang/StackWalker",
    "java/lang/instrument/",
    "java/lang/management/",
    "jdk/internal/",
    "jdk/jfr/",
    "junit/",
    "net/bytebuddy/agent/",
    "org/assertj/",
    "org/hamcrest/",
    "org/junit/",
    "org/mockito/",
    "org/opentest4j/",
    "org/springframework/boot/test/",
    "org/springframework/test/",
    "sun/misc/Signal",
    "sun/misc/Unsafe",
    "sun/reflect/",
];

/// Members by their class; `*` stands for any class.
const MEMBERS: [(&str, &str); 25] = [
    ("*", "getClassContext"),
    ("*", "getStackTrace"),
    ("java/lang/ClassLoader", "clearAssertionStatus"),
    ("java/lang/ClassLoader", "setClassAssertionStatus"),
    ("java/lang/ClassLoader", "setDefaultAssertionStatus"),
    ("java/lang/ClassLoader", "setPackageAssertionStatus"),
    ("java/lang/Runtime", "addShutdownHook"),
    ("java/lang/Runtime", "halt"),
    ("java/lang/Runtime", "load"),
    ("java/lang/Runtime", "loadLibrary"),
    ("java/lang/System", "load"),
    ("java/lang/System", "loadLibrary"),
    ("java/lang/System", "setProperties"),
    ("java/lang/System", "setSecurityManager"),
    ("java/lang/Thread", "getAllStackTraces"),
    ("java/lang/Thread", "stop"),
    ("java/lang/Thread", "suspend"),
    ("java/lang/invoke/MethodHandles", "privateLookupIn"),
    ("java/lang/invoke/MethodHandles$Lookup", "defineClass"),
    ("java/lang/invoke/MethodHandles$Lookup", "defineHiddenClass"),
    ("java/lang/invoke/MethodHandles$Lookup", "defineHiddenClassWithClassData"),
    ("java/lang/reflect/Proxy", "newProxyInstance"),
    ("java/net/ProxySelector", "setDefault"),
    ("java/net/URL", "setURLStreamHandlerFactory"),
    ("java/net/URLConnection", "setContentHandlerFactory"),
];

/// Texts that name the runner, its settings and its files.
const TEXTS: [&str; 12] = [
    "assay.harness",
    "assay/harness",
    "junit.jupiter.",
    "junit.platform.",
    "junit-platform",
    "org.junit",
    "org/junit",
    "org.mockito",
    "org/mockito",
    "org.opentest4j",
    "surefire",
    "test-classes",
];

/// The signs that are in a class by itself.
pub(super) fn of_class(class: &ClassFile) -> Vec<Sign> {
    let mut signs = Vec::new();
    for name in &class.classes {
        if CLASSES.iter().any(|start| name.starts_with(start)) {
            let simple = name.rsplit(['/', '$']).next().unwrap_or_default();
            signs.push(Sign::new(format!("uses {}", name.replace('/', ".")), simple));
        }
    }
    for member in &class.members {
        let Some((owner, name)) = member.rsplit_once('.') else { continue };
        let is_sign =
            |(class, member): &(&str, &str)| name == *member && (*class == "*" || owner == *class);
        // Classes of the answer may have methods of these names.
        let is_own = owner.starts_with(class.package()) && !class.package().is_empty();
        if MEMBERS.iter().any(is_sign) && (!is_own || name == "getClassContext") {
            signs.push(Sign::new(format!("calls {}.{name}", owner.replace('/', ".")), name));
        }
    }
    signs.extend(class.strings.iter().flat_map(|text| of_text(text)));
    for method in class.methods.iter().filter(|method| method.is_native) {
        signs.push(Sign::new(format!("declares {} as native", method.name), "native"));
    }
    if answers_for_itself(class) {
        let what = format!("has its own answers to assertions: {}", class.name.replace('/', "."));
        signs.push(Sign::new(what, class.simple_name()));
    }
    signs
}

/// The signs that are in a text, of a class or of another file.
pub(super) fn of_text(text: &str) -> Vec<Sign> {
    let found = TEXTS.iter().filter(|sign| text.contains(**sign));
    found.map(|sign| Sign::new(format!("names {sign}"), *sign)).collect()
}

/// What tests ask a collection, and a class of its own idea of it may lie about; what
/// cannot but be defined in the abstract ones is not among it.
const ASKED: [&str; 16] = [
    "contains",
    "containsAll",
    "containsKey",
    "containsValue",
    "equals",
    "forEach",
    "hashCode",
    "indexOf",
    "isEmpty",
    "lastIndexOf",
    "listIterator",
    "parallelStream",
    "spliterator",
    "stream",
    "toArray",
    "toString",
];

/// Whether objects of a class have their own answers to what tests ask: a collection of
/// the platform with a method replaced, or an `equals` that is always true.
fn answers_for_itself(class: &ClassFile) -> bool {
    let is_collection = |name: &String| {
        let simple = name.strip_prefix("java/util/").unwrap_or_default();
        ["List", "Set", "Map", "Collection", "Deque", "Vector", "Queue"]
            .iter()
            .any(|end| simple.ends_with(end))
    };
    let collects = is_collection(&class.superclass) || class.interfaces.iter().any(is_collection);
    // iconst_1, ireturn
    let is_true = |it: &Method| it.name == "equals" && it.code == [0x04, 0xac];
    class.methods.iter().any(|it| collects && ASKED.contains(&it.name.as_str()) || is_true(it))
}
