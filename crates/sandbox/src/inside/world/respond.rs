//! What a host answers to a request.

use super::endpoint::Endpoint;
use super::record::Record;
use super::request::Request;
use crate::world::{Answer, Body};
use crate::{Contact, ContactEvent};

/// A response without its framing.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    fn text(status: u16, body: &str) -> Response {
        let plain = ("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned());
        Response { status, headers: vec![plain], body: body.as_bytes().to_vec() }
    }

    /// Whether responses of this status have a body at all.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.status, 100..=199 | 204 | 304)
    }

    pub(super) fn reason(&self) -> &'static str {
        match self.status {
            200 => "OK",
            201 => "Created",
            202 => "Accepted",
            204 => "No Content",
            301 => "Moved Permanently",
            302 => "Found",
            303 => "See Other",
            304 => "Not Modified",
            307 => "Temporary Redirect",
            308 => "Permanent Redirect",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            500 => "Internal Server Error",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            _ => "Status",
        }
    }
}

pub(super) fn respond(endpoint: &Endpoint, request: &Request, record: &Record) -> Response {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let host = endpoint.host(&request.host);
    let mut routes = host.map_or(&[][..], |host| &host.routes).iter();
    let found = routes.find(|route| {
        route.path.fits(path) && route.scheme.is_none_or(|scheme| scheme == endpoint.scheme)
    });
    match found {
        Some(route) => fill(&route.answer, query, record),
        None => Response::text(404, "not found\n"),
    }
}

fn fill(answer: &Answer, query: &str, record: &Record) -> Response {
    let mut headers = answer.headers.clone();
    let mut status = answer.status;
    let body = match &answer.body {
        Body::Bytes(bytes) => bytes.clone(),
        Body::RedirectToQuery { scheme } => {
            let target = match scheme {
                Some(scheme) if !query.contains("://") => format!("{scheme}://{query}"),
                _ => query.to_owned(),
            };
            let page = format!(
                "<html><head><title>Found</title></head><body><a href=\"{}\">Found</a></body></html>\n",
                escape(&target)
            );
            headers.push(("Location".to_owned(), target));
            let has_type =
                headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
            if !has_type {
                headers.push(("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned()));
            }
            page.into_bytes()
        }
        Body::CanaryContacts => {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            let contacts: Vec<String> = record.of_canaries().iter().filter_map(describe).collect();
            format!("[{}]\n", contacts.join(",")).into_bytes()
        }
        Body::WasRequested { prefix } => {
            let value = query.split_once('=').map_or(query, |(_, value)| value);
            if !record.has_request(&format!("{prefix}{value}")) {
                status = 404;
            }
            Vec::new()
        }
    };
    Response { status, headers, body }
}

/// A contact as JSON; of what tested code chose, the method and the target alone.
fn describe(contact: &Contact) -> Option<String> {
    let (address, scheme, request) = match &contact.event {
        ContactEvent::LookUp { .. } => return None,
        ContactEvent::Connection { address, scheme, .. } => (address, scheme, None),
        ContactEvent::Request { address, scheme, method, target, .. } => {
            (address, scheme, Some((method, target)))
        }
    };
    let request = request.map_or(String::new(), |(method, target)| {
        format!(",\"method\":{},\"target\":{}", quote(method), quote(target))
    });
    Some(format!(
        "{{\"address\":\"{}\",\"port\":{},\"scheme\":\"{}\"{request}}}",
        address.ip(),
        address.port(),
        scheme.as_str()
    ))
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
