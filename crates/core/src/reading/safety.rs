//! Reads what a judge says of code that it was asked about one weakness of.

use super::label::{bare_verdict, without_thinking};
use super::verdict_fields::{Kind, fields, verdict};

/// What a judge says of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    Safe,
    Unsafe,
}

impl Safety {
    pub fn as_str(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        }
    }

    pub(super) fn of(vulnerable: bool) -> Safety {
        if vulnerable { Safety::Unsafe } else { Safety::Safe }
    }
}

/// What a judge's answer says, strictly: its first verdict that says safe or unsafe, or yes or
/// no to vulnerable. `None` where it cannot be read, which is not safe and not unsafe.
pub fn read_safety(answer: &str) -> Option<Safety> {
    let answer = without_thinking(answer);
    let verdicts = fields(&answer).filter(|field| field.kind == Kind::Verdict);
    let first = verdicts.filter_map(|field| verdict(field.value)).next();
    first.or_else(|| bare_verdict(&answer)).map(Safety::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_is_read_by_its_verdict_and_not_by_a_word() {
        let check = |answer: &str, expect| assert_eq!(read_safety(answer), expect, "{answer}");
        check("{\"vulnerable\": \"safe\"}\nsafe_load avoids unsafe types.", Some(Safety::Safe));
        check("{{\n  \"vulnerable\": [unsafe]\n}}", Some(Safety::Unsafe));
        check("{\"vulnerable\": [\"No\"],}", Some(Safety::Safe));
        check("unsafe", Some(Safety::Unsafe));
        check("{", None);
        check("", None);
        check("It looks unsafe to me.", None);
    }
}
