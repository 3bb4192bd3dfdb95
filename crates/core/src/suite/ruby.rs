//! Finds the tests of Minitest suites.

use std::collections::BTreeSet;

use super::ExpectedTest;
use crate::files::{FileSet, SafePath};

/// A test, and where its source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub class: String,
    pub method: String,
    /// Counted from 0.
    pub class_line: usize,
    pub line: usize,
    pub may_skip: bool,
}

impl Definition {
    /// As the runner names it.
    pub fn name(&self) -> String {
        format!("{}#{}", self.class, self.method)
    }
}

/// Whether Minitest's tests are looked for in a file: `test_*.rb` or `*_test.rb`.
pub fn is_test_file(path: &SafePath) -> bool {
    let name = path.file_name();
    name.ends_with("_test.rb") || (name.starts_with("test_") && name.ends_with(".rb"))
}

/// The tests of a source: methods `test_*` of classes that inherit from `Minitest::Test`,
/// indented by two blanks in a class that is not.
pub fn definitions(text: &str) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut class: Option<(String, usize)> = None;
    let mut is_comment = false;
    for (number, line) in text.lines().enumerate() {
        if line == "__END__" {
            break;
        }
        if line.starts_with("=begin") || line.starts_with("=end") {
            is_comment = line.starts_with("=begin");
        }
        if is_comment {
            continue;
        }
        if let Some(name) = test_class(line) {
            class = Some((name.to_owned(), number));
        } else if line.starts_with("class ") || line.starts_with("end") {
            class = None;
        }
        let Some((name, class_line)) = &class else { continue };
        if let Some(method) = test_method(line) {
            found.push(Definition {
                class: name.clone(),
                method: method.to_owned(),
                class_line: *class_line,
                line: number,
                may_skip: false,
            });
        } else if let Some(last) = found.last_mut()
            && is_skip(line)
        {
            last.may_skip = last.may_skip || last.class_line == *class_line;
        }
    }
    found
}

/// The name of the test class that begins in a line.
fn test_class(line: &str) -> Option<&str> {
    let (name, parent) = line.strip_prefix("class ")?.split_once('<')?;
    let parent = parent.split('#').next()?.trim();
    let parent = parent.strip_prefix("::").unwrap_or(parent);
    (parent == "Minitest::Test").then_some(name.trim())
}

/// The name of the test method that begins in a line.
fn test_method(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  def ")?;
    let is_part = |c: char| c.is_alphanumeric() || "_?!".contains(c);
    let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
    name.starts_with("test_").then_some(name)
}

fn is_skip(line: &str) -> bool {
    let code = line.trim_start();
    code == "skip" || code.starts_with("skip ") || code.starts_with("skip(")
}

fn all(files: &FileSet) -> impl Iterator<Item = Definition> {
    files
        .iter()
        .filter(|(path, _)| is_test_file(path))
        .flat_map(|(_, content)| definitions(&String::from_utf8_lossy(content)))
}

pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    let mut tests: Vec<ExpectedTest> = Vec::new();
    for definition in all(files) {
        let name = definition.name();
        // A second definition of a name replaces the first.
        match tests.iter_mut().find(|test| test.name == name) {
            Some(known) => known.may_skip = definition.may_skip,
            None => tests.push(ExpectedTest { name, may_skip: definition.may_skip }),
        }
    }
    tests
}

/// The names of tests that are defined again.
pub(super) fn replaced(files: &FileSet) -> Vec<String> {
    let mut seen = BTreeSet::new();
    all(files).map(|it| it.name()).filter(|name| !seen.insert(name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_methods_of_test_classes_as_they_are_usually_written() {
        let text = "\
require \"minitest/autorun\"

class AThing < Minitest::Test # of ours
  def setup
  end

  def test_one
    assert true
  end

  def helper = 1

  def test_two?
    skip \"not here\"
  end
end

class Other < ::Minitest::Test
  def test_one = assert(true)
end

class Helper
  def test_none
  end
end

=begin
class Gone < Minitest::Test
  def test_gone
=end
__END__
class After < Minitest::Test
  def test_after
";
        let found: Vec<_> =
            definitions(text).into_iter().map(|it| (it.name(), it.line, it.may_skip)).collect();
        let expect = [
            ("AThing#test_one", 6, false),
            ("AThing#test_two?", 12, true),
            ("Other#test_one", 18, false),
        ];
        assert_eq!(found, expect.map(|(name, line, skip)| (name.to_owned(), line, skip)));
    }

    #[test]
    fn only_test_files_are_read_and_a_name_that_is_there_twice_is_found() {
        let file = |path: &str| {
            let text = "class A < Minitest::Test\n  def test_a\n  end\nend\n";
            (SafePath::new(path).expect("safe"), text.as_bytes().to_vec())
        };
        let files =
            FileSet::from([file("a/one_test.rb"), file("a/helper.rb"), file("a/test_two.rb")]);
        assert_eq!(tests(&files), [ExpectedTest::new("A#test_a")]);
        assert_eq!(replaced(&files), ["A#test_a"]);
    }
}
