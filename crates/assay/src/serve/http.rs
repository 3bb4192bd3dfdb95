//! The pages over HTTP: read-only, and by default only for the browser of the user who started it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tracing::debug;

use super::search::{self, Searcher};
use super::shelf::Shelf;
use crate::report::html::{Kind, Live, Medium, live};

/// Of what a page or the strip above it is made.
const VERSION: HeaderName = HeaderName::from_static("x-assay-version");

/// Other sites may neither load these pages' data nor frame them; nothing is kept, for it
/// changes.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

struct Site {
    shelf: Shelf,
    searcher: Searcher,
    /// Whether only this machine can ask.
    is_loopback: bool,
}

/// Serves the runs until the program is interrupted. Indexes for the search are kept in a folder.
pub async fn serve(shelf: Shelf, listener: TcpListener, indexes: PathBuf) -> std::io::Result<()> {
    let is_loopback = listener.local_addr()?.ip().is_loopback();
    let site = Arc::new(Site { shelf, searcher: Searcher::new(indexes), is_loopback });
    let router = Router::new().fallback(get(answer)).with_state(site);
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            // Without a signal to wait for, the program runs until it is killed.
            if let Err(error) = tokio::signal::ctrl_c().await {
                debug!(%error, "interruptions cannot be heard of");
                std::future::pending::<()>().await;
            }
        })
        .await
}

async fn answer(State(site): State<Arc<Site>>, headers: HeaderMap, uri: Uri) -> Response {
    let begun = Instant::now();
    let mut response = if site.is_loopback && !names_this_machine(&headers) {
        // Another site's name may have been made to lead here, to read what it must not.
        plain(StatusCode::FORBIDDEN, "this is served to the machine itself, under its own name\n")
    } else {
        let path = uri.path().trim_start_matches('/').to_owned();
        let query = uri.query().unwrap_or_default().to_owned();
        // Pages are made from files and take their time.
        let made = tokio::task::spawn_blocking(move || site.make(&path, &query)).await;
        made.unwrap_or_else(|error| {
            let message = format!("the page could not be made: {error}; this is a bug\n");
            plain(StatusCode::INTERNAL_SERVER_ERROR, &message)
        })
    };
    debug!(path = uri.path(), status = response.status().as_u16(), took = ?begun.elapsed(), "request");
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Site {
    fn make(&self, path: &str, query: &str) -> Response {
        if path == "live.js" {
            return typed(Kind::Script, live::SCRIPT.to_owned());
        }
        self.shelf.look();
        let (shown, strip) = (self.shelf.shown(), self.shelf.strip());
        let live = Live { version: shown.version, strip };
        if path == "live.html" {
            let mut response = typed(Kind::Page, live.strip.into_string());
            response.headers_mut().insert(VERSION, HeaderValue::from(live.version));
            return response;
        }
        if path == "search.html" && !query.is_empty() {
            let asked = search::asked(query);
            let found = self.searcher.find(&shown.report.runs(), &asked);
            let page = shown.report.search_page(&asked, &found, &Medium::Live(live));
            return typed(page.kind, page.text);
        }
        let path = if path.is_empty() { "index.html" } else { path };
        match shown.report.content(path, &Medium::Live(live)) {
            Ok(Some(content)) => typed(content.kind, content.text),
            Ok(None) => {
                plain(StatusCode::NOT_FOUND, "there is no such page; the runs are at /index.html\n")
            }
            Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
        }
    }
}

fn typed(kind: Kind, text: String) -> Response {
    let kind = match kind {
        Kind::Page => "text/html; charset=utf-8",
        Kind::Style => "text/css; charset=utf-8",
        Kind::Script => "text/javascript; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, text.to_owned()).into_response()
}

/// Whether a request is for a name that only this machine has.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}
