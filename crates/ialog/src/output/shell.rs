//! What is told to be typed must do what was meant, whatever is in it.

/// A text as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
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
    fn a_text_is_one_word_of_a_shell() {
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
            assert_eq!(quoted(text), word);
        }
    }
}
