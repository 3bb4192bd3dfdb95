//! The name that was probably meant by one that is not known.

/// Says which of the known names was probably meant, as a part of a message with a blank before it;
/// nothing where none is near. Upper case and lower case are alike.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or(String::new(), |it| format!(" (did you mean {it:?}?)"))
}

/// The known name that is nearest to this one. A name is near if a third of its characters or fewer
/// are wrong, or if it begins with this one.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known.iter().map(|other| (distance(name, other), *other)).min();
    let most = (name.chars().count() / 3).max(1);
    let begins = |other: &&&str| name.len() > 2 && other.starts_with(name);
    match near {
        Some((distance, other)) if distance <= most && !name.is_empty() => Some(other),
        _ => known.iter().find(begins).copied(),
    }
}

/// How many characters are to be changed, added, removed or exchanged with the next one to make one
/// text the other, whatever their case.
fn distance(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|text| Vec::from_iter(text.to_lowercase().chars()));
    // The distances of the beginnings of `one` with 2, 1 and 0 characters less, by the length of the
    // beginning of `other`.
    let mut two_before: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let changed = before[column] + usize::from(letter != against);
            let mut least = changed.min(before[column + 1] + 1).min(now[column] + 1);
            let is_exchanged =
                row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *against;
            if is_exchanged {
                least = least.min(two_before[column - 1] + 1);
            }
            now.push(least);
        }
        two_before = std::mem::replace(&mut before, now);
    }
    before[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_meant_and_a_far_one_is_not() {
        let known = ["archive-list", "invoice-search", "order-grid", "java"];
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(nearest(name, known), expect, "{name}");
            let expect = expect.map_or(String::new(), |it| format!(" (did you mean {it:?}?)"));
            assert_eq!(did_you_mean(name, known), expect, "{name}");
        };
        check("archive_list", Some("archive-list"));
        check("Order-Grid", Some("order-grid"));
        check("invoice-saerch", Some("invoice-search"));
        check("invoice", Some("invoice-search"));
        check("jaav", Some("java"));
        check("telemetry", None);
        check("", None);
    }

    #[test]
    fn the_distance_counts_characters_and_exchanges() {
        let check = |one: &str, other: &str, expect: usize| {
            assert_eq!(distance(one, other), expect, "{one} {other}");
            assert_eq!(distance(other, one), expect, "{other} {one}");
        };
        check("", "abc", 3);
        check("abc", "ABC", 0);
        check("abcd", "acbd", 1);
        check("kitten", "sitting", 3);
        check("größe", "grösse", 2);
    }
}
