//! [`Program`]: a program of a checkout, out of the fence that may stand around it, in the
//! language that it is written in, whatever its file is called.

use std::fmt;

use crate::case::Language;

/// A program of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The source, without a fence.
    pub text: String,
    /// The language of the source.
    pub dialect: Dialect,
    /// What the file's name says of that.
    pub named: Dialect,
    pub fence: FenceState,
}

/// What stands around a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FenceState {
    None,
    Closed,
    /// The closing fence is lacking.
    Unclosed,
}

/// What programs of a checkout are written in. C and C++ are one language of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    C,
    Cpp,
    Java,
    Python,
}

impl Dialect {
    const ALL: [Dialect; 4] = [Dialect::C, Dialect::Cpp, Dialect::Java, Dialect::Python];

    /// By the end of a file's name.
    pub fn of_extension(extension: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.extension() == extension)
    }

    /// By what follows an opening fence.
    fn of_fence(info: &str) -> Option<Dialect> {
        let word = info.split_whitespace().next()?.to_ascii_lowercase();
        match word.as_str() {
            "c" => Some(Dialect::C),
            "cpp" | "c++" | "cc" => Some(Dialect::Cpp),
            "java" => Some(Dialect::Java),
            "python" | "python3" | "py" => Some(Dialect::Python),
            _ => None,
        }
    }

    /// By the source, where only one language is written so.
    fn of_source(text: &str) -> Option<Dialect> {
        let lines = || text.lines().map(str::trim);
        if lines().any(|line| line.starts_with("#include")) {
            return Some(Dialect::C);
        }
        let opens_block = |line: &str| line.starts_with("def ") && line.ends_with(':');
        let imports = |line: &str| {
            (line.starts_with("import ") || line.starts_with("from ")) && !line.ends_with(';')
        };
        lines().any(|line| opens_block(line) || imports(line)).then_some(Dialect::Python)
    }

    pub fn extension(self) -> &'static str {
        match self {
            Dialect::C => "c",
            Dialect::Cpp => "cpp",
            Dialect::Java => "java",
            Dialect::Python => "py",
        }
    }

    pub fn language(self) -> Language {
        match self {
            Dialect::C | Dialect::Cpp => Language::C,
            Dialect::Java => Language::Java,
            Dialect::Python => Language::Python,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::C => "C",
            Dialect::Cpp => "C++",
            Dialect::Java => "Java",
            Dialect::Python => "Python",
        })
    }
}

const FENCE: &str = "```";

impl Program {
    /// The program that a file holds, by the language that its name says.
    pub fn of(content: &str, named: Dialect) -> Program {
        let opening = content.trim_start().strip_prefix(FENCE).and_then(|it| it.split_once('\n'));
        let Some((info, body)) = opening else {
            let dialect = of_unfenced(content, named);
            return Program { text: content.to_owned(), dialect, named, fence: FenceState::None };
        };
        let (text, fence) = match body.trim_end().strip_suffix(FENCE) {
            Some(text) => (text, FenceState::Closed),
            None => (body, FenceState::Unclosed),
        };
        // The end of the line before a closing fence is the fence's.
        let text = text.strip_suffix('\n').unwrap_or(text).to_owned();
        let dialect = Dialect::of_fence(info).unwrap_or_else(|| of_unfenced(&text, named));
        Program { text, dialect, named, fence }
    }

    /// How many lines it has; what follows the last line's end is none.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// The modules and headers that it imports, once for each name that is imported.
    pub fn imports(&self) -> Vec<String> {
        self.text.lines().flat_map(|line| imports(line.trim())).collect()
    }

    /// Whether it is in another language than its name says.
    pub fn drifts(&self) -> bool {
        self.dialect != self.named
    }
}

fn of_unfenced(text: &str, named: Dialect) -> Dialect {
    match Dialect::of_source(text) {
        // What C is written like, C++ is as well.
        Some(Dialect::C) if named == Dialect::Cpp => named,
        Some(Dialect::Python) if named == Dialect::Java => named,
        found => found.unwrap_or(named),
    }
}

/// What a line imports, by module: `from a import b, c` imports `a` twice.
fn imports(line: &str) -> Vec<String> {
    let times = |module: &str, names: &str| vec![module.to_owned(); names.split(',').count()];
    if let Some(rest) = line.strip_prefix("#include") {
        let header = rest.trim().trim_matches(['<', '>', '"']);
        return vec![header.split(['>', '"']).next().unwrap_or(header).to_owned()];
    }
    if let Some((module, names)) =
        line.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
    {
        return times(module.trim(), names);
    }
    let names = line.strip_prefix("import ").into_iter().flat_map(|rest| rest.split(','));
    names.filter_map(|name| name.split_whitespace().next().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_taken_out_of_its_fence_in_the_language_that_it_is_in() {
        let check = |content: &str, named, text: &str, dialect, fence| {
            let found = Program::of(content, named);
            assert_eq!(found.text, text, "{content:?}");
            assert_eq!((found.dialect, found.fence), (dialect, fence), "{content:?}");
            assert_eq!(found.drifts(), dialect != named, "{content:?}");
        };
        use Dialect::{C, Cpp, Python};
        use FenceState::{Closed, None, Unclosed};
        check("int x;\n", C, "int x;\n", C, None);
        check("```c\nint x;\n```", C, "int x;", C, Closed);
        check("```c\nint x;\n```\n", C, "int x;", C, Closed);
        check("```cpp\nint x;\n```", C, "int x;", Cpp, Closed);
        check("```python\nimport os\n\n```", C, "import os\n", Python, Closed);
        check("```python\nimport os\n", Python, "import os", Python, Unclosed);
        check("```\n#include <a.h>\n```", Python, "#include <a.h>", C, Closed);
        check("import os\nprint(1)\n", C, "import os\nprint(1)\n", Python, None);
        check("def f():\n    pass\n", C, "def f():\n    pass\n", Python, None);
        check("", C, "", C, None);
        check("```", C, "```", C, None);
    }

    #[test]
    fn imports_are_counted_by_name_and_told_by_module() {
        let text = "#include <sys/stat.h>\n# include\n  import os, re as r\nfrom a.b import c, d\n";
        let found = Program::of(text, Dialect::Python).imports();
        assert_eq!(found, ["sys/stat.h", "os", "re", "a.b", "a.b"]);
    }
}
