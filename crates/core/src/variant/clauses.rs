//! Puts the items of a brief's lists into another order.

use std::ops::Range;

/// Beginnings of items that lean on the one before.
const LEANING: &[&str] = &[
    "it ",
    "they ",
    "this ",
    "that ",
    "these ",
    "those ",
    "then",
    "otherwise",
    "else",
    "also",
    "after that",
    "the same",
    "such ",
    "other ",
    "others ",
    "fields of any other",
    "in both",
    "all other",
    "any other",
    "without that",
    "除此",
    "其他",
    "否则",
    "然后",
    "这",
    "它",
    "同样",
];

/// The items of each list at the left margin whose order means nothing, as ranges of lines.
fn lists(lines: &[&str]) -> Vec<Vec<Range<usize>>> {
    let mut lists = Vec::new();
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut is_code = false;
    for (number, line) in lines.iter().chain(&[""]).enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let continues = line.starts_with("  ") && !items.is_empty();
        if !is_code && line.starts_with("- ") {
            items.push(number..number + 1);
        } else if continues {
            if let Some(last) = items.last_mut() {
                last.end = number + 1;
            }
        } else if !items.is_empty() {
            lists.push(std::mem::take(&mut items));
        }
    }
    let is_free = |item: &Range<usize>| {
        let text = lines[item.start].trim_start_matches("- ").to_lowercase();
        !LEANING.iter().any(|leaning| text.starts_with(leaning))
    };
    let long = lists.into_iter().filter(|items| items.len() > 1);
    long.filter(|items| items.iter().all(is_free)).collect()
}

/// How many lists of a text can be put into another order, and how long each is.
pub(super) fn lengths(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    lists(&lines).iter().map(Vec::len).collect()
}

/// A text whose lists have these orders; lists beyond them stay as they are.
pub(super) fn reorder(text: &str, orders: &[Vec<usize>]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<&str> = lines.clone();
    for (items, order) in lists(&lines).iter().zip(orders) {
        let start = items.first().map_or(0, |item| item.start);
        let moved = order.iter().filter_map(|place| items.get(*place));
        let moved = moved.flat_map(|item| lines[item.clone()].iter().copied());
        for (offset, line) in moved.enumerate() {
            out[start + offset] = line;
        }
    }
    let end = if text.ends_with('\n') { "\n" } else { "" };
    out.join("\n") + end
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A\n\n- one\n  more of one\n- two\n- three\n\ntext\n\n- alone\n\n- first\n- Otherwise second\n";

    #[test]
    fn items_move_whole_and_lists_that_lean_on_their_order_stay() {
        assert_eq!(lengths(TEXT), [3]);
        let expect = TEXT.replace(
            "- one\n  more of one\n- two\n- three\n",
            "- three\n- one\n  more of one\n- two\n",
        );
        assert_eq!(reorder(TEXT, &[vec![2, 0, 1]]), expect);
    }

    #[test]
    fn code_holds_no_list() {
        assert_eq!(lengths("```\n- a\n- b\n```\n"), Vec::<usize>::new());
    }
}
