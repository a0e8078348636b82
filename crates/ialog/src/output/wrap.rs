//! Wraps text for people at word boundaries, to the width of the terminal.

use super::sanitize::single_line;
use super::styled_text::{StyledText, TextStyle};
use super::width::display_width;

/// Spaces between a label and its text.
const LABEL_GAP: usize = 2;

/// Minimum width of a second column. If less width is left, the text goes below its label.
const MIN_COLUMN_WIDTH: usize = 20;

/// Indentation of a text below its label.
const LABEL_INDENT: usize = 4;

/// Indentation of an explanation below its key, in help topics.
const KEY_INDENT: usize = 6;

/// A label and its text, wrapped to as many lines as needed. The label takes at least `label_width` columns. If fewer
/// than [`MIN_COLUMN_WIDTH`] columns remain for the text, the text begins on the line below.
pub(crate) fn labelled_text(
    label: &str,
    style: TextStyle,
    text: &str,
    label_width: usize,
    max_width: Option<usize>,
) -> StyledText {
    let (label, text) = (single_line(label), single_line(text));
    let column = label_width.max(display_width(&label)) + LABEL_GAP;
    let is_below = max_width.is_some_and(|max_width| max_width < column + MIN_COLUMN_WIDTH);
    let (indent, padding) = match is_below {
        true => (LABEL_INDENT, format!("\n{}", " ".repeat(LABEL_INDENT))),
        false => (column, " ".repeat(column - display_width(&label))),
    };
    let lines = match max_width {
        Some(max_width) => wrap(&text, max_width.saturating_sub(indent)),
        None => vec![text],
    };
    let text = lines.join(&format!("\n{}", " ".repeat(indent)));
    let mut out = StyledText::default();
    out.push_styled(&label, style);
    out.push(format!("{padding}{text}").trim_end());
    out.push("\n");
    out
}

/// Wraps the paragraphs of a help topic. Keeps the layout of two columns, and does not wrap commands.
pub(crate) fn wrap_paragraphs(text: &str, max_width: Option<usize>) -> String {
    let Some(max_width) = max_width else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut paragraph = Vec::new();
    for line in text.lines().chain([""]) {
        if line.is_empty() || line.starts_with(' ') {
            let words = std::mem::take(&mut paragraph).join(" ");
            if !words.is_empty() {
                out += &(wrap(&words, max_width).join("\n") + "\n");
            }
            out += &(wrap_second_column(line, max_width) + "\n");
        } else {
            paragraph.push(line);
        }
    }
    format!("{}\n", out.trim_end())
}

/// Wraps an indented line that has a key and, after at least two spaces, an explanation. Only the explanation is
/// wrapped; a line without an explanation stays unchanged. The wrapped lines are to the right of the key. If fewer than
/// [`MIN_COLUMN_WIDTH`] terminal columns are left there, the lines are below the key.
fn wrap_second_column(line: &str, max_width: usize) -> String {
    let indent = line.len() - line.trim_start().len();
    let gap = line.get(indent..).and_then(|rest| rest.find("  "));
    let Some((key, rest)) = gap.and_then(|gap| line.split_at_checked(indent + gap)) else {
        return line.to_owned();
    };
    let explanation = rest.trim_start();
    let column = display_width(line) - display_width(explanation);
    let (start, column) = if max_width < column + MIN_COLUMN_WIDTH {
        (format!("{key}\n{}", " ".repeat(KEY_INDENT)), KEY_INDENT)
    } else {
        (format!("{key}{}", " ".repeat(column - display_width(key))), column)
    };
    let separator = format!("\n{}", " ".repeat(column));
    let explanation = wrap(explanation, max_width.saturating_sub(column)).join(&separator);
    format!("{start}{explanation}")
}

/// Splits a text into lines of at most `max_width` columns. A longer word has a line of its own.
fn wrap(text: &str, max_width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if display_width(line) + 1 + display_width(word) <= max_width => {
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
    fn the_lines_of_a_labelled_text_are_aligned_and_no_word_is_broken() {
        let text = "the service is there and answers";
        let shown = |max_width| labelled_text("ok", TextStyle::Success, text, 6, max_width).to_string();
        assert_eq!(shown(None), "ok      the service is there and answers\n");
        assert_eq!(shown(Some(30)), "ok      the service is there\n        and answers\n");
        // Too narrow for a second column.
        assert_eq!(shown(Some(20)), "ok\n    the service is\n    there and\n    answers\n");
        let unsafe_text = labelled_text("a", TextStyle::Failure, "\u{1b}[2J", 1, None).to_string();
        assert_eq!(unsafe_text, "a  \\u{1b}[2J\n");
    }

    const TEXT: &str = "\
Title

A paragraph of a page, which
goes on here.

  key, other key  what it means, at some length

  ialog query --last 2h --user 'nobody@example.com'
";

    #[test]
    fn only_paragraphs_and_second_columns_are_wrapped() {
        assert_eq!(wrap_paragraphs(TEXT, None), TEXT);
        assert_eq!(wrap_paragraphs(TEXT, Some(100)), TEXT.replace("which\ngoes", "which goes"));
        let narrow = "\
Title

A paragraph of a page, which goes on
here.

  key, other key  what it means, at
                  some length

  ialog query --last 2h --user 'nobody@example.com'
";
        assert_eq!(wrap_paragraphs(TEXT, Some(38)), narrow);
        let below = "\
Title

A paragraph of a page,
which goes on here.

  key, other key
      what it means, at
      some length

  ialog query --last 2h --user 'nobody@example.com'
";
        assert_eq!(wrap_paragraphs(TEXT, Some(24)), below);
    }
}
