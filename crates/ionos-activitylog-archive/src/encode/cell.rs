//! Escapes text for spreadsheets, which run a cell that begins with `=`, `+`, `-` or `@` as a formula. An attacker
//! could use such a text as a user name. Some spreadsheets skip tabs and line breaks before these signs. A leading
//! apostrophe makes the cell a text.

use std::borrow::Cow;

/// A text as a cell of a table. If the text begins with `=`, `+`, `-`, `@` (also in full width), a tab, a line break or
/// an apostrophe, the cell has an apostrophe before the text. To restore the text, remove one leading apostrophe.
///
/// ```
/// use ionos_activitylog_archive::escape_cell;
///
/// assert_eq!(escape_cell("=1+1"), "'=1+1");
/// assert_eq!(escape_cell("'t"), "''t");
/// assert_eq!(escape_cell("a=b"), "a=b");
/// ```
#[must_use]
pub fn escape_cell(text: &str) -> Cow<'_, str> {
    // Input methods produce the full-width forms, which some spreadsheets accept as well.
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(signs) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_escaped_and_can_be_restored() {
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'", "'=1", "＝1"] {
            let safe = escape_cell(text);
            assert_eq!(safe.strip_prefix('\''), Some(text));
        }
        for text in ["", "a", "1", " =1", "ä=", "2026-11-20T00:00:00.000Z"] {
            assert_eq!(escape_cell(text), text);
        }
    }
}
