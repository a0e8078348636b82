//! A sentence must not be cut off, and in a narrow terminal it takes several lines. So it stands behind its label, or
//! below it where there is no room, and its lines below each other; no line breaks within a word.

use crate::output::table::TextStyle;
use crate::output::text::{safe, width};

/// What is between a label and its text.
const GAP: usize = 2;

/// Less room than this is none.
pub(super) const LEAST_ROOM: usize = 20;

/// How far a text is moved in that stands below its label.
const BELOW: usize = 4;

/// The text behind its label, which takes `labels` columns at least, on as many lines as it takes.
pub(crate) fn labelled(
    label: &str,
    look: TextStyle,
    text: &str,
    (labels, room, looks): (usize, Option<usize>, bool),
) -> String {
    let (label, text) = (safe(label), safe(text));
    let behind = labels.max(width(&label)) + GAP;
    let below = room.is_some_and(|room| room < behind + LEAST_ROOM);
    let (indent, padding) = match below {
        true => (BELOW, format!("\n{}", " ".repeat(BELOW))),
        false => (behind, " ".repeat(behind - width(&label))),
    };
    let lines = match room {
        Some(room) => lines(&text, room.saturating_sub(indent)),
        None => vec![text],
    };
    let text = lines.join(&format!("\n{}", " ".repeat(indent)));
    let all = format!("{}{padding}{text}", look.on(&label, looks));
    format!("{}\n", all.trim_end())
}

/// The words of a text on lines of so many columns; a word that is longer has a line of its own.
pub(super) fn lines(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_goes_on_below_itself_and_no_word_is_broken() {
        let text = "the service is there and answers";
        let shown = |room| labelled("ok", TextStyle::Good, text, (6, room, false));
        assert_eq!(shown(None), "ok      the service is there and answers\n");
        assert_eq!(shown(Some(30)), "ok      the service is there\n        and answers\n");
        // Too narrow for a second column.
        assert_eq!(shown(Some(20)), "ok\n    the service is\n    there and\n    answers\n");
        assert_eq!(labelled("a", TextStyle::Bad, "\u{1b}[2J", (1, None, true)), "\u{1b}[1;31ma\u{1b}[0m  \\u{1b}[2J\n");
    }
}
