//! The regular expression of the filter `text`. Only an expression that begins with `(?-i)` distinguishes upper and
//! lower case. Any other expression ignores case, as all filters do: a search for `nürnberg` must not silently miss
//! `Nürnberg`.
//!
//! The crate `regex-lite` ignores only the case of ASCII letters, so each letter outside ASCII in the expression is
//! replaced by a character class with both of its cases.

use std::fmt;

use regex_lite::{Error, Regex, RegexBuilder};

/// Beginning of an expression that does not ignore case.
const MATCH_CASE: &str = "(?-i)";

/// Maximum length of an expression, in characters. The time of a search grows with the length.
pub(super) const MAX_EXPRESSION_CHARS: usize = 1000;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct TextPattern {
    /// The expression as it was written.
    source: String,
    regex: Regex,
}

impl TextPattern {
    pub(super) fn new(expression: &str) -> Result<Self, Error> {
        // The unchanged expression is compiled first, so that an error shows the expression as it was written.
        let as_written = Regex::new(expression)?;
        let regex = match expression.starts_with(MATCH_CASE) {
            true => as_written,
            false => RegexBuilder::new(&with_all_cases(expression)).case_insensitive(true).build()?,
        };
        Ok(Self { source: expression.to_owned(), regex })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Replaces each letter outside ASCII in a valid expression by a character class with both of its cases.
fn with_all_cases(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut rest = expression.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '\\' => {
                out.push(char);
                out.extend(rest.next());
            }
            '[' => {
                let mut class = String::new();
                // A closing bracket at the beginning of a class belongs to the class.
                let mut is_first = true;
                while let Some(member) = rest.next() {
                    match member {
                        ']' if !is_first => break,
                        '\\' => class.extend([member].into_iter().chain(rest.next())),
                        '[' if rest.peek() == Some(&':') => {
                            class.push(member);
                            while let Some(named) = rest.next() {
                                class.push(named);
                                if named == ':' && rest.peek() == Some(&']') {
                                    class.extend(rest.next());
                                    break;
                                }
                            }
                        }
                        member => class.push(member),
                    }
                    is_first = is_first && member == '^';
                }
                out.extend(["[", &class_with_all_cases(&class), "]"]);
            }
            // A group with flags or a name.
            '(' if rest.peek() == Some(&'?') => {
                out.push(char);
                for flag in rest.by_ref() {
                    out.push(flag);
                    if matches!(flag, ':' | '>' | ')') {
                        break;
                    }
                }
            }
            char => match other_case(char) {
                Some(other) => out.extend(['[', char, other, ']']),
                None => out.push(char),
            },
        }
    }
    out
}

/// Adds the other case of each letter outside ASCII to the members of a class.
fn class_with_all_cases(class: &str) -> String {
    let mut added = String::new();
    let mut ends_with_hyphen = false;
    let mut rest = class.strip_prefix('^').unwrap_or(class).chars();
    while let Some(member) = rest.next() {
        ends_with_hyphen = member == '-' && rest.as_str().is_empty();
        // An escaped member is ASCII.
        let start = if member == '\\' { rest.next().unwrap_or(member) } else { member };
        let mut end = start;
        let mut after = rest.clone();
        if after.next() == Some('-')
            && let Some(last) = after.next()
        {
            (end, rest) = (last, after);
        }
        added.extend((start.max('\u{80}')..=end).filter_map(other_case));
    }
    match class.strip_suffix('-').filter(|_| ends_with_hyphen) {
        // A hyphen between two letters would be a range.
        Some(class) => format!("{class}{added}-"),
        None => format!("{class}{added}"),
    }
}

/// The lower case of an upper case letter and the reverse; `None` for ASCII, for other characters, and for a letter
/// whose other case is several characters.
fn other_case(char: char) -> Option<char> {
    if char.is_ascii() {
        return None;
    }
    let single = |mut cases: Box<dyn Iterator<Item = char>>| cases.next().filter(|_| cases.next().is_none());
    let lower = single(Box::new(char.to_lowercase())).filter(|lower| *lower != char);
    lower.or_else(|| single(Box::new(char.to_uppercase())).filter(|upper| *upper != char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ignores_the_case_of_all_letters_unless_the_expression_distinguishes_case() {
        for (expression, text, expected) in [
            ("nürnberg", "Büro NÜRNBERG", true),
            ("NÜRNBERG", "büro nürnberg", true),
            ("(?-i)Nürnberg", "Nürnberg", true),
            ("(?-i)nürnberg", "Nürnberg", false),
            ("(?-i)deleting", "Deleting server", false),
            ("deleting SERVER", "Deleting server", true),
            ("привет", "ПРИВЕТ", true),
            ("[äö]u", "ÄU", true),
            ("[^ä]u", "ÄU", false),
            ("[ä-ö]u", "ÖU", true),
            ("[]ä]", "Ä", true),
            ("[[:digit:]ä]", "Ä", true),
            (r"[\\ä]", "Ä", true),
            ("[^-ä]", "Ä", false),
            ("[-ä]", "Ä", true),
            ("[ä-]", "Ä", true),
            ("[a-ö]+$", "ÄÖ", true),
            (r"[+-\]ä]", "Ä", true),
            (r"\w+ü{2}", "aÜü", true),
            (r"ü\.", "Ü.", true),
            (r"ü\.", "Üx", false),
            ("(?:ä|ö)(?P<rest>ü)", "ÖÜ", true),
            ("straße", "STRASSE", false),
            ("^$", "", true),
        ] {
            let pattern = TextPattern::new(expression).unwrap();
            assert_eq!(pattern.is_match(text), expected, "expression {expression}, text {text}");
            assert_eq!(pattern.to_string(), expression);
        }
    }
}
