//! What is known of a case by its name.

/// `BufferOverflowMemcpy` as `Buffer Overflow Memcpy`.
pub(super) fn title(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    let mut title = String::new();
    for (place, c) in characters.iter().enumerate() {
        let after_lower = place > 0 && !characters[place - 1].is_uppercase();
        let before_lower = characters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if place > 0 && c.is_uppercase() && (after_lower || before_lower) {
            title.push(' ');
        }
        title.push(*c);
    }
    title
}

/// The CWE of a case, from its name and the paper's Table 4: the checkout's
/// files do not say it.
pub(super) fn cwe(id: &str) -> Option<&'static str> {
    const BY_PREFIX: [(&str, &str); 25] = [
        ("BufferOverflow", "CWE-787"),
        ("CodeInjection", "CWE-94"),
        ("CommandInjection", "CWE-78"),
        ("Deserialization", "CWE-502"),
        ("DoubleFree", "CWE-415"),
        ("DynamicCodeExecution", "CWE-94"),
        ("HardcodedCredentials", "CWE-798"),
        ("InfoLeakLogInjection", "CWE-117"),
        ("InfoLeak", "CWE-200"),
        ("JDBCInjection", "CWE-89"),
        ("OAuthConstantStateValue", "CWE-352"),
        ("OpenRedirect", "CWE-601"),
        ("OutOfBoundsRead", "CWE-125"),
        ("PathTraversal", "CWE-22"),
        ("SQLInjection", "CWE-89"),
        ("SSRF", "CWE-918"),
        ("SSTI", "CWE-1336"),
        ("SpELInjection", "CWE-917"),
        ("WeakCrypto", "CWE-327"),
        ("WeakHash", "CWE-328"),
        ("WeakRandomness", "CWE-330"),
        ("XPathInjection", "CWE-643"),
        ("XSS", "CWE-79"),
        ("XXE", "CWE-611"),
        ("ZipSlip", "CWE-22"),
    ];
    BY_PREFIX.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, cwe)| *cwe)
}
