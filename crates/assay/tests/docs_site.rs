//! The pages of docs/ as a site: each is listed, and every link leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there")
}

/// Every page of docs/ by its name.
fn pages() -> BTreeMap<String, String> {
    let entries = fs::read_dir(repository().join("docs")).expect("a folder");
    let names = entries.map(|entry| entry.expect("readable").file_name().into_string());
    let names = names.map(|name| name.expect("UTF-8")).filter(|name| name.ends_with(".md"));
    names.map(|name| (name.clone(), read(&format!("docs/{name}")))).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines outside of blocks of code, without what is code in them.
fn prose(text: &str) -> Vec<String> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let start = line.trim_start();
        let ticks = &start[..start.len() - start.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() && start == ticks => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => lines.push(line.split('`').step_by(2).collect()),
        }
    }
    lines
}

/// Where the links of a text lead.
fn links(text: &str) -> Vec<String> {
    // A link may go on in the next line.
    let text = prose(text).join(" ");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.trim().to_owned()).collect()
}

/// What the headings of a page are reached by.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            let kept = |c: char| c.is_alphanumeric() || " -_".contains(c);
            let name: String = heading.trim().chars().filter(|c| kept(*c)).collect();
            anchors.insert(name.to_lowercase().replace(' ', "-"));
        }
    }
    anchors
}

#[test]
fn every_page_is_listed_once() {
    let summary = read("docs/SUMMARY.md");
    let mut listed = links(&summary);
    let count = listed.len();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), count, "a page is listed twice");
    let pages: Vec<String> = pages().into_keys().filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed, pages, "docs/SUMMARY.md lists other pages than there are");
}

#[test]
fn every_link_of_a_page_leads_to_something_that_the_site_has() {
    let pages = pages();
    let mut seen = 0;
    for (name, text) in &pages {
        for link in links(text) {
            seen += 1;
            if link.starts_with("https://") || link.starts_with("http://localhost") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { name.as_str() } else { file };
            match pages.get(target) {
                Some(page) if !anchor.is_empty() => {
                    assert!(anchors(page).contains(anchor), "docs/{name}: {link} has no heading");
                }
                Some(_) => {}
                None => {
                    let there = repository().join("docs").join(target).is_file();
                    assert!(there && !target.contains(".."), "docs/{name}: {link} is not there");
                }
            }
        }
    }
    assert!(seen > 100, "{seen} links");
}

#[test]
fn the_readme_leads_to_pages_that_are_there() {
    for link in links(&read("README.md")) {
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        if file.starts_with("https://") || file.is_empty() {
            continue;
        }
        let text = read(file);
        assert!(anchor.is_empty() || anchors(&text).contains(anchor), "README.md: {link}");
    }
}

#[test]
fn the_picture_of_the_first_page_is_small_enough_to_load() {
    let picture = fs::read(repository().join("docs/report.png")).expect("the picture");
    assert!(picture.starts_with(b"\x89PNG"));
    assert!(picture.len() < 200_000, "{} bytes", picture.len());
}

#[test]
fn links_are_found_as_people_write_them() {
    let text = "[a](a.md) and `[no](no.md)`\n```\n[no](no.md)\n```\n[b\nc](b.md#some-part)";
    assert_eq!(links(text), ["a.md", "b.md#some-part"]);
    let text = "# A `b` c\n## What, then?\n```sh\n# no heading\n```\n";
    assert_eq!(anchors(text), BTreeSet::from(["a-b-c", "what-then"].map(str::to_owned)));
}
