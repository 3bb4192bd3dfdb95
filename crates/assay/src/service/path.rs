//! The path of a request: its segments, each decoded once, and nothing that could be read in two
//! ways.

use percent_encoding::percent_decode_str;

/// The most segments, and the most bytes of one.
const MOST_SEGMENTS: usize = 8;
const MOST_BYTES: usize = 256;

/// The segments of a path; `None` if it is not one that anything here has.
pub(super) fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    let segments: Option<Vec<String>> = path.split('/').map(segment).collect();
    segments.filter(|segments| segments.len() <= MOST_SEGMENTS)
}

fn segment(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    let is_name = !decoded.is_empty()
        && decoded.len() <= MOST_BYTES
        && decoded != "."
        && decoded != ".."
        && !decoded.chars().any(|c| c.is_control() || c == '/' || c == '\\');
    is_name.then(|| decoded.into_owned())
}

/// The value of a parameter of a query, the first of its name.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once_and_names_no_other_place() {
        let check = |path: &str, expect: Option<&[&str]>| {
            let found = segments(path);
            let found = found.as_ref().map(|it| it.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expect, "{path}");
        };
        check("/v1/cases", Some(&["v1", "cases"]));
        check("/verify/a%2Cb", Some(&["verify", "a,b"]));
        check("/verify/a%252e", Some(&["verify", "a%2e"]));
        for path in [
            "/v1//cases",
            "/v1/cases/",
            "v1",
            "*",
            "/v1/../healthz",
            "/v1/%2e%2e/x",
            "/v1/a%2fb",
            "/v1/a%5cb",
            "/v1/a%00",
            "/v1/a%0d%0ab",
            "/v1/%ff",
            "/v1/./cases",
            "/1/2/3/4/5/6/7/8/9",
        ] {
            check(path, None);
        }
        assert_eq!(parameter("a=1&wait=3&wait=4", "wait"), Some("3"));
        assert_eq!(parameter("waits=3", "wait"), None);
    }
}
