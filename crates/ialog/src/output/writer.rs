//! Encodes what is written to standard output. All output passes [`Content::encode`], so that no caller can forget to
//! escape control sequences. Text for people is always escaped. Data for programs is escaped only on a terminal: a pipe
//! gets every byte unchanged.

use std::borrow::Cow;

use super::sanitize::{escape_data, escape_text};
use super::styled_text::StyledText;
use super::terminal::Terminal;

/// Something to write to standard output.
pub(crate) enum Content {
    /// For people; always escaped.
    Text(StyledText),
    /// For programs, such as JSON, CSV or a script.
    Data(String),
}

impl Content {
    /// The text to write. Control sequences are escaped, except in data for a pipe.
    pub(crate) fn encode(&self, terminal: &Terminal) -> Cow<'_, str> {
        match self {
            Self::Data(data) if terminal.is_terminal => escape_data(data),
            Self::Data(data) => Cow::Borrowed(data),
            Self::Text(text) => Cow::Owned(encode_text(text, terminal.colors)),
        }
    }
}

impl From<StyledText> for Content {
    fn from(text: StyledText) -> Self {
        Self::Text(text)
    }
}

fn encode_text(text: &StyledText, colors: bool) -> String {
    let mut encoded = String::new();
    for (part, style) in text.parts() {
        let part = escape_text(part);
        match style.sgr().filter(|_| colors) {
            Some(sgr) => encoded.extend(["\u{1b}[", sgr, "m", &part, "\u{1b}[0m"]),
            None => encoded.push_str(&part),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::styled_text::TextStyle;

    fn encode(content: impl Into<Content>, terminal: &Terminal) -> String {
        content.into().encode(terminal).into_owned()
    }

    #[test]
    fn data_is_escaped_on_a_terminal_and_unchanged_in_a_pipe() {
        let data = || Content::Data("{\"a\":\"x\u{9b}\u{7f}\"}\tb\n".to_owned());
        assert_eq!(encode(data(), &Terminal::default()), "{\"a\":\"x\u{9b}\u{7f}\"}\tb\n");
        let terminal = Terminal { is_terminal: true, ..Terminal::default() };
        assert_eq!(encode(data(), &terminal), "{\"a\":\"x\\u009b\\u007f\"}\tb\n");
    }

    #[test]
    fn escape_sequences_in_text_are_escaped_and_those_of_styles_are_not() {
        let mut text = StyledText::default();
        text.push("a\u{1b}[2J\n");
        text.push_styled("\u{1b}[0mb", TextStyle::Failure);
        for is_terminal in [false, true] {
            let plain = Terminal { is_terminal, ..Terminal::default() };
            assert_eq!(encode(text.clone(), &plain), "a\\u{1b}[2J\n\\u{1b}[0mb");
            let colored = Terminal { is_terminal, colors: true, ..Terminal::default() };
            assert_eq!(encode(text.clone(), &colored), "a\\u{1b}[2J\n\u{1b}[1;31m\\u{1b}[0mb\u{1b}[0m");
        }
    }
}
