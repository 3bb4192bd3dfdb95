//! A world as it is written down, in TOML, and what can be wrong with it.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{Body, Host, Name, PathRule, Route, Scheme, World};
use crate::files::{FileSet, SafePath};

/// Above are the ports that the kernel gives to clients.
const MAX_PORT: u16 = 32_767;

/// The sandbox's own name server is there.
const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53));

/// An answer of the resolver holds no more.
const MAX_ADDRESSES: usize = 16;

/// No world listens on more ports of addresses.
const MAX_LISTENERS: usize = 256;

/// Headers that frame a body, which the server writes itself.
const FRAMING: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WorldTable {
    #[serde(default = "yes")]
    ipv6: bool,
    #[serde(default, rename = "host")]
    hosts: Vec<Spanned<HostTable>>,
    #[serde(default, rename = "name")]
    names: Vec<NameTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HostTable {
    #[serde(default)]
    names: Vec<Spanned<String>>,
    addresses: Vec<Spanned<IpAddr>>,
    #[serde(default)]
    canary: bool,
    #[serde(default = "port_80")]
    http: Vec<Spanned<u16>>,
    #[serde(default = "port_443")]
    https: Vec<Spanned<u16>>,
    #[serde(default, rename = "route")]
    routes: Vec<Spanned<RouteTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouteTable {
    path: Option<String>,
    prefix: Option<String>,
    scheme: Option<Scheme>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_file: Option<String>,
    redirect: Option<String>,
    redirect_scheme: Option<Scheme>,
    #[serde(default)]
    canary_contacts: bool,
    was_requested: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NameTable {
    name: Spanned<String>,
    /// The answer to every look-up.
    addresses: Option<Vec<IpAddr>>,
    /// The answers to one look-up after another.
    answers: Option<Vec<Vec<IpAddr>>>,
}

fn yes() -> bool {
    true
}

fn port_80() -> Vec<Spanned<u16>> {
    vec![Spanned::new(0..0, 80)]
}

fn port_443() -> Vec<Spanned<u16>> {
    vec![Spanned::new(0..0, 443)]
}

/// Something that is wrong with a declaration, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldFault {
    pub offset: usize,
    pub message: String,
}

impl World {
    /// Reads a declaration; its bodies may lie in files, by their paths.
    pub fn parse(text: &str, files: &FileSet) -> Result<World, Vec<WorldFault>> {
        let table: WorldTable = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            vec![WorldFault { offset, message: error.message().to_owned() }]
        })?;
        let mut reading = Reading {
            ipv6: table.ipv6,
            files,
            used: BTreeSet::new(),
            faults: Vec::new(),
            names: Vec::new(),
            listeners: BTreeMap::new(),
        };
        let hosts = table.hosts.iter().map(|host| reading.host(host)).collect();
        for name in &table.names {
            reading.name(name);
        }
        for path in files.keys().filter(|path| !reading.used.contains(path)) {
            reading.faults.push(WorldFault {
                offset: 0,
                message: format!(
                    "no route uses the file {path}; name it as `body-file` or delete it"
                ),
            });
        }
        if reading.listeners.len() > MAX_LISTENERS {
            let message = format!("more than {MAX_LISTENERS} ports of addresses; declare fewer");
            reading.faults.push(WorldFault { offset: 0, message });
        }
        match reading.faults.is_empty() {
            true => Ok(World { ipv6: table.ipv6, names: reading.names, hosts }),
            false => Err(reading.faults),
        }
    }
}

/// What is known of a world while its declaration is read.
struct Reading<'a> {
    ipv6: bool,
    files: &'a FileSet,
    used: BTreeSet<&'a SafePath>,
    faults: Vec<WorldFault>,
    names: Vec<Name>,
    listeners: BTreeMap<(IpAddr, u16), Scheme>,
}

impl Reading<'_> {
    fn fault(&mut self, offset: usize, message: String) {
        self.faults.push(WorldFault { offset, message });
    }

    fn host(&mut self, host: &Spanned<HostTable>) -> Host {
        let (table, place) = (host.get_ref(), host.span().start);
        if table.addresses.is_empty() {
            self.fault(place, "a host needs an address".to_owned());
        }
        if table.http.is_empty() && table.https.is_empty() {
            let message = "a host needs a port; leave `http` or `https` out for the usual ones";
            self.fault(place, message.to_owned());
        }
        let addresses: Vec<IpAddr> = table.addresses.iter().map(|it| *it.get_ref()).collect();
        for address in &table.addresses {
            self.address(*address.get_ref(), address.span().start);
        }
        for (scheme, ports) in [(Scheme::Http, &table.http), (Scheme::Https, &table.https)] {
            for port in ports {
                self.port(*port.get_ref(), scheme, &addresses, place.max(port.span().start));
            }
        }
        for name in &table.names {
            self.add_name(name, vec![addresses.clone()]);
        }
        let ports = |ports: &[Spanned<u16>]| ports.iter().map(|port| *port.get_ref()).collect();
        Host {
            names: table.names.iter().map(|name| name.get_ref().clone()).collect(),
            canary: table.canary,
            http: ports(&table.http),
            https: ports(&table.https),
            routes: table.routes.iter().map(|route| self.route(route)).collect(),
            addresses,
        }
    }

    fn port(&mut self, port: u16, scheme: Scheme, addresses: &[IpAddr], place: usize) {
        if port == 0 || port > MAX_PORT {
            let message = format!(
                "the port {port} is not one of 1 to {MAX_PORT}; others are given to clients"
            );
            self.fault(place, message);
        }
        for address in addresses {
            let other = *self.listeners.entry((*address, port)).or_insert(scheme);
            if other != scheme {
                let message = format!(
                    "port {port} of {address} cannot speak both {other} and {scheme}; choose another port"
                );
                self.fault(place, message);
            }
        }
    }

    /// An address that a host is to have.
    fn address(&mut self, address: IpAddr, place: usize) {
        let fault = if address.is_unspecified()
            || address.is_multicast()
            || address == IpAddr::V4(Ipv4Addr::BROADCAST)
        {
            "cannot be the address of a host"
        } else if address == RESOLVER {
            "is the address of the sandbox's name server; choose another one"
        } else {
            return self.resolvable(address, place);
        };
        self.fault(place, format!("{address} {fault}"));
    }

    /// An address that a name may resolve to.
    fn resolvable(&mut self, address: IpAddr, place: usize) {
        let IpAddr::V6(inner) = address else { return };
        if let Some(mapped) = inner.to_ipv4_mapped() {
            self.fault(place, format!("{address} is an IPv4 address; write {mapped}"));
        } else if !self.ipv6 {
            let message = format!("{address} is an IPv6 address, and `ipv6` is false");
            self.fault(place, message);
        }
    }

    fn name(&mut self, table: &NameTable) {
        let place = table.name.span().start;
        let answers = match (&table.addresses, &table.answers) {
            (Some(addresses), None) => vec![addresses.clone()],
            (None, Some(answers)) => answers.clone(),
            _ => {
                let message = "a name needs either `addresses` or, if they change from look-up to look-up, `answers`";
                return self.fault(place, message.to_owned());
            }
        };
        if answers.is_empty() {
            self.fault(place, "`answers` is empty; give at least one".to_owned());
        }
        for address in answers.iter().flatten() {
            self.resolvable(*address, place);
        }
        self.add_name(&table.name, answers);
    }

    fn add_name(&mut self, name: &Spanned<String>, answers: Vec<Vec<IpAddr>>) {
        let (text, place) = (name.get_ref(), name.span().start);
        let is_label = |label: &str| {
            (1..64).contains(&label.len())
                && label
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c))
        };
        if text.len() > 253 || !text.split('.').all(is_label) {
            let message = format!(
                "{text:?} is not the name of a host; use lower-case letters, digits, - and _ between dots (Punycode for others)"
            );
            self.fault(place, message);
        }
        if text == "localhost" || text.parse::<IpAddr>().is_ok() {
            self.fault(place, format!("{text:?} has its meaning already; choose another name"));
        }
        if self.names.iter().any(|known| known.name == *text) {
            self.fault(place, format!("the name {text:?} is there twice"));
        }
        if answers.iter().any(|answer| answer.len() > MAX_ADDRESSES) {
            let message = format!("{text:?} has more than {MAX_ADDRESSES} addresses at a time");
            self.fault(place, message);
        }
        self.names.push(Name { name: text.clone(), answers });
    }

    fn route(&mut self, route: &Spanned<RouteTable>) -> Route {
        let (table, place) = (route.get_ref(), route.span().start);
        let path = match (&table.path, &table.prefix) {
            (Some(path), None) => PathRule::Exact(path.clone()),
            (None, Some(prefix)) => PathRule::Prefix(prefix.clone()),
            _ => {
                self.fault(place, "a route needs either `path` or `prefix`".to_owned());
                PathRule::Exact("/".to_owned())
            }
        };
        let (PathRule::Exact(text) | PathRule::Prefix(text)) = &path;
        if !text.starts_with('/') || text.contains('?') {
            self.fault(place, format!("the path {text:?} must begin with / and have no query"));
        }
        let mut headers: Vec<(String, String)> = table.headers.clone().into_iter().collect();
        for (name, value) in &headers {
            let is_token = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
            if name.is_empty() || !name.bytes().all(is_token) || value.chars().any(char::is_control)
            {
                self.fault(place, format!("{name:?} is not a header that can be sent"));
            }
            if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
                self.fault(place, format!("the header {name:?} is written by the server"));
            }
        }
        let body = self.body(table, place, &mut headers);
        let redirects = table.redirect.is_some();
        let status = table.status.unwrap_or(if redirects { 302 } else { 200 });
        if !(200..600).contains(&status) {
            self.fault(place, format!("the status {status} is not one of 200 to 599"));
        }
        if redirects && !(300..400).contains(&status) {
            self.fault(
                place,
                format!("the status {status} does not redirect; use 302, 307 or such"),
            );
        }
        Route { path, scheme: table.scheme, status, headers, body }
    }

    fn body(
        &mut self,
        table: &RouteTable,
        place: usize,
        headers: &mut Vec<(String, String)>,
    ) -> Body {
        let kinds = [
            table.body.is_some(),
            table.body_file.is_some(),
            table.redirect.is_some(),
            table.canary_contacts,
            table.was_requested.is_some(),
        ];
        if kinds.into_iter().filter(|is_there| *is_there).count() > 1 {
            let message = "a route has one of `body`, `body-file`, `redirect`, `canary-contacts` and `was-requested`";
            self.fault(place, message.to_owned());
        }
        if table.redirect_scheme.is_some() && table.redirect.as_deref() != Some("query") {
            let message = "`redirect-scheme` goes with `redirect = \"query\"`";
            self.fault(place, message.to_owned());
        }
        if table.canary_contacts {
            return Body::CanaryContacts;
        }
        if let Some(prefix) = &table.was_requested {
            if !prefix.starts_with('/') || prefix.contains('?') {
                let message = format!("the path {prefix:?} must begin with / and have no query");
                self.fault(place, message);
            }
            return Body::WasRequested { prefix: prefix.clone() };
        }
        match table.redirect.as_deref() {
            Some("query") => return Body::RedirectToQuery { scheme: table.redirect_scheme },
            Some(target) if target.is_empty() || target.chars().any(char::is_control) => {
                self.fault(place, format!("{target:?} is nowhere to redirect to"));
            }
            Some(target) => headers.push(("Location".to_owned(), target.to_owned())),
            None => {}
        }
        match &table.body_file {
            Some(path) => Body::Content(self.body_file(path, place)),
            None => Body::Content(table.body.clone().unwrap_or_default().into_bytes()),
        }
    }

    fn body_file(&mut self, path: &str, place: usize) -> Vec<u8> {
        let found = SafePath::new(path).ok().and_then(|path| self.files.get_key_value(&path));
        let Some((path, content)) = found else {
            self.fault(place, format!("there is no file world/{path}"));
            return Vec::new();
        };
        self.used.insert(path);
        content.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = World::parse(text, &FileSet::new()).err().unwrap_or_default();
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        faults.iter().map(|fault| format!("{}: {}", line(fault.offset), fault.message)).collect()
    }

    #[test]
    fn a_world_is_read_with_its_names_and_bodies() {
        let text = "
[[host]]
names = [\"shop.example\"]
addresses = [\"203.0.113.1\", \"2001:db8::1\"]

[[host.route]]
path = \"/page\"
body-file = \"page.html\"

[[host]]
addresses = [\"169.254.169.254\"]
canary = true
https = []

[[host.route]]
prefix = \"/\"
redirect = \"query\"
redirect-scheme = \"http\"

[[name]]
name = \"rebinding.example\"
answers = [[\"203.0.113.1\"], [\"127.0.0.1\"]]
";
        let page = SafePath::new("page.html").expect("safe");
        let files = FileSet::from([(page, b"<p>".to_vec())]);
        let world = World::parse(text, &files).expect("a world");
        assert_eq!(world.names.len(), 2);
        assert_eq!(world.names[0].answers[0], world.hosts[0].addresses);
        assert_eq!(world.hosts[0].routes[0].body, Body::Content(b"<p>".to_vec()));
        assert_eq!((world.hosts[0].http[0], world.hosts[0].https[0]), (80, 443));
        assert!(world.ipv6 && world.hosts[1].https.is_empty());
        let part = world.only(&["169.254.169.254"]);
        assert_eq!((part.names.len(), part.hosts.len()), (0, 1));
        let unused = World::parse("", &files).expect_err("a file too many");
        assert!(unused[0].message.contains("page.html"), "{unused:?}");
    }

    #[test]
    fn faults_name_line_value_and_remedy() {
        let check = |text: &str, expect: &str| {
            let found = faults(text);
            assert!(found.iter().any(|fault| fault.contains(expect)), "{text}: {found:?}");
        };
        check("ipv6 = false\n[[host]]\naddresses = [\"::1\"]", "3: ::1 is an IPv6 address");
        check(
            "[[host]]\naddresses = [\"::ffff:10.0.0.1\"]",
            "2: ::ffff:10.0.0.1 is an IPv4 address; write 10.0.0.1",
        );
        check("[[host]]\naddresses = [\"0.0.0.0\"]", "0.0.0.0 cannot be");
        check("[[host]]\naddresses = [\"127.0.0.53\"]", "name server");
        check("[[host]]\naddresses = [\"10.0.0.1\"]\nhttp = [40000]", "3: the port 40000");
        check("[[host]]\naddresses = [\"10.0.0.1\"]\nhttp = [443]", "both http and https");
        check("[[host]]\naddresses = [\"10.0.0.1\"]\nhttp = []\nhttps = []", "needs a port");
        check(
            "[[host]]\naddresses = [\"10.0.0.1\"]\nnames = [\"A b\"]",
            "3: \"A b\" is not the name",
        );
        check("[[name]]\nname = \"a.example\"", "either `addresses`");
        check(
            "[[name]]\nname = \"a.example\"\naddresses = []\n[[name]]\nname = \"a.example\"\naddresses = []",
            "5: the name \"a.example\" is there twice",
        );
        check("[[host]]\naddress = \"10.0.0.1\"", "2: unknown field `address`");
        let route =
            |lines: &str| format!("[[host]]\naddresses = [\"10.0.0.1\"]\n[[host.route]]\n{lines}");
        check(&route("path = \"x\""), "3: the path \"x\" must begin with /");
        check(&route("path = \"/\"\nprefix = \"/\""), "either `path` or `prefix`");
        check(&route("path = \"/\"\nbody-file = \"../x\""), "no file world/../x");
        check(&route("path = \"/\"\nstatus = 99"), "the status 99");
        check(&route("path = \"/\"\nredirect = \"query\"\nstatus = 200"), "does not redirect");
        check(&route("path = \"/\"\nbody = \"\"\nredirect = \"query\""), "one of `body`");
        check(
            &route("path = \"/\"\nheaders = { Content-Length = \"1\" }"),
            "written by the server",
        );
    }
}
