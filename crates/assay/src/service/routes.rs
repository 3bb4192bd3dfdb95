//! [`Route`]: what a request asks for, by its method and path.

use super::path::segments;
use super::tokens::Scope;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Health,
    Ready,
    Metrics,
    OpenApi,
    Verify(String),
    Rewards,
    Cases,
    Case(String),
    PutCase(String),
    DeleteCase(String),
    Validate,
    Batch,
    Validation(String),
    Evidence(String),
    Logs(String),
}

/// Why nothing is asked for that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The path has one meaning, and nothing is there.
    Nowhere,
    /// There are other methods, these.
    OtherMethod(&'static str),
}

impl Route {
    /// What a method and a path ask for.
    pub(super) fn find(method: &str, path: &str) -> Result<Route, Lost> {
        let segments = segments(path).ok_or(Lost::Nowhere)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = if method == "HEAD" { "GET" } else { method };
        let own = |text: &str| text.to_owned();
        let get = |route| match method {
            "GET" => Ok(route),
            _ => Err(Lost::OtherMethod("GET, HEAD")),
        };
        let post = |route| match method {
            "POST" => Ok(route),
            _ => Err(Lost::OtherMethod("POST")),
        };
        match segments[..] {
            ["healthz"] => get(Route::Health),
            ["readyz"] => get(Route::Ready),
            ["metrics"] => get(Route::Metrics),
            ["openapi.json"] => get(Route::OpenApi),
            ["verify", case] => post(Route::Verify(own(case))),
            // The controller names cases in Python by a folder and one within it.
            ["verify", group, case] => post(Route::Verify(format!("{group}/{case}"))),
            ["v1", "rewards"] => get(Route::Rewards),
            ["v1", "cases"] => get(Route::Cases),
            ["v1", "cases", case] => match method {
                "GET" => Ok(Route::Case(own(case))),
                "PUT" => Ok(Route::PutCase(own(case))),
                "DELETE" => Ok(Route::DeleteCase(own(case))),
                _ => Err(Lost::OtherMethod("GET, HEAD, PUT, DELETE")),
            },
            ["v1", "validations"] => post(Route::Validate),
            ["v1", "batches"] => post(Route::Batch),
            ["v1", "validations", id] => get(Route::Validation(own(id))),
            ["v1", "validations", id, "evidence"] => get(Route::Evidence(own(id))),
            ["v1", "validations", id, "logs"] => get(Route::Logs(own(id))),
            _ => Err(Lost::Nowhere),
        }
    }

    /// The path with its variable parts by their names.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Route::Health => "/healthz",
            Route::Ready => "/readyz",
            Route::Metrics => "/metrics",
            Route::OpenApi => "/openapi.json",
            Route::Verify(_) => "/verify/{case}",
            Route::Rewards => "/v1/rewards",
            Route::Cases => "/v1/cases",
            Route::Case(_) | Route::PutCase(_) | Route::DeleteCase(_) => "/v1/cases/{case}",
            Route::Validate => "/v1/validations",
            Route::Batch => "/v1/batches",
            Route::Validation(_) => "/v1/validations/{id}",
            Route::Evidence(_) => "/v1/validations/{id}/evidence",
            Route::Logs(_) => "/v1/validations/{id}/logs",
        }
    }

    /// The scopes of which a caller needs one; `None` where nobody needs a token.
    pub(super) fn scopes(&self) -> Option<&'static [Scope]> {
        match self {
            Route::Health | Route::Ready | Route::OpenApi => None,
            Route::Metrics => Some(&[Scope::Metrics]),
            Route::Verify(_) | Route::Validate | Route::Batch => Some(&[Scope::Validate]),
            Route::Rewards | Route::Cases | Route::Case(_) | Route::Validation(_) => {
                Some(&[Scope::Validate, Scope::Read])
            }
            Route::Evidence(_) | Route::Logs(_) => Some(&[Scope::Read]),
            Route::PutCase(_) | Route::DeleteCase(_) => Some(&[Scope::Admin]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_for_one_thing_or_for_nothing() {
        let check = |method: &str, path: &str, expect: Result<Route, Lost>| {
            assert_eq!(Route::find(method, path), expect, "{method} {path}");
        };
        check("GET", "/healthz", Ok(Route::Health));
        check("HEAD", "/healthz", Ok(Route::Health));
        check("POST", "/healthz", Err(Lost::OtherMethod("GET, HEAD")));
        check("POST", "/verify/a", Ok(Route::Verify("a".to_owned())));
        check("POST", "/verify/a/b", Ok(Route::Verify("a/b".to_owned())));
        check("POST", "/verify/a/b/c", Err(Lost::Nowhere));
        check("PUT", "/v1/cases/a", Ok(Route::PutCase("a".to_owned())));
        check("PATCH", "/v1/cases/a", Err(Lost::OtherMethod("GET, HEAD, PUT, DELETE")));
        check("GET", "/v1/validations", Err(Lost::OtherMethod("POST")));
        check("GET", "/v1/validations/7/logs", Ok(Route::Logs("7".to_owned())));
        check("GET", "/V1/cases", Err(Lost::Nowhere));
        check("GET", "/v1/cases/", Err(Lost::Nowhere));
        check("get", "/healthz", Err(Lost::OtherMethod("GET, HEAD")));
    }
}
