//! A typing error is mended fastest by seeing the word that was meant.

/// The most letters that may differ: with more, words are just different.
const FARTHEST: usize = 2;

/// The word that was probably meant: the one it begins, or the one that differs in the fewest letters; none when none
/// is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distances = known.into_iter().map(|known| {
        let begins = word.chars().count() > 2 && known.starts_with(&word);
        (if begins { 0 } else { distance(&word, known) }, known)
    });
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= FARTHEST && distance < word.chars().count()).then_some(nearest)
}

/// How many letters must be added, taken away or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    // A word of a megabyte is no typing error.
    for (place, letter) in one.chars().take(64).enumerate() {
        let mut row = vec![place + 1];
        let mut left = place + 1;
        for (known, pair) in other.iter().zip(above.windows(2)) {
            let [corner, top] = *pair else { continue };
            left = (left + 1)
                .min(top + 1)
                .min(corner + usize::from(*known != letter));
            row.push(left);
        }
        above = row;
    }
    above.last().copied().unwrap_or_default() + one.chars().skip(64).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant() {
        let known = ["user", "type", "outcome", "resource-type", "ip"];
        for (word, meant) in [
            ("usr", Some("user")),
            ("USERS", Some("user")),
            ("outcom", Some("outcome")),
            ("resource", Some("resource-type")),
            ("resourcetyp", Some("resource-type")),
            ("ipp", Some("ip")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
