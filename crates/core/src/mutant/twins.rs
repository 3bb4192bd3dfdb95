//! Safe functions and settings, and what stands for each without its safety.

use crate::case::Language;

/// What is written instead of a safe thing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Twin {
    Instead(&'static str),
    /// Another function, without the argument at this place, from 0.
    WithoutArgument(&'static str, usize),
}

use Twin::{Instead, WithoutArgument};

/// A language, the tokens of the safe thing, with spaces between them, and its twin.
pub(super) const TWINS: &[(Language, &str, Twin)] = &[
    (Language::C, "snprintf", WithoutArgument("sprintf", 1)),
    (Language::C, "strncpy", WithoutArgument("strcpy", 2)),
    (Language::C, "strncat", WithoutArgument("strcat", 2)),
    (Language::C, "strndup", WithoutArgument("strdup", 1)),
    (Language::C, "strnlen", WithoutArgument("strlen", 1)),
    (Language::C, "memmove", Instead("memcpy")),
    (Language::C, "strncmp", WithoutArgument("strcmp", 2)),
    (Language::Go, "filepath . EvalSymlinks", Instead("filepath.Abs")),
    (Language::Go, "os . Lstat", Instead("os.Stat")),
    (Language::Go, "strings . HasPrefix", Instead("strings.Contains")),
    (Language::Go, "strings . HasSuffix", Instead("strings.Contains")),
    (Language::Go, "strings . EqualFold", Instead("strings.HasPrefix")),
    (Language::Java, "toRealPath", Instead("toAbsolutePath")),
    (Language::Java, "getCanonicalFile", Instead("getAbsoluteFile")),
    (Language::Java, "getCanonicalPath", Instead("getAbsolutePath")),
    (Language::Java, "startsWith", Instead("contains")),
    (
        Language::Java,
        "FEATURE_SECURE_PROCESSING , true",
        Instead("FEATURE_SECURE_PROCESSING, false"),
    ),
    (Language::NodeJs, "lstat", Instead("stat")),
    (Language::NodeJs, "lstatSync", Instead("statSync")),
    (Language::NodeJs, "startsWith", Instead("includes")),
    (Language::NodeJs, "endsWith", Instead("includes")),
    (Language::NodeJs, "Object . create ( null )", Instead("({})")),
    (Language::NodeJs, "realpath", Instead("resolve")),
    (Language::Python, "yaml . safe_load", Instead("yaml.unsafe_load")),
    (Language::Python, "SafeLoader", Instead("UnsafeLoader")),
    (Language::Python, "literal_eval", Instead("eval")),
    (Language::Python, "realpath", Instead("abspath")),
    (Language::Python, "fullmatch", Instead("match")),
    (Language::Python, "startswith", Instead("__contains__")),
    (Language::Python, "endswith", Instead("__contains__")),
    (Language::Python, "autoescape = True", Instead("autoescape=False")),
    (Language::Python, "shell = False", Instead("shell=True")),
    (Language::Python, "allow_redirects = False", Instead("allow_redirects=True")),
    (Language::Python, "follow_redirects = False", Instead("follow_redirects=True")),
    (Language::Python, "follow_symlinks = False", Instead("follow_symlinks=True")),
    (Language::Python, "lstat", Instead("stat")),
    (Language::Python, "SandboxedEnvironment (", Instead("Environment(")),
    (Language::Python, "ImmutableSandboxedEnvironment (", Instead("SandboxedEnvironment(")),
    (Language::Ruby, "safe_load", Instead("unsafe_load")),
    (Language::Ruby, "start_with", Instead("include")),
    (Language::Ruby, "end_with", Instead("include")),
    (Language::Ruby, "realpath", Instead("expand_path")),
    (Language::Ruby, "lstat", Instead("stat")),
    (Language::Ruby, "public_send", Instead("send")),
];

/// Parts of the names of functions that make a value safe for where it goes.
pub(super) const ENCODERS: &[&str] = &[
    "escape",
    "quote",
    "encode",
    "sanitize",
    "sanitise",
    "clean",
    "normalize",
    "normalise",
    "canonical",
    "realpath",
    "resolve",
    "basename",
    "evalsymlinks",
    "strip",
    "trunc",
    "clamp",
];
