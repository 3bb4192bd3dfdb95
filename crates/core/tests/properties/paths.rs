//! Paths that answers, suites and rows of a store have.

use std::path::{Component, Path};

use assay_core::{Artifact, NoCode, SafePath};
use assay_fuzz::{Target, target};

fn target() -> Target {
    let words = [
        "/", "..", ".", "\\", "//", "src", "ring.c", "C:", "\0", "\u{85}", "\u{2028}", "~", " ",
        "\n", "…",
    ];
    target!("path").words(&words)
}

#[test]
fn a_safe_path_stays_in_its_folder() {
    target().check_text(|text| {
        let Ok(path) = SafePath::new(text) else { return };
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        assert!(Path::new(path.as_str()).components().all(is_plain), "{path:?}");
        assert!(path.as_str().len() <= text.len().min(512));
        assert!(!path.as_str().chars().any(|c| c.is_control() || c == '\\'), "{path:?}");
        assert!(path.as_str().ends_with(path.file_name()) && !path.file_name().is_empty());
        let again = SafePath::new(path.as_str());
        assert_eq!(again.as_ref(), Ok(&path), "it is not what it is read as");
        let stored = serde_json::to_string(&path).expect("JSON");
        assert_eq!(serde_json::from_str::<SafePath>(&stored).expect("a path"), path);
    });
}

#[test]
fn files_of_an_answer_have_paths_of_the_case() {
    let allowed =
        ["src/a.c", "src/b/x.c", "src/c/x.c"].map(|path| SafePath::new(path).expect("safe"));
    target().check_text(|text| {
        let files = [(text.to_owned(), "code".to_owned())];
        match Artifact::from_files(files, &allowed) {
            Ok(artifact) => {
                let (path, _) = artifact.files.first_key_value().expect("a file");
                assert!(allowed.contains(path));
                let written = SafePath::new(text).expect("a safe path");
                let tail = format!("/{written}");
                assert!(format!("/{path}").ends_with(&tail), "{path} for {text:?}");
            }
            Err(NoCode::NoExpectedPath(refused)) => assert_eq!(refused.len(), 1),
            Err(other) => panic!("{other}"),
        }
    });
}
