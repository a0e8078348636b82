//! A sentence must not be cut off, and in a narrow terminal it takes several lines. So it stands behind its label, and
//! its lines below each other; no line breaks within a word.

use super::{Look, safe, width};

/// What is between a label and its text.
const GAP: usize = 2;

/// A text with so little room is easier to read where it is not broken at all.
const LEAST_ROOM: usize = 20;

/// The text behind its label, which takes `labels` columns at least, on as many lines as it takes.
pub(crate) fn labelled(
    label: &str,
    look: Look,
    text: &str,
    (labels, room, looks): (usize, Option<usize>, bool),
) -> String {
    let (label, text) = (safe(label), safe(text));
    let indent = labels.max(width(&label)) + GAP;
    let room = room
        .map(|room| room.saturating_sub(indent))
        .filter(|room| *room >= LEAST_ROOM);
    let padding = " ".repeat(indent - width(&label));
    let begin = format!("{}{padding}", look.on(&label, looks));
    let lines = match room {
        Some(room) => lines(&text, room),
        None => vec![text],
    };
    let text = lines.join(&format!("\n{}", " ".repeat(indent)));
    format!("{}\n", format!("{begin}{text}").trim_end())
}

/// The words of a text on lines of so many columns; a word that is longer has a line of its own.
fn lines(text: &str, room: usize) -> Vec<String> {
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
        let shown = |room| labelled("ok", Look::Good, text, (6, room, false));
        assert_eq!(shown(None), "ok      the service is there and answers\n");
        assert_eq!(
            shown(Some(30)),
            "ok      the service is there\n        and answers\n"
        );
        // Too narrow for a second column.
        assert_eq!(shown(Some(20)), shown(None));
        assert_eq!(
            labelled("a", Look::Bad, "\u{1b}[2J", (1, None, true)),
            "\u{1b}[1;31ma\u{1b}[0m  \\u{1b}[2J\n"
        );
    }
}
