//! Whoever mistypes a word should be told the word, and not be sent to the manual.

/// So many letters may be wrong: with more, words are just different.
const FARTHEST: usize = 2;

/// The known word that was probably meant: the one that it begins, or the one that differs in the fewest letters, at
/// most two and never in all; none where none is near. Upper and lower case are the same.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    let distances = known.into_iter().map(|known| {
        let folded: Vec<char> = known.chars().flat_map(char::to_lowercase).collect();
        let begins = word.len() > 2 && folded.starts_with(&word);
        (if begins { 0 } else { distance(&word, &folded) }, known)
    });
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= FARTHEST && distance < word.len()).then_some(nearest)
}

/// The same for a message: ` (did you mean "user"?)`, or nothing.
#[must_use]
pub fn guess<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |meant| format!(" (did you mean {meant:?}?)"))
}

/// How many letters must be added, taken away, changed or swapped with their neighbour (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    // A word of a megabyte is no typing error.
    let too_far = FARTHEST + 1;
    if one.len().abs_diff(other.len()) >= too_far {
        return too_far;
    }
    let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(too_far);
    let mut twice_above: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut before = None;
    for (place, letter) in one.iter().enumerate() {
        let mut row = vec![place + 1];
        let mut known_before = None;
        for (column, known) in other.iter().enumerate() {
            let changed = at(&above, column) + usize::from(known != letter);
            let added = at(&row, column) + 1;
            let taken = at(&above, column + 1) + 1;
            let mut least = changed.min(added).min(taken);
            if before == Some(known) && known_before == Some(letter) {
                least = least.min(at(&twice_above, column.saturating_sub(1)) + 1);
            }
            row.push(least);
            known_before = Some(known);
        }
        before = Some(letter);
        twice_above = std::mem::replace(&mut above, row);
    }
    at(&above, other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant() {
        let known = ["user", "type", "outcome", "resource-type", "ip", "RequestAccepted", "Europe/Berlin"];
        for (word, meant) in [
            ("usr", Some("user")),
            ("USERS", Some("user")),
            ("suer", Some("user")),
            ("outcom", Some("outcome")),
            ("resource", Some("resource-type")),
            ("resourcetyp", Some("resource-type")),
            ("RequestAcepted", Some("RequestAccepted")),
            ("europe/berlni", Some("Europe/Berlin")),
            ("ipp", Some("ip")),
            ("colour", None),
            ("something else", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"user".repeat(1 << 18), known), None);
        assert_eq!(nearest("word", []), None);
    }

    #[test]
    fn the_distance_counts_letters() {
        for (one, other, expected) in [
            ("kitten", "sitting", 3),
            ("abcd", "acbd", 1),
            ("ab", "ba", 1),
            ("", "ab", 2),
            ("abc", "", 3),
            ("same", "same", 0),
        ] {
            let [one, other] = [one, other].map(|word| word.chars().collect::<Vec<_>>());
            assert_eq!(distance(&one, &other), expected, "{one:?} {other:?}");
        }
    }
}
