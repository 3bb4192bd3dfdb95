//! The world of the official cases that need the public Internet.
//!
//! Their tests fetch other people's web sites and go through a public redirector and
//! public names. `world.toml` has hosts of those names with contents of our own, as
//! much of them as the tests look at.

use crate::files::{FileSet, SafePath};
use crate::world::World;

const DECLARATION: &str = include_str!("world.toml");
const IMAGE: &[u8] = include_bytes!("world/image.png");

/// The redirectors that security tests go through, and the names for loopback.
const REDIRECTOR: &str = "drsupport.oss-cn-beijing.aliyuncs.com";
const REDIRECTOR_BY_ADDRESS: &str = "47.111.235.9";
const LOOPBACK_NAME: &str = "127.0.0.1.nip.io";
const OTHER_LOOPBACK_NAME: &str = "localtest.me";

/// What listens for the parsers of XML that an attack has lured.
const LISTENER: &str = "127.0.0.1";

/// Internal addresses that Go tests try.
const INTERNAL: [&str; 6] =
    ["10.0.0.1", "10.0.0.2", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200"];

/// The world of a case; `None` for those that need none.
pub(super) fn of(id: &str) -> Option<World> {
    let site: &[&str] = match id {
        "SSRFApacheHttpClient" | "SSRFOkHttp" | "SSRFURLConnection" => &["www.aliyun.com"],
        "SSRFCommonsIO" => &["www.aliyun.com", "img.alicdn.com"],
        "SSRFImageIO" => &["img.alicdn.com"],
        "SSRFJsoup" | "SSRFRestTemplate" => &["example.com"],
        "SSRFEcho" | "SSRFFastHTTP" | "SSRFFiber" => &["example.com"],
        "SSRFRequests" => &["jsonplaceholder.typicode.com"],
        "SSRFUrllib" => &["httpbin.org"],
        "XXEDocumentBuilder"
        | "XXESAXParser"
        | "XXESAXReader"
        | "XXETransformerFactory"
        | "XXEValidator" => return only(&[LISTENER]),
        _ => return None,
    };
    let attack: &[&str] = match id {
        "SSRFRequests" | "SSRFUrllib" => &[REDIRECTOR_BY_ADDRESS, LOOPBACK_NAME],
        "SSRFEcho" | "SSRFFastHTTP" | "SSRFFiber" => &[REDIRECTOR, OTHER_LOOPBACK_NAME],
        _ => &[REDIRECTOR, LOOPBACK_NAME],
    };
    let internal: &[&str] = if attack.contains(&OTHER_LOOPBACK_NAME) { &INTERNAL } else { &[] };
    only(&[site, attack, internal].concat())
}

/// The hosts and names of these titles.
fn only(titles: &[&str]) -> Option<World> {
    let image = SafePath::new("image.png").ok().map(|path| (path, IMAGE.to_vec()));
    // The unit test below reads it, so it is never absent.
    let whole = World::parse(DECLARATION, &FileSet::from_iter(image)).ok()?;
    Some(whole.only(titles))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An artifact that asks for HTML must not refuse the answer for another reason
    /// than where it came from.
    #[test]
    fn internal_hosts_answer_with_a_web_page() {
        let world = of("SSRFFastHTTP").expect("a world");
        let canaries: Vec<_> = world.hosts.iter().filter(|host| host.canary).collect();
        assert_eq!(canaries.len(), INTERNAL.len());
        let html = ("Content-Type".to_owned(), "text/html".to_owned());
        for route in canaries.iter().flat_map(|host| &host.routes) {
            assert_eq!((route.status, route.headers.contains(&html)), (200, true));
        }
    }

    #[test]
    fn every_host_that_a_case_names_is_declared() {
        let hosts = |id: &str| of(id).map(|world| (world.hosts.len(), world.names.len()));
        assert_eq!(hosts("SSRFCommonsIO"), Some((3, 4)));
        assert_eq!(hosts("SSRFImageIO"), Some((2, 3)));
        assert_eq!(hosts("SSRFEcho"), Some((8, 3)));
        assert_eq!(hosts("SSRFRequests"), Some((2, 2)));
        assert_eq!(hosts("SSRFUrllib"), Some((2, 2)));
        assert_eq!(hosts("XXESAXReader"), Some((1, 0)));
        assert_eq!(hosts("SQLInjectionPsycopg2"), None);
    }
}
