//! A text that was written for a page is wider than many terminals. Its paragraphs are broken anew there, what is
//! explained in a second column stays in it, and a line to be typed stays whole.

use crate::output::labelled::{LEAST_ROOM, lines};
use crate::output::text::width;

/// How far what had no room in the second column is moved in.
const BELOW: usize = 6;

/// The text on lines of so many columns, if there is a limit.
pub(crate) fn paragraphs(text: &str, room: Option<usize>) -> String {
    let Some(room) = room else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut paragraph = Vec::new();
    for line in text.lines().chain([""]) {
        if line.is_empty() || line.starts_with(' ') {
            let words = std::mem::take(&mut paragraph).join(" ");
            if !words.is_empty() {
                out += &(lines(&words, room).join("\n") + "\n");
            }
            out += &(second_column(line, room) + "\n");
        } else {
            paragraph.push(line);
        }
    }
    format!("{}\n", out.trim_end())
}

/// A line with what is explained in it below itself.
fn second_column(line: &str, room: usize) -> String {
    let begin = line.len() - line.trim_start().len();
    let gap = line.get(begin..).and_then(|rest| rest.find("  "));
    let Some((key, rest)) = gap.and_then(|gap| line.split_at_checked(begin + gap)) else {
        return line.to_owned();
    };
    let explained = rest.trim_start();
    let column = width(line) - width(explained);
    let (begin, column) = if room < column + LEAST_ROOM {
        (format!("{key}\n{}", " ".repeat(BELOW)), BELOW)
    } else {
        (format!("{key}{}", " ".repeat(column - width(key))), column)
    };
    let between = format!("\n{}", " ".repeat(column));
    let explained = lines(explained, room.saturating_sub(column)).join(&between);
    format!("{begin}{explained}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Title

A paragraph of a page, which
goes on here.

  key, other key  what it means, at some length

  ialog query --last 2h --user 'nobody@example.com'
";

    #[test]
    fn what_does_not_fit_is_broken_anew_and_nothing_else() {
        assert_eq!(paragraphs(TEXT, None), TEXT);
        assert_eq!(paragraphs(TEXT, Some(100)), TEXT.replace("which\ngoes", "which goes"));
        let narrow = "\
Title

A paragraph of a page, which goes on
here.

  key, other key  what it means, at
                  some length

  ialog query --last 2h --user 'nobody@example.com'
";
        assert_eq!(paragraphs(TEXT, Some(38)), narrow);
        let below = "\
Title

A paragraph of a page,
which goes on here.

  key, other key
      what it means, at
      some length

  ialog query --last 2h --user 'nobody@example.com'
";
        assert_eq!(paragraphs(TEXT, Some(24)), below);
    }
}
