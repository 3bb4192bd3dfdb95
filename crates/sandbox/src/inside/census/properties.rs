//! Properties of reading `/proc`: what a process is called, which tested code chooses,
//! changes none of its numbers. All else there is the kernel's.

use assay_fuzz::target;
use nix::unistd::Pid;

use super::{parse_stat, parse_status};

#[test]
fn no_name_of_a_process_forges_its_numbers() {
    let words = [") ", "(", "S 3 7 7 0", "\n", "RssAnon:\t 0 kB\n", " 0 ", ")", "\\n", "é"];
    target!("process-name").words(&words).check_text(|name| {
        let numbers = "S 3 7 7 0 -1 4194304 1 0 0 0 5 6 7 8 20 0 4 0 99 1 2";
        let plain = parse_stat(Pid::from_raw(7), &format!("7 (a) {numbers}"));
        let named = parse_stat(Pid::from_raw(7), &format!("7 ({name}) {numbers}"));
        assert!(plain.is_some() && named == plain, "{named:?}");
        // The kernel writes the end of a line in a name as two characters.
        let name = name.replace('\n', "\\n").replace('\r', "");
        let status = format!("Name:\t{name}\nRssAnon:\t 12 kB\nVmPTE:\t 1 kB\n");
        assert_eq!(parse_status(&status).sum(), 13 * 1024);
    });
}
