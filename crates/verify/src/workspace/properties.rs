//! Properties of drawing what an agent has written as a patch.

use assay_fuzz::target;

use super::patch::{Drawn, Patch};

/// The mark between what a file was and what it is.
const MARK: &[u8] = b"===\n";

#[test]
fn a_patch_names_its_file_in_one_line_and_is_not_much_larger_than_what_changed() {
    let holds = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let name = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let rest = &bytes[end..];
        let mark = rest.windows(MARK.len()).position(|window| window == MARK);
        let (old, new) = mark.map_or((rest, rest), |at| (&rest[..at], &rest[at + MARK.len()..]));

        let mut patch = Patch::default();
        patch.draw(&name, Drawn::Text { old: Some(old), new: Some(new) });
        let lines: Vec<&str> = patch.text.split('\n').collect();
        assert!(lines[0].starts_with("diff --git a/"), "{}", patch.text);
        assert!(!lines[0].contains(char::is_control), "{}", patch.text);
        let has_hunk = lines.iter().any(|line| line.starts_with("@@ "));
        assert!(old != new || !has_hunk, "{}", patch.text);
        assert!(patch.text.len() <= 1000 + 100 * bytes.len());
        assert_eq!((patch.files, patch.left_out), (1, 0));

        let mut link = Patch::default();
        link.draw(&name, Drawn::Link { target: &String::from_utf8_lossy(rest) });
        assert_eq!(link.text.lines().count(), 2, "{}", link.text);
    };
    let target =
        target!("agent-patch").words(&["===\n", "\n", "a\n", "\0", "\u{1b}", "@@ -1 +1 @@\n"]);
    target.check(holds);
    target.check_long(holds);
}
