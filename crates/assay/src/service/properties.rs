//! Properties of reading what callers send: of archives no more comes out than is in them, and
//! nothing that has a place elsewhere; a path means one thing.

use assay_fuzz::{Target, target};

use super::archive::{ArchiveLimits, unpack};
use super::path::segments;
use super::routes::Route;

const LIMITS: ArchiveLimits =
    ArchiveLimits { files: 16, file_bytes: 4 << 10, bytes: 16 << 10, ratio: 50 };

fn archives() -> Target {
    target!("case-archive").words(&[
        "../",
        "/",
        "\0",
        "ustar\0",
        "00000000010\0",
        "x",
        "2",
        "path=",
    ])
}

fn paths() -> Target {
    target!("request-path")
        .words(&["/", "%2f", "%2e", "..", "%00", "%", "v1", "cases", "verify", "%25"])
}

#[test]
fn what_comes_out_of_an_archive_is_bounded_and_lies_below_its_folder() {
    archives().check(|bytes| {
        let Ok(files) = unpack(bytes, LIMITS) else { return };
        assert!(!files.is_empty() && files.len() <= LIMITS.files);
        let mut total = 0;
        for (path, content) in &files {
            let path = path.as_str();
            assert!(
                !path.starts_with('/')
                    && path.split('/').all(|part| part != ".." && !part.is_empty())
            );
            assert!(content.len() as u64 <= LIMITS.file_bytes);
            total += content.len() as u64;
        }
        assert!(total <= LIMITS.bytes);
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            assert!(total <= bytes.len() as u64);
            // Without its end, an archive never holds more.
            let cut = unpack(&bytes[..bytes.len() / 2], LIMITS).unwrap_or_default();
            assert!(cut.iter().all(|(path, content)| files.get(path) == Some(content)));
        }
    });
}

#[test]
fn a_path_has_plain_segments_or_none_and_leads_to_one_route() {
    paths().check(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Some(found) = segments(&text) else {
            assert!(Route::find("GET", &text).is_err() && Route::find("PUT", &text).is_err());
            return;
        };
        for segment in &found {
            assert!(!segment.is_empty() && segment != "." && segment != "..");
            assert!(!segment.contains(['/', '\\', '\0', '\n', '\r']));
        }
        assert_eq!(found.len(), text.split('/').count() - 1);
    });
}
