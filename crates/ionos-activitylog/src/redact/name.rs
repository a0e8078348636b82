//! Removes secrets from a name that comes from a configuration file. YAML joins the lines of a text: if a line
//! `token:SECRET` follows `environment: prod` and is indented more deeply, the name is `prod token:SECRET`. So a name
//! of several words may end in a secret.

use super::REDACTED;

/// Maximum length of a name that is shown, in bytes. Tokens are longer.
const MAX_NAME_BYTES: usize = 64;

/// The name if it is one plain word. A longer name is replaced by its first word, followed by ` ...`. If the first word
/// is not plain, the name is replaced by `[redacted]`.
pub(crate) fn redact_name(name: &str) -> String {
    let mut words = name.split_whitespace();
    match (words.next(), words.next()) {
        (None, _) => String::new(),
        (Some(word), _) if !is_plain(word) => REDACTED.to_owned(),
        (Some(word), None) => word.to_owned(),
        (Some(word), Some(_)) => format!("{word} ..."),
    }
}

/// Whether a word has only letters, digits, `-`, `_`, `.` and `/`, is not too long, and is not a JSON Web Token.
fn is_plain(word: &str) -> bool {
    // All characters of a JSON Web Token are allowed in a name, so a token is recognized by its first letters.
    let is_token = word.starts_with("eyJ");
    let is_allowed = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '/');
    !is_token && word.len() <= MAX_NAME_BYTES && word.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_is_shown_as_a_whole() {
        let long = "a".repeat(65);
        for (name, shown) in [
            ("", ""),
            (" prod-1_a.b ", "prod-1_a.b"),
            ("Köln", "Köln"),
            ("prod token:planted", "prod ..."),
            ("prod\ntoken planted", "prod ..."),
            ("token:planted", "[redacted]"),
            ("eyJhbGciOiJIUzI1NiJ9.planted.c2ln", "[redacted]"),
            (&long, "[redacted]"),
        ] {
            assert_eq!(redact_name(name), shown);
        }
    }
}
