//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, also one that an attacker wrote into
//! their user name. Tabs and line breaks before it are passed over by some. An apostrophe before it makes it a text for
//! all of them.

use std::borrow::Cow;

/// A text as a cell of a table: with an apostrophe before it where it begins with `=`, `+`, `-`, `@`, a tab, a line
/// break or an apostrophe. So a program gets the text back by taking away one leading apostrophe, wherever there is one.
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
    // The wide forms are taken for the narrow ones where people type them.
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(signs) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_a_text_and_can_be_had_back() {
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'", "'=1", "＝1"] {
            let safe = escape_cell(text);
            assert_eq!(safe.strip_prefix('\''), Some(text));
        }
        for text in ["", "a", "1", " =1", "ä=", "2026-11-20T00:00:00.000Z"] {
            assert_eq!(escape_cell(text), text);
        }
    }
}
