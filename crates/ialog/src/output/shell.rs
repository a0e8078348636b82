//! Quotes text for a POSIX shell, in commands that a message suggests to the user.

/// Quotes a text so that a POSIX shell reads it as one word.
pub(crate) fn shell_quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_word() {
        for (text, word) in [
            ("ialog-sim-token", "ialog-sim-token"),
            ("eyJ.eyJ_-.", "eyJ.eyJ_-."),
            ("YQ==", "YQ=="),
            ("", "''"),
            ("a b", "'a b'"),
            ("$HOME&", "'$HOME&'"),
            ("it's", r"'it'\''s'"),
            ("~x", "'~x'"),
        ] {
            assert_eq!(shell_quote(text), word);
        }
    }
}
