//! Suggests the known word that a user probably meant.

use strsim::osa_distance;

/// Maximum number of typing errors in a word that gets a suggestion.
const MAX_DISTANCE: usize = 2;

/// The known word that a user probably meant with `word`; `None` if there is none. Ignores case.
///
/// If `word` has at least three letters, a known word that begins with `word` is returned. Otherwise, the known word
/// from which `word` differs by the fewest typing errors is returned. No word is returned if the number of typing
/// errors is above two, or at least the number of letters of `word`. A typing error is an additional, missing or
/// replaced letter, or two swapped neighbors.
#[must_use]
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        if length > 2 && candidate.starts_with(&word) {
            return 0;
        }
        // The comparison takes quadratic time. It is skipped if the lengths of the words differ too much, because
        // `word` may be a megabyte of text.
        match candidate.chars().count().abs_diff(length) {
            0..=MAX_DISTANCE => osa_distance(&word, &candidate),
            difference => difference,
        }
    };
    let distances = known.into_iter().map(|candidate| (distance(candidate), candidate));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= MAX_DISTANCE && distance < length).then_some(nearest)
}

/// The suggestion as part of a message: ` (did you mean "user"?)`. Empty if no word is similar enough.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggest(word, known).map_or_else(String::new, |suggestion| format!(" (did you mean {suggestion:?}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_most_similar_word() {
        let known = ["user", "type", "outcome", "resource-type", "ip", "RequestAccepted", "Europe/Berlin"];
        for (word, expected) in [
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
            assert_eq!(suggest(word, known), expected, "{word}");
        }
        assert_eq!(suggest(&"user".repeat(1 << 18), known), None);
        assert_eq!(suggest("word", []), None);
    }
}
