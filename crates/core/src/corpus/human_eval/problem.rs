//! [`Problem`]: a line of HumanEval, and the Python that is made of it.

use serde::Deserialize;

/// A problem as it is published; more than this may be in its line.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    task_id: String,
    /// The beginning of a file: up to the signature and the documentation of a function.
    pub(super) prompt: String,
    /// The function's name.
    pub(super) entry_point: String,
    /// The function's body.
    canonical_solution: String,
    /// Defines `check`, which takes the function.
    test: String,
}

/// The most characters of an id or of a function's name.
const MAX_NAME: usize = 100;

impl Problem {
    /// The problem of a line, or what is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Problem, String> {
        let problem: Problem = serde_json::from_str(line).map_err(|error| {
            let text = error.to_string();
            // The error's own line is always 1.
            let what = text.split(" at line ").next().unwrap_or(&text);
            format!(
                "is no problem of HumanEval: {what} (column {}); a line is a JSON object with the texts task_id, prompt, entry_point, canonical_solution and test",
                error.column()
            )
        })?;
        problem.fault().map_or(Ok(problem), Err)
    }

    fn fault(&self) -> Option<String> {
        let Problem { task_id, prompt, entry_point, canonical_solution, test } = self;
        let is_short = |name: &str| (1..=MAX_NAME).contains(&name.len());
        let in_id = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !is_short(task_id) || !task_id.chars().all(in_id) {
            return Some(format!(
                "`task_id` is not 1 to {MAX_NAME} letters, digits, -, _ and /, such as HumanEval/0"
            ));
        }
        if !is_short(entry_point)
            || !entry_point.chars().all(in_name)
            || entry_point.starts_with(|c: char| c.is_ascii_digit())
        {
            return Some(format!(
                "`entry_point` is not the name of a function of at most {MAX_NAME} letters, digits and _"
            ));
        }
        if entry_point == "check" {
            return Some("`entry_point` is `check`, as the tests are; rename it".to_owned());
        }
        if !defines(prompt, entry_point) {
            return Some(format!("`prompt` does not define `{entry_point}`, its `entry_point`"));
        }
        if !defines(test, "check") {
            return Some("`test` does not define `check`, which takes the function".to_owned());
        }
        let is_blank = canonical_solution.trim().is_empty();
        is_blank.then(|| "`canonical_solution` is empty".to_owned())
    }

    /// The id of its case, which may have no slash.
    pub(super) fn id(&self) -> String {
        self.task_id.replace('/', "-")
    }

    /// The file with the known solution.
    pub(super) fn solved(&self) -> String {
        with_end(&format!("{}{}", self.prompt, self.canonical_solution))
    }

    /// The file as it is given: a function without a body, which returns nothing.
    pub(super) fn unsolved(&self) -> String {
        with_end(&self.prompt)
    }

    /// A suite of one test. As with the official program, the tests may use what the
    /// prompt defines and call the function by its name; whatever else an answer defines,
    /// they have the prompt's own.
    pub(super) fn suite(&self, test: &str) -> String {
        let Problem { entry_point, .. } = self;
        let (prompt, tests) = (with_end(&self.prompt), with_end(&self.test));
        format!(
            "{prompt}\n\nfrom solution import {entry_point}\n\n{tests}\n\ndef {test}():\n    check({entry_point})\n"
        )
    }
}

/// Whether a module of Python defines a function.
fn defines(text: &str, function: &str) -> bool {
    text.lines().any(|line| {
        let rest = line.strip_prefix("def ").and_then(|it| it.trim_start().strip_prefix(function));
        rest.is_some_and(|rest| rest.trim_start().starts_with('('))
    })
}

fn with_end(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}
