//! [`Weakness`]: a type of weakness by its CWE identifier and the name that MITRE's list
//! (Common Weakness Enumeration, version 4.17, <https://cwe.mitre.org>) gives it.

/// A type of weakness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weakness {
    /// `CWE-787` for example.
    pub cwe: &'static str,
    pub name: &'static str,
}

/// The types that CoV-Eval covers (its Appendix B), in the order of its Table 2.
pub static COV_EVAL: [Weakness; 18] = [
    known("CWE-787", "Out-of-bounds Write"),
    known(
        "CWE-79",
        "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')",
    ),
    known("CWE-125", "Out-of-bounds Read"),
    known("CWE-20", "Improper Input Validation"),
    known(
        "CWE-78",
        "Improper Neutralization of Special Elements used in an OS Command ('OS Command Injection')",
    ),
    known(
        "CWE-89",
        "Improper Neutralization of Special Elements used in an SQL Command ('SQL Injection')",
    ),
    known("CWE-416", "Use After Free"),
    known(
        "CWE-22",
        "Improper Limitation of a Pathname to a Restricted Directory ('Path Traversal')",
    ),
    known("CWE-434", "Unrestricted Upload of File with Dangerous Type"),
    known("CWE-306", "Missing Authentication for Critical Function"),
    known("CWE-190", "Integer Overflow or Wraparound"),
    known("CWE-502", "Deserialization of Untrusted Data"),
    known("CWE-476", "NULL Pointer Dereference"),
    known("CWE-798", "Use of Hard-coded Credentials"),
    known("CWE-119", "Improper Restriction of Operations within the Bounds of a Memory Buffer"),
    known("CWE-200", "Exposure of Sensitive Information to an Unauthorized Actor"),
    known("CWE-522", "Insufficiently Protected Credentials"),
    known("CWE-732", "Incorrect Permission Assignment for Critical Resource"),
];

/// More that cases of our own are about.
static OURS: [Weakness; 16] = [
    known(
        "CWE-80",
        "Improper Neutralization of Script-Related HTML Tags in a Web Page (Basic XSS)",
    ),
    known("CWE-83", "Improper Neutralization of Script in Attributes in a Web Page"),
    known(
        "CWE-88",
        "Improper Neutralization of Argument Delimiters in a Command ('Argument Injection')",
    ),
    known(
        "CWE-95",
        "Improper Neutralization of Directives in Dynamically Evaluated Code ('Eval Injection')",
    ),
    known("CWE-116", "Improper Encoding or Escaping of Output"),
    known("CWE-352", "Cross-Site Request Forgery (CSRF)"),
    known("CWE-749", "Exposed Dangerous Method or Function"),
    known("CWE-59", "Improper Link Resolution Before File Access ('Link Following')"),
    known("CWE-347", "Improper Verification of Cryptographic Signature"),
    known("CWE-415", "Double Free"),
    known("CWE-611", "Improper Restriction of XML External Entity Reference"),
    known("CWE-916", "Use of Password Hash With Insufficient Computational Effort"),
    known("CWE-918", "Server-Side Request Forgery (SSRF)"),
    known(
        "CWE-1321",
        "Improperly Controlled Modification of Object Prototype Attributes ('Prototype Pollution')",
    ),
    known("CWE-1336", "Improper Neutralization of Special Elements Used in a Template Engine"),
    known("CWE-94", "Improper Control of Generation of Code ('Code Injection')"),
];

const fn known(cwe: &'static str, name: &'static str) -> Weakness {
    Weakness { cwe, name }
}

/// The identifier with its name, where that is known.
pub fn named(cwe: &str) -> String {
    match of(cwe) {
        Some(weakness) => format!("{cwe}: {}", weakness.name),
        None => cwe.to_owned(),
    }
}

/// The type with this identifier, where its name is known.
pub fn of(cwe: &str) -> Option<&'static Weakness> {
    COV_EVAL.iter().chain(&OURS).find(|weakness| weakness.cwe.eq_ignore_ascii_case(cwe))
}
