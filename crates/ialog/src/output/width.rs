//! Measures and truncates text for a terminal. The text must be on a single line, see
//! [`single_line`](super::sanitize::single_line).

use unicode_width::UnicodeWidthChar;

/// Number of columns that a single-line text takes on a terminal.
pub(crate) fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(char: char) -> usize {
    char.width().unwrap_or_default()
}

/// Which part of a text is dropped if it is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truncation {
    /// Drops the end.
    End,
    /// Drops the middle, because the beginning and the end are the most useful parts. If the text already contains `…`,
    /// drops only the part between `…` and the next space, provided that the result fits: `server/8f3a…1c +2` becomes
    /// `server/8f3a… +2`.
    Middle,
    /// Drops whole words. A phrase such as `DELETE nic` loses its last words. A name such as `sec.user.create` loses
    /// its first words, because its last words say what was done. If not even one word fits, drops the middle.
    Words,
}

/// Marks the place of the dropped part.
const ELLIPSIS: char = '…';

/// The text in at most `max_width` columns. `…` replaces the dropped part.
pub(crate) fn truncate(text: &str, max_width: usize, truncation: Truncation) -> String {
    if display_width(text) <= max_width {
        return text.to_owned();
    }
    let Some(rest) = max_width.checked_sub(char_width(ELLIPSIS)) else {
        return String::new();
    };
    let end = match truncation {
        Truncation::End => 0,
        Truncation::Middle => match shorten_at_ellipsis(text, max_width) {
            Some(shown) => return shown,
            None => rest / 2,
        },
        Truncation::Words => match fit_words(text, rest) {
            Some(shown) => return shown,
            None => rest / 2,
        },
    };
    let mut shown: String = take_fitting(text.chars(), rest - end).collect();
    shown.push(ELLIPSIS);
    let tail: Vec<char> = take_fitting(text.chars().rev(), end).collect();
    // A combining mark at the start of the tail belongs to a dropped letter, so the mark is dropped, too.
    let tail = tail.into_iter().rev().skip_while(|char| char_width(*char) == 0);
    shown.extend(tail);
    shown
}

/// Drops the text between an existing ellipsis and the next space, or the end of the text if there is no space. `None`
/// if there is no ellipsis, or if the result is still too wide.
fn shorten_at_ellipsis(text: &str, max_width: usize) -> Option<String> {
    let (begin, end) = text.split_once(ELLIPSIS)?;
    let next_words = end.find(' ').and_then(|place| end.get(place..));
    let shown = format!("{begin}{ELLIPSIS}{}", next_words.unwrap_or_default());
    (display_width(&shown) <= max_width).then_some(shown)
}

/// An ellipsis and as many whole words of the text as fit into `rest` columns. `None` if not even one word fits.
fn fit_words(text: &str, rest: usize) -> Option<String> {
    const SEPARATORS: [char; 6] = [' ', '.', '-', '_', '/', ':'];
    let fits = |part: &&str| display_width(part) <= rest && part.contains(|char| !SEPARATORS.contains(&char));
    let word_starts = text.match_indices(SEPARATORS).map(|(place, sign)| place + sign.len());
    if text.contains(' ') {
        let begins = word_starts.rev().filter_map(|place| text.get(..place));
        return begins.into_iter().find(fits).map(|part| format!("{part}{ELLIPSIS}"));
    }
    // A combining mark belongs to the character before it, so the shown part must not begin with such a mark.
    let is_whole = |part: &&str| part.chars().next().is_some_and(|char| char_width(char) > 0);
    let mut ends = word_starts.filter_map(|place| text.get(place..));
    let end = ends.find(|part| fits(part) && is_whole(part))?;
    Some(format!("{ELLIPSIS}{end}"))
}

/// The first characters, up to a width of `rest`.
fn take_fitting(chars: impl Iterator<Item = char>, mut rest: usize) -> impl Iterator<Item = char> {
    chars.map_while(move |char| {
        rest = rest.checked_sub(char_width(char))?;
        Some(char)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_text_fits_and_has_an_ellipsis() {
        let cases = [
            ("jane@example.com", 16, Truncation::End, "jane@example.com"),
            ("jane@example.com", 8, Truncation::End, "jane@ex…"),
            ("server/8f3a2b1c", 9, Truncation::Middle, "serv…2b1c"),
            ("日本語", 6, Truncation::End, "日本語"),
            ("日本語", 5, Truncation::End, "日本…"),
            ("日本語", 4, Truncation::End, "日…"),
            ("日本語", 4, Truncation::Middle, "日…"),
            ("e\u{301}e\u{301}e\u{301}", 2, Truncation::End, "e\u{301}…"),
            ("sec.user.create", 15, Truncation::Words, "sec.user.create"),
            ("sec.user.create", 14, Truncation::Words, "…user.create"),
            ("sec.user.create", 11, Truncation::Words, "…create"),
            ("sec.user.create", 6, Truncation::Words, "sec…te"),
            ("DELETE datacenter", 14, Truncation::Words, "DELETE …"),
            ("DELETE kubernetes-nodepool", 20, Truncation::Words, "DELETE kubernetes-…"),
            ("DELETE nic", 7, Truncation::Words, "DEL…nic"),
            ("..........", 4, Truncation::Words, "..…."),
            ("日本.語語", 6, Truncation::Words, "…語語"),
            ("日本.語語", 5, Truncation::Words, "…語語"),
            ("日本.語語", 4, Truncation::Words, "日…"),
            ("ab.\u{301}cd.ef", 6, Truncation::Words, "…ef"),
            ("Generate", 6, Truncation::Words, "Gen…te"),
            ("abc", 1, Truncation::Words, "…"),
            ("abc", 0, Truncation::Words, ""),
            ("server/8f3a…1c", 13, Truncation::Middle, "server/8f3a…"),
            ("server/8f3a…1c +2", 15, Truncation::Middle, "server/8f3a… +2"),
            ("server/8f3a…1c", 11, Truncation::Middle, "serve…3a…1c"),
            ("abc", 1, Truncation::Middle, "…"),
            ("abc", 0, Truncation::End, ""),
        ];
        for (text, most, how, expected) in cases {
            let shown = truncate(text, most, how);
            assert_eq!(shown, expected, "text {text:?}, maximum width {most}");
            assert!(display_width(&shown) <= most);
        }
    }
}
