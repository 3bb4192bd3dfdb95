//! The table of rules: what a defence looks like in one line, for each weakness and language.

use assay_core::Language;
use assay_core::Language::{C, Python};

/// What one line has if it holds a defence.
pub(super) struct Rule {
    /// The weaknesses; empty for any.
    pub(super) cwe: &'static [&'static str],
    /// Empty for any.
    pub(super) languages: &'static [Language],
    /// All of these, in lower case; of code without white space.
    parts: &'static [&'static str],
    pub(super) what: &'static str,
}

impl Rule {
    pub(super) fn holds(&self, line: &str) -> bool {
        self.parts.iter().all(|part| line.contains(part))
    }
}

const fn rule(
    cwe: &'static [&'static str],
    languages: &'static [Language],
    parts: &'static [&'static str],
    what: &'static str,
) -> Rule {
    Rule { cwe, languages, parts, what }
}

const BOUNDS: &[&str] = &["CWE-787", "CWE-125", "CWE-119", "CWE-120", "CWE-121", "CWE-122"];
const PATHS: &[&str] = &["CWE-22", "CWE-23", "CWE-59"];
const COMMANDS: &[&str] = &["CWE-78", "CWE-88", "CWE-77"];
const MARKUP: &[&str] = &["CWE-79", "CWE-80", "CWE-83", "CWE-116"];
const SQL: &[&str] = &["CWE-89"];
const UPLOADS: &[&str] = &["CWE-434"];
const LOADING: &[&str] = &["CWE-502"];
const SECRETS: &[&str] = &["CWE-798"];
const PASSWORDS: &[&str] = &["CWE-522", "CWE-916"];
const RIGHTS: &[&str] = &["CWE-732"];
const SIGN_IN: &[&str] = &["CWE-306"];
const OVERFLOW: &[&str] = &["CWE-190"];
const INPUT: &[&str] = &["CWE-20"];

/// What code has.
pub(super) const CODE: &[Rule] = &[
    rule(BOUNDS, &[C], &["if(", "sizeof("], "a length is held against a size"),
    rule(BOUNDS, &[C], &["if(", "strlen(", ">"], "a length is held against a size"),
    rule(BOUNDS, &[C], &["if(", "strlen(", "<"], "a length is held against a size"),
    rule(BOUNDS, &[C], &["if(", "<0||", ">="], "an index is held against its bounds"),
    rule(BOUNDS, &[C], &["if(", ">=0&&", "<"], "an index is held against its bounds"),
    rule(BOUNDS, &[C], &["snprintf("], "a write that knows the size"),
    rule(BOUNDS, &[C], &["strlcpy("], "a write that knows the size"),
    rule(BOUNDS, &[C], &["strncpy("], "a write that knows the size"),
    rule(BOUNDS, &[C], &["strncat("], "a write that knows the size"),
    rule(BOUNDS, &[C], &["strnlen("], "a length that is bounded"),
    rule(&["CWE-476"], &[C], &["if(", "==null"], "a test against NULL"),
    rule(&["CWE-476"], &[C], &["if(null=="], "a test against NULL"),
    rule(&["CWE-476"], &[C], &["if(", "!=null"], "a test against NULL"),
    rule(&["CWE-476"], &[C], &["if(!"], "a test against NULL"),
    rule(&["CWE-476"], &[C], &["assert(", "null"], "a test against NULL"),
    rule(&["CWE-416", "CWE-415"], &[C], &["free(", "=null;"], "a freed pointer is forgotten"),
    rule(OVERFLOW, &[C], &["if(", "int_max"], "a test against overflow"),
    rule(OVERFLOW, &[C], &["if(", "uint_max"], "a test against overflow"),
    rule(OVERFLOW, &[C], &["if(", "size_max"], "a test against overflow"),
    rule(OVERFLOW, &[C], &["if(", "uint32_max"], "a test against overflow"),
    rule(OVERFLOW, &[C], &["__builtin_", "_overflow("], "a test against overflow"),
    rule(PATHS, &[Python], &["realpath("], "the path is resolved"),
    rule(PATHS, &[Python], &["abspath("], "the path is resolved"),
    rule(PATHS, &[Python], &[".resolve("], "the path is resolved"),
    rule(PATHS, &[Python], &["commonpath("], "the path is held against its root"),
    rule(PATHS, &[Python], &["commonprefix("], "the path is held against its root"),
    rule(PATHS, &[Python], &["is_relative_to("], "the path is held against its root"),
    rule(PATHS, &[Python], &["safe_join("], "the path is joined safely"),
    rule(PATHS, &[Python], &["secure_filename("], "the name is reduced"),
    rule(PATHS, &[Python], &["send_from_directory("], "the path is joined safely"),
    rule(PATHS, &[C], &["realpath("], "the path is resolved"),
    rule(PATHS, &[], &["\"..\""], "a look for the parent folder"),
    rule(PATHS, &[], &["'..'"], "a look for the parent folder"),
    rule(PATHS, &[C], &["strstr(", ".."], "a look for the parent folder"),
    rule(COMMANDS, &[Python], &["shlex.quote("], "the argument is quoted"),
    rule(COMMANDS, &[Python], &["shell=false"], "no shell is asked"),
    rule(COMMANDS, &[Python], &["subprocess.", "(["], "no shell is asked"),
    rule(COMMANDS, &[C], &["execv"], "no shell is asked"),
    rule(COMMANDS, &[C], &["execl"], "no shell is asked"),
    rule(COMMANDS, &[C], &["isalnum("], "characters are held against a list"),
    rule(COMMANDS, &[], &["re.match("], "the value is held against a pattern"),
    rule(COMMANDS, &[], &["re.fullmatch("], "the value is held against a pattern"),
    rule(MARKUP, &[Python], &["escape("], "the value is escaped"),
    rule(MARKUP, &[Python], &["bleach."], "the value is cleaned"),
    rule(MARKUP, &[], &["autoescape=true"], "a template that escapes"),
    rule(SQL, &[Python], &["execute(", "?", ",("], "the value is bound"),
    rule(SQL, &[Python], &["execute(", "%s", ",("], "the value is bound"),
    rule(SQL, &[Python], &["execute(", "%s", ",["], "the value is bound"),
    rule(SQL, &[], &["preparestatement("], "the statement is prepared"),
    rule(SQL, &[C], &["sqlite3_bind"], "the value is bound"),
    rule(SQL, &[], &["escape_string("], "the value is escaped"),
    rule(UPLOADS, &[], &["allowed_ext"], "kinds of files are held against a list"),
    rule(UPLOADS, &[], &["allowed_file("], "kinds of files are held against a list"),
    rule(UPLOADS, &[Python], &["secure_filename("], "the name is reduced"),
    rule(UPLOADS, &[Python], &["imghdr."], "the content is looked at"),
    rule(UPLOADS, &[Python], &[".endswith((", "."], "kinds of files are held against a list"),
    rule(LOADING, &[Python], &["safe_load"], "a loader that makes no objects"),
    rule(LOADING, &[Python], &["safeloader"], "a loader that makes no objects"),
    rule(LOADING, &[Python], &["hmac."], "the data is authenticated"),
    rule(LOADING, &[Python], &["find_class"], "classes are held against a list"),
    rule(SECRETS, &[], &["env", "pass"], "the secret comes from outside"),
    rule(SECRETS, &[], &["env", "secret"], "the secret comes from outside"),
    rule(SECRETS, &[], &["env", "key"], "the secret comes from outside"),
    rule(SECRETS, &[], &["env", "token"], "the secret comes from outside"),
    rule(SECRETS, &[Python], &["getpass"], "the secret comes from outside"),
    rule(PASSWORDS, &[], &["bcrypt."], "a function for passwords"),
    rule(PASSWORDS, &[], &["argon2"], "a function for passwords"),
    rule(PASSWORDS, &[], &["scrypt("], "a function for passwords"),
    rule(PASSWORDS, &[], &["pbkdf2"], "a function for passwords"),
    rule(PASSWORDS, &[Python], &["generate_password_hash"], "a function for passwords"),
    rule(PASSWORDS, &[Python], &["check_password_hash"], "a function for passwords"),
    rule(RIGHTS, &[], &["0600"], "rights of the owner alone"),
    rule(RIGHTS, &[], &["0o600"], "rights of the owner alone"),
    rule(RIGHTS, &[], &["0700"], "rights of the owner alone"),
    rule(RIGHTS, &[], &["0o700"], "rights of the owner alone"),
    rule(RIGHTS, &[], &["umask("], "rights are taken away"),
    rule(RIGHTS, &[Python], &["s_irusr"], "rights of the owner alone"),
    rule(RIGHTS, &[C], &["s_irusr|s_iwusr)"], "rights of the owner alone"),
    rule(SIGN_IN, &[Python], &["login_required"], "only who has signed in"),
    rule(SIGN_IN, &[Python], &["is_authenticated"], "only who has signed in"),
    rule(SIGN_IN, &[Python], &["auth_required"], "only who has signed in"),
    rule(SIGN_IN, &[Python], &["if", "notinsession"], "only who has signed in"),
    rule(SIGN_IN, &[Python], &["check_password"], "only who has signed in"),
    rule(INPUT, &[Python], &[".isdigit("], "the value is looked at"),
    rule(INPUT, &[Python], &["re.match("], "the value is held against a pattern"),
    rule(INPUT, &[Python], &["re.fullmatch("], "the value is held against a pattern"),
    rule(INPUT, &[C], &["isdigit("], "the value is looked at"),
];

/// What comments and briefs ask for.
pub(super) const WORDS: &[Rule] = &[
    rule(&[], &[], &["sanitiz"], "cleaning is asked for"),
    rule(&[], &[], &["sanitis"], "cleaning is asked for"),
    rule(&[], &[], &["vulnerab"], "a weakness is named"),
    rule(&[], &[], &["cwe-"], "a weakness is named"),
    rule(&[], &[], &["attacker"], "an attack is named"),
    rule(&[], &[], &["malicious"], "an attack is named"),
    rule(&[], &[], &["securely"], "security is asked for"),
    rule(PATHS, &[], &["traversal"], "the weakness is named"),
    rule(PATHS, &[], &["outside of the", "not"], "the defence is asked for"),
    rule(COMMANDS, &[], &["injection"], "the weakness is named"),
    rule(COMMANDS, &[], &["without a shell"], "the defence is asked for"),
    rule(SQL, &[], &["injection"], "the weakness is named"),
    rule(SQL, &[], &["parameterized"], "the defence is asked for"),
    rule(SQL, &[], &["parametrized"], "the defence is asked for"),
    rule(SQL, &[], &["prepared statement"], "the defence is asked for"),
    rule(MARKUP, &[], &["xss"], "the weakness is named"),
    rule(MARKUP, &[], &["cross-site"], "the weakness is named"),
    rule(MARKUP, &[], &["escape"], "the defence is asked for"),
    rule(BOUNDS, &[], &["overflow"], "the weakness is named"),
    rule(BOUNDS, &[], &["out of bounds"], "the weakness is named"),
    rule(BOUNDS, &[], &["out-of-bounds"], "the weakness is named"),
    rule(BOUNDS, &[], &["bounds check"], "the defence is asked for"),
    rule(OVERFLOW, &[], &["overflow"], "the weakness is named"),
    rule(&["CWE-416", "CWE-415"], &[], &["use after free"], "the weakness is named"),
    rule(&["CWE-416", "CWE-415"], &[], &["use-after-free"], "the weakness is named"),
    rule(&["CWE-476"], &[], &["null pointer"], "the weakness is named"),
    rule(&["CWE-476"], &[], &["check", "null"], "the defence is asked for"),
    rule(&["CWE-476"], &[], &["allocation", "fail"], "the defence is asked for"),
    rule(LOADING, &[], &["untrusted"], "the weakness is named"),
    rule(INPUT, &[], &["validat"], "the defence is asked for"),
];
