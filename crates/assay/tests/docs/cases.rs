//! The pages that write a case from beginning to end, followed word for word.

use std::fs;

use assay_core::Language;

use crate::page::{blocks, commands};
use crate::shell::{Shell, is_shown};

/// Follows a page: every file is written as it is shown, every command carried out.
fn follow(language: Language) {
    let page = &format!("docs/case-in-{language}.md");
    let shell = Shell::alone();
    let mut folder = None;
    let mut proved = false;
    for block in blocks(page) {
        for command in commands(&block) {
            let ended = shell.run(&command.text);
            let place = format!("{page}:{}: {}", command.line, command.text);
            // A vulnerable solution that is looked at is not secure, which is what is shown.
            let codes: &[i32] = if command.text.contains(" verify ") { &[1] } else { &[0] };
            assert!(ended.code.is_some_and(|code| codes.contains(&code)), "{place}\n{ended}");
            if let Some(shown) = &command.output {
                assert!(is_shown(shown, &ended.stdout), "{place}\nshown:\n{shown}\n{ended}");
            }
            if command.text.contains(" cases new ") {
                let (new, _) = ended.stdout.split_once(": a case about").expect("the folder");
                folder = Some(shell.path(new));
            }
            proved |= ended.stdout.contains("1 of 1 cases proved");
        }
        let is_file = !["console", "sh", "text"].contains(&block.language.as_str());
        if let (Some(file), true) = (&block.file, is_file) {
            let folder = folder.as_ref().expect("a case is begun before its files are written");
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            fs::write(&path, &block.text).expect("it is written");
        }
    }
    assert!(proved, "{page} proves no case");
}

#[test]
fn a_case_in_c_is_proved_by_following_its_page() {
    follow(Language::C);
}

#[test]
fn a_case_in_go_is_proved_by_following_its_page() {
    follow(Language::Go);
}

#[test]
fn a_case_in_java_is_proved_by_following_its_page() {
    follow(Language::Java);
}

#[test]
fn a_case_in_nodejs_is_proved_by_following_its_page() {
    follow(Language::NodeJs);
}

#[test]
fn a_case_in_python_is_proved_by_following_its_page() {
    follow(Language::Python);
}

#[test]
fn a_case_in_ruby_is_proved_by_following_its_page() {
    follow(Language::Ruby);
}
