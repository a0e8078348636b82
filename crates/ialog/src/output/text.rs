//! What is in the log was typed by strangers. A user name with an escape sequence could hide lines, repaint the screen
//! or set the title of the window, and one with invisible characters could pass for another. So nothing reaches a
//! terminal but what shows, and takes as many columns as it is counted with.

use unicode_width::UnicodeWidthChar;

/// The text on one line, with everything that does not show written as an escape such as `\n` or `\u{1b}`.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            char if is_unsafe(char) => safe.extend(char.escape_unicode()),
            char => safe.push(char),
        }
    }
    safe
}

/// JSON text, whose characters that do not show are written as JSON writes them: valid JSON has such characters in its
/// strings alone.
pub(crate) fn safe_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for char in json.chars() {
        if is_unsafe(char) && !char.is_ascii_whitespace() {
            for unit in char.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(char);
        }
    }
    safe
}

/// Controls, marks that turn the direction of text round, and what takes no room or more of it than it seems to.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// How many columns a text takes that is [`safe`].
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(char: char) -> usize {
    char.width().unwrap_or_default()
}

/// Where something goes when there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truncation {
    /// The end.
    End,
    /// The middle, because begin and end tell the most.
    Middle,
    /// Whole words: the last of a phrase, such as `DELETE nic`, the first of a name, such as `sec.user.create`, whose last
    /// tell what was done. Within a word, in the middle, only where not even one has room.
    Words,
}

/// What shows that something is missing.
const GONE: char = '…';

/// The text in no more than so many columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, most: usize, cut: Truncation) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let Some(room) = most.checked_sub(columns(GONE)) else {
        return String::new();
    };
    let end = match cut {
        Truncation::End => 0,
        Truncation::Middle => match within_mark(text, most) {
            Some(shown) => return shown,
            None => room / 2,
        },
        Truncation::Words => match whole_words(text, room) {
            Some(shown) => return shown,
            None => room / 2,
        },
    };
    let mut shown: String = fitting(text.chars(), room - end).collect();
    shown.push(GONE);
    let tail: Vec<char> = fitting(text.chars().rev(), end).collect();
    // A mark belongs to the letter before it, which is gone.
    let tail = tail.into_iter().rev().skip_while(|char| columns(*char) == 0);
    shown.extend(tail);
    shown
}

/// What is short of something already, shortened at that place, down to the word behind it; none where that is not enough.
fn within_mark(text: &str, most: usize) -> Option<String> {
    let (begin, end) = text.split_once(GONE)?;
    let behind = end.find(' ').and_then(|place| end.get(place..));
    let shown = format!("{begin}{GONE}{}", behind.unwrap_or_default());
    (width(&shown) <= most).then_some(shown)
}

/// As many whole words as there is room for beside the mark for the others; none where there is no room for one.
fn whole_words(text: &str, room: usize) -> Option<String> {
    /// What stands between words.
    const BETWEEN: [char; 6] = [' ', '.', '-', '_', '/', ':'];
    let fits = |part: &&str| width(part) <= room && part.contains(|char| !BETWEEN.contains(&char));
    let behind = text.match_indices(BETWEEN).map(|(place, sign)| place + sign.len());
    if text.contains(' ') {
        let begins = behind.rev().filter_map(|place| text.get(..place));
        return begins.into_iter().find(fits).map(|part| format!("{part}{GONE}"));
    }
    // A mark belongs to the sign before it.
    let whole = |part: &&str| part.chars().next().is_some_and(|char| columns(char) > 0);
    let mut ends = behind.filter_map(|place| text.get(place..));
    let end = ends.find(|part| fits(part) && whole(part))?;
    Some(format!("{GONE}{end}"))
}

/// As many characters as there is room for.
fn fitting(chars: impl Iterator<Item = char>, mut room: usize) -> impl Iterator<Item = char> {
    chars.map_while(move |char| {
        room = room.checked_sub(columns(char))?;
        Some(char)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_does_not_show_is_left() {
        for (text, expected) in [
            ("jane@example.com", "jane@example.com"),
            ("a\nb\tc\rd", r"a\nb\tc\rd"),
            ("\u{1b}]0;pwned\u{7}", r"\u{1b}]0;pwned\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("admin\u{202e}nimda", r"admin\u{202e}nimda"),
            ("a\u{200b}b", r"a\u{200b}b"),
            ("\u{7f}", r"\u{7f}"),
            ("日本語 é Ärger", "日本語 é Ärger"),
        ] {
            assert_eq!(safe(text), expected);
        }
        for code in 0..=0x10_ffff {
            let Some(char) = char::from_u32(code) else {
                continue;
            };
            assert!(!safe(&char.to_string()).chars().any(char::is_control));
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let json = "{\n\t\"a\": \"x\u{9b}\u{7f}\u{e0041}ä\"}";
        let safe = safe_json(json);
        assert_eq!(safe, "{\n\t\"a\": \"x\\u009b\\u007f\\udb40\\udc41ä\"}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&safe), read(json));
    }

    #[test]
    fn what_is_cut_fits_and_says_so() {
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
            let shown = cut(text, most, how);
            assert_eq!(shown, expected, "{text} {most}");
            assert!(width(&shown) <= most);
        }
    }
}
