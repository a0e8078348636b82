//! Whoever mistypes a word should be told the word, and not be sent to the manual.

/// So many letters may be wrong.
const FARTHEST: usize = 2;

/// The known word that was probably meant: one that it begins, or the nearest one; none where none is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let distances = known.into_iter().map(|known| {
        let folded = known.to_lowercase();
        let begins = length > 2 && folded.starts_with(&word);
        let distance = strsim::osa_distance(&word, &folded);
        (if begins { 0 } else { distance }, known)
    });
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= FARTHEST && distance < length).then_some(nearest)
}

/// ` (did you mean …?)`, or nothing.
pub(crate) fn guess<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |meant| format!(" (did you mean {meant:?}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant() {
        let known = ["RequestAccepted", "Europe/Berlin", "user", "ip"];
        for (word, meant) in [
            ("RequestAcepted", Some("RequestAccepted")),
            ("europe/berlni", Some("Europe/Berlin")),
            ("use", Some("user")),
            ("ipp", Some("ip")),
            ("x", None),
            ("", None),
            ("something else", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
