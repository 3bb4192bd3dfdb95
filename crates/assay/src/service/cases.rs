//! The cases that are served, and how others come there: `/v1/cases`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use assay_core::corpus::load_native_case;
use assay_core::files::{FileSet, SafePath};
use assay_core::{Case, Phase};
use serde_json::{Value, json};

use super::archive::{ArchiveLimits, unpack};
use super::builder::{Built, NotTaken};
use super::exchange::{BodyLimit, receive};
use super::hub::DigestedCase;
use super::reply::Reply;
use super::server::{Answered, Asked};
use super::shelf::{Entry, Origin};
use super::state::Service;
use super::watch::without_folder;

/// `GET /v1/cases`
pub(super) fn list(service: &Service) -> Reply {
    let cases: Vec<Value> =
        service.shelf.all().iter().map(|(id, entry)| describe(id, entry)).collect();
    Reply::json(200, &json!({ "schema": "assay.served-cases/1", "cases": cases }))
}

/// `GET /v1/cases/{case}`
pub(super) fn show(service: &Service, name: &str) -> Answered {
    let Some((id, entry)) = service.shelf.find(name) else { return no_such_case().into() };
    let mut described = describe(&id, &entry);
    described["schema"] = "assay.served-case/1".into();
    if let Some(DigestedCase { case, .. }) = &entry.served {
        detail(&mut described, case);
    }
    Answered { reply: Reply::json(200, &described), caller: None, case: Some(id) }
}

fn no_such_case() -> Reply {
    Reply::error(404, "no-such-case", "there is no such case; GET /v1/cases lists those there are")
}

fn describe(id: &str, entry: &Entry) -> Value {
    let mut described = json!({
        "case": id,
        "origin": entry.origin.as_str(),
        "state": entry.state.as_str(),
        "reason": entry.state.reason(),
        "digest": &*entry.latest,
        "served-digest": entry.served.as_ref().map(|it| &*it.digest),
    });
    if let Some(DigestedCase { case, .. }) = &entry.served {
        described["title"] = case.title.clone().into();
        described["language"] = case.language.as_str().into();
        described["cwe"] = json!(case.cwe);
        described["severity"] = case.severity.as_str().into();
    }
    described
}

/// What a caller needs to know to make an artifact. Tests and solutions are not told.
fn detail(described: &mut Value, case: &Case) {
    described["scenarios"] = json!(case.scenarios);
    let paths: Vec<&str> = case.artifact_paths().iter().map(SafePath::as_str).collect();
    described["artifact-paths"] = json!(paths);
    let phases: Vec<Value> = Phase::ALL
        .into_iter()
        .filter_map(|phase| {
            let decider = case.code()?.decider(phase)?;
            let by = match (decider.rubric(), decider.suite()) {
                (Some(_), _) => "judges",
                (None, Some(_)) => "tests",
                (None, None) => "analyser",
            };
            let tests = case.expected_tests(phase).len();
            Some(json!({ "phase": phase.as_str(), "by": by, "tests": tests }))
        })
        .collect();
    described["phases"] = phases.into();
}

/// `PUT /v1/cases/{case}`
pub(super) async fn put(service: &Service, id: &str, asked: Asked) -> Answered {
    if service.is_draining() {
        return Reply::draining().into();
    }
    let is_id = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !is_id {
        let message = "the id of a case has letters, digits, - and _";
        return Reply::error(422, "case-refused", message).into();
    }
    let body = match receive(asked.body, BodyLimit::Archive, (&service.admission, false)).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into(),
    };
    let own = id.to_owned();
    let loaded = tokio::task::spawn_blocking(move || load(&own, &body.bytes)).await;
    let case = match loaded {
        Ok(Ok(case)) => case,
        Ok(Err(reason)) => return Reply::error(422, "case-refused", reason).into(),
        Err(error) => {
            let message = format!("reading the case panicked: {error}; this is a bug");
            return Reply::error(500, "internal", message).into();
        }
    };
    let case = DigestedCase::new(Arc::new(case));
    if let Err(fault) = service.builder.take(&case, Origin::Upload, Built::Proved) {
        let reply = match fault {
            NotTaken::Full => {
                let message = "as many cases wait to be prepared as there is room for";
                Reply::error(429, "too-many-requests", message).retry_after(30)
            }
            NotTaken::Other(origin) => other_origin(origin),
            NotTaken::Closed => {
                Reply::error(500, "internal", "cases are made ready no more; restart the service")
            }
        };
        return reply.into();
    }
    let shown = show(service, id);
    let Answered { mut reply, .. } = shown;
    reply.status = 202;
    let reply = reply.with(hyper::header::LOCATION, format!("/v1/cases/{id}"));
    Answered { reply, caller: None, case: Some(id.to_owned()) }
}

fn other_origin(origin: Origin) -> Reply {
    let place = match origin {
        Origin::Corpus => "is of the corpus that the service was started with",
        Origin::Folder => "is in the folder that is watched",
        Origin::Upload => "was sent",
    };
    let message =
        format!("a case of this id {place}, and is changed there alone; give it another id");
    Reply::error(409, "other-origin", message)
}

/// Reads a case from an archive of its folder, with or without the folder itself.
fn load(id: &str, archive: &[u8]) -> Result<Case, String> {
    let files = unpack(archive, ArchiveLimits::default()).map_err(|error| error.to_string())?;
    let files = without_top(files);
    let temporary =
        tempfile::tempdir().map_err(|error| format!("there is no room for it: {error}"))?;
    let folder = temporary.path().join(id);
    write(&folder, &files).map_err(|error| format!("there is no room for it: {error}"))?;
    load_native_case(&folder).map_err(|error| without_folder(&error.to_string(), &folder))
}

/// Files without the one folder that holds them all, if there is no `case.toml` at the top.
fn without_top(files: FileSet) -> FileSet {
    let is_at_top = files.keys().any(|path| path.as_str() == "case.toml");
    let top = files
        .keys()
        .next()
        .and_then(|path| path.as_str().split_once('/'))
        .map(|it| it.0.to_owned());
    let Some(top) = top.filter(|top| !is_at_top && files.keys().all(|path| path.is_under(top)))
    else {
        return files;
    };
    let moved = files.iter().filter_map(|(path, content)| {
        let rest = path.as_str().strip_prefix(&top)?.trim_start_matches('/');
        Some((SafePath::new(rest).ok()?, content.clone()))
    });
    moved.collect()
}

/// Writes files below a new folder; their paths cannot leave it, and no link is there.
fn write(folder: &Path, files: &FileSet) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    for (path, content) in files {
        let place = folder.join(path.as_str());
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(place, content)?;
    }
    Ok(())
}

/// `DELETE /v1/cases/{case}`
pub(super) fn delete(service: &Service, id: &str) -> Answered {
    let reply = match service.shelf.withdraw(id, Origin::Upload) {
        None => no_such_case(),
        Some(Err(origin)) => other_origin(origin),
        Some(Ok(())) => Reply::json(200, &json!({ "schema": "assay.removed-case/1", "case": id })),
    };
    reply.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_around_everything_is_taken_away() {
        let set = |paths: &[&str]| -> FileSet {
            paths.iter().map(|path| (SafePath::new(path).expect("safe"), Vec::new())).collect()
        };
        let check = |paths: &[&str], expect: &[&str]| {
            let found = without_top(set(paths));
            assert_eq!(found.keys().map(SafePath::as_str).collect::<Vec<_>>(), expect);
        };
        check(&["a/case.toml", "a/tests/x"], &["case.toml", "tests/x"]);
        check(&["case.toml", "tests/x"], &["case.toml", "tests/x"]);
        check(&["a/case.toml", "b/x"], &["a/case.toml", "b/x"]);
    }
}
