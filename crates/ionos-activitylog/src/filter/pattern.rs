//! Compares words. Comparisons ignore case, and also `-` and `_` where the vendor's spellings differ.

use std::fmt;

use crate::event::fold;

/// The differences between two words that a comparison ignores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Ignores case.
    Case,
    /// Ignores case, `-` and `_`, which the vendor's products use inconsistently.
    Name,
}

impl Fold {
    fn apply(self, text: &str) -> String {
        match self {
            Self::Case => text.chars().flat_map(char::to_lowercase).collect(),
            Self::Name => fold(text).collect(),
        }
    }
}

/// A pattern for words, in which `*` matches any number of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    fold: Fold,
    /// The pattern after `fold` was applied. Consecutive stars are reduced to one.
    text: String,
}

impl Pattern {
    /// Creates a pattern. `None` if the text is empty or has only characters that `fold` ignores, such as `-` with
    /// [`Fold::Name`].
    #[must_use]
    pub fn new(fold: Fold, text: &str) -> Option<Self> {
        let mut folded = fold.apply(text);
        while folded.contains("**") {
            folded = folded.replace("**", "*");
        }
        (!folded.is_empty()).then_some(Self { fold, text: folded })
    }

    /// Whether the pattern contains a `*`.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.text.contains('*')
    }

    /// Whether the pattern matches the whole word.
    #[must_use]
    pub fn matches(&self, word: &str) -> bool {
        // Fast path for the most frequent filter on archives, a user name in ASCII.
        if self.fold == Fold::Case && word.is_ascii() && !self.has_wildcard() {
            return word.eq_ignore_ascii_case(&self.text);
        }
        let word = self.fold.apply(word);
        let Some((start, rest)) = self.text.split_once('*') else {
            return word == self.text;
        };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = word.strip_prefix(start).and_then(|word| word.strip_suffix(end));
        // Matching each piece at its first occurrence leaves the most text for the following pieces.
        let found = inner.and_then(|inner| {
            middle.split('*').try_fold(inner, |left, piece| left.split_once(piece).map(|(_, left)| left))
        });
        found.is_some()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_number_of_characters() {
        let cases = [
            ("sec.*", "sec.user.create", true),
            ("sec.*", "sec.", true),
            ("sec.*", "vr.sec.x", false),
            ("*.create", "sec.user.create", true),
            ("sec.*.create", "sec.create", false),
            ("*user*", "sec.user.create", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*b*c", "abc", false),
            ("***", "", true),
            ("*", "anything", true),
            ("Sec.User-Create", "sec.usercreate", true),
            ("ä*", "Ärger", true),
            ("user", "users", false),
        ];
        for (pattern, word, expected) in cases {
            let pattern = Pattern::new(Fold::Name, pattern).unwrap();
            assert_eq!(pattern.matches(word), expected, "pattern {pattern}, word {word}");
        }
        let cases = [
            ("jane@example.com", "Jane@Example.COM", true),
            ("jane@example.com", "jane@example.com.", false),
            ("\u{212a}elvin", "KELVIN", true),
            ("stra\u{df}e", "STRASSE", false),
            ("\u{e4}rger", "\u{c4}RGER", true),
            ("jane*", "JANE@example.com", true),
        ];
        for (pattern, word, expected) in cases {
            let pattern = Pattern::new(Fold::Case, pattern).unwrap();
            assert_eq!(pattern.matches(word), expected, "pattern {pattern}, word {word}");
        }
        assert!(!Pattern::new(Fold::Case, "jane_doe").unwrap().matches("janedoe"));
        assert!(Pattern::new(Fold::Name, "_-").is_none());
    }
}
