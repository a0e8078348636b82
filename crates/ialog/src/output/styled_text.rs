//! Text with styles for people. Only the writer adds the escape sequences of the styles, after it has escaped the text.

use std::fmt;

/// The style of a text if colors are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextStyle {
    #[default]
    Plain,
    Bold,
    Dim,
    Success,
    Pending,
    Failure,
}

impl TextStyle {
    /// The parameters of the SGR escape sequence; `None` for plain text.
    pub(super) fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Success => Some("32"),
            Self::Pending => Some("33"),
            Self::Failure => Some("1;31"),
        }
    }
}

/// Lines of text, parts of which have a style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StyledText {
    text: String,
    /// Consecutive parts of the text: the end of each part as a byte offset, and its style.
    parts: Vec<(usize, TextStyle)>,
}

impl StyledText {
    pub(crate) fn push(&mut self, text: &str) {
        self.push_styled(text, TextStyle::Plain);
    }

    pub(crate) fn push_styled(&mut self, text: &str, style: TextStyle) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        match self.parts.last_mut() {
            Some((end, last)) if *last == style => *end = self.text.len(),
            _ => self.parts.push((self.text.len(), style)),
        }
    }

    pub(crate) fn append(&mut self, other: &Self) {
        for (text, style) in other.parts() {
            self.push_styled(text, style);
        }
    }

    /// The parts in order, each with its style.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&str, TextStyle)> {
        let mut start = 0;
        self.parts.iter().map(move |(end, style)| {
            let part = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (part, *style)
        })
    }
}

impl From<String> for StyledText {
    fn from(text: String) -> Self {
        let parts = if text.is_empty() { Vec::new() } else { vec![(text.len(), TextStyle::Plain)] };
        Self { text, parts }
    }
}

/// The text without styles.
impl fmt::Display for StyledText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
