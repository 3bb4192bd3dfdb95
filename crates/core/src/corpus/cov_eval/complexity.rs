//! [`Complexity`]: how long programs are and what they import, as CoV-Eval's Appendix E counts it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::program::Program;

/// What programs come to together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Complexity {
    pub programs: usize,
    /// `None` without any program.
    pub mean_lines: Option<f64>,
    /// Imported names and headers of a program; `None` without any.
    pub mean_imports: Option<f64>,
    /// Modules and headers that any of them imports.
    pub distinct_imports: usize,
}

/// The figures that the paper prints of its seeds and of what was evolved from them: mean lines, mean
/// imports, and distinct imports (Appendix E).
pub const PUBLISHED: [(f64, f64, usize); 2] = [(19.5, 4.7, 23), (27.4, 4.8, 67)];

impl Complexity {
    pub fn of<'a>(programs: impl IntoIterator<Item = &'a Program>) -> Complexity {
        let (mut count, mut lines, mut imports) = (0, 0, 0);
        let mut distinct = BTreeSet::new();
        for program in programs {
            let found = program.imports();
            count += 1;
            lines += program.lines();
            imports += found.len();
            distinct.extend(found);
        }
        Complexity {
            programs: count,
            mean_lines: mean(lines, count),
            mean_imports: mean(imports, count),
            distinct_imports: distinct.len(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "programs are few")]
fn mean(sum: usize, count: usize) -> Option<f64> {
    (count > 0).then(|| sum as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::*;

    #[test]
    fn imports_are_counted_by_name_and_once_in_all() {
        let of = |text: &str| Program::of(text, Dialect::Python);
        let found = Complexity::of(&[of("import os, re\n"), of("from os import path\n\nx = 1\n")]);
        assert_eq!((found.programs, found.distinct_imports), (2, 2));
        assert_eq!((found.mean_lines, found.mean_imports), (Some(2.0), Some(1.5)));
        let none = Complexity::of(&[]);
        assert_eq!((none.mean_lines, none.mean_imports), (None, None));
    }
}
