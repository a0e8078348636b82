//! A table that people read: it fits the terminal, nothing in it can take over the terminal, and what was left out shows.

use super::column_widths;
use crate::output::column_widths::WidthRequest;
use crate::output::text::{Truncation, cut, safe, width};

/// What is between two columns.
const GAP: &str = "  ";

/// As wide as most of what is shown in whole words.
const WORDS: usize = 20;

/// How a text looks where colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextStyle {
    #[default]
    Plain,
    Bold,
    Dim,
    Good,
    Waiting,
    Bad,
}

impl TextStyle {
    /// The text with this look, if looks are `used`.
    pub(crate) fn on(self, text: &str, used: bool) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            _ if !used => return text.to_owned(),
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Waiting => "33",
            Self::Bad => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// What a column is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSpec {
    pub(crate) title: &'static str,
    /// Columns of the terminal that it needs to be of any use.
    pub(crate) least: usize,
    /// Columns with the lowest go first where there is no room; none stays.
    pub(crate) importance: Option<u8>,
    pub(crate) cut: Truncation,
    /// Numbers end at one place.
    pub(crate) right: bool,
}

/// One value, on one line.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    /// What is shown instead where there is no room for all of it.
    short: Option<String>,
    look: TextStyle,
}

impl Cell {
    /// Makes any text safe to show.
    pub(crate) fn new(text: &str, look: TextStyle) -> Self {
        Self { text: safe(text), short: None, look }
    }

    /// With another text where there is no room for the first.
    pub(crate) fn or_short(mut self, short: &str) -> Self {
        self.short = Some(safe(short));
        self
    }

    fn whole(&self) -> &String {
        &self.text
    }

    fn shortest(&self) -> &String {
        self.short.as_ref().unwrap_or(&self.text)
    }

    fn fitting(&self, room: usize, how: Truncation) -> String {
        let short = self.short.as_ref().filter(|_| width(&self.text) > room);
        cut(short.unwrap_or(&self.text), room, how)
    }
}

/// Rows of cells under their heads.
pub(crate) struct Table {
    pub(crate) heads: Vec<ColumnSpec>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// How to write a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableOptions {
    /// How many columns of the terminal there are; none for as many as it takes.
    pub(crate) room: Option<usize>,
    pub(crate) looks: bool,
    pub(crate) titles: bool,
}

impl Table {
    /// The lines of the table, and the titles of the columns for which there was no room.
    pub(crate) fn render(&self, style: TableOptions) -> (String, Vec<&'static str>) {
        let full = self.needs(style.titles, Cell::whole);
        let all: usize = full.iter().map(|need| need.widest + GAP.len()).sum();
        // Where not all fits, what is short is short everywhere, and the room is for the others.
        let fits = style.room.is_none_or(|room| all <= room + GAP.len());
        let needs = if fits { full } else { self.needs(style.titles, Cell::shortest) };
        let widths = column_widths::widths(&needs, style.room, GAP.len());
        let mut out = String::new();
        if style.titles {
            let titles: Vec<Cell> =
                self.heads.iter().map(|head| Cell::new(&head.title.to_uppercase(), TextStyle::Bold)).collect();
            self.line(&titles, &widths, style, &mut out);
        }
        for row in &self.rows {
            self.line(row, &widths, style, &mut out);
        }
        let all = self.heads.iter().zip(&widths);
        let left_out = all.filter(|(_, width)| width.is_none());
        (out, left_out.map(|(head, _)| head.title).collect())
    }

    fn needs(&self, titles: bool, text: impl Fn(&Cell) -> &String) -> Vec<WidthRequest> {
        let heads = self.heads.iter().enumerate();
        heads
            .map(|(place, head)| {
                let cells = self.rows.iter().filter_map(|row| row.get(place));
                let cells = cells.map(|cell| width(text(cell)));
                let title = if titles { width(head.title) } else { 0 };
                WidthRequest {
                    widest: cells.chain([title]).max().unwrap_or_default(),
                    least: head.least.max(title),
                    importance: head.importance,
                    first: match head.cut {
                        Truncation::Words => WORDS,
                        Truncation::End | Truncation::Middle => 0,
                    },
                }
            })
            .collect()
    }

    fn line(&self, cells: &[Cell], widths: &[Option<usize>], style: TableOptions, out: &mut String) {
        let shown = cells.iter().zip(&self.heads).zip(widths);
        let mut line = String::new();
        let mut begun = false;
        // Spaces are written when something follows them, so that no line ends in any.
        let mut spaces = 0;
        for ((cell, head), room) in shown {
            let Some(room) = *room else { continue };
            if begun {
                spaces += GAP.len();
            }
            begun = true;
            let text = cell.fitting(room, head.cut);
            let rest = room.saturating_sub(width(&text));
            if text.is_empty() {
                spaces += rest;
                continue;
            }
            spaces += if head.right { rest } else { 0 };
            line.extend(std::iter::repeat_n(' ', spaces));
            line.push_str(&cell.look.on(&text, style.looks));
            spaces = if head.right { 0 } else { rest };
        }
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn head(title: &'static str, importance: Option<u8>, right: bool) -> ColumnSpec {
        ColumnSpec { title, least: 4, importance, cut: Truncation::End, right }
    }

    fn table() -> Table {
        let cells = |texts: [&str; 3]| texts.map(|text| Cell::new(text, TextStyle::Plain)).to_vec();
        Table {
            heads: vec![head("user", None, false), head("count", Some(2), true), head("note", Some(1), false)],
            rows: vec![cells(["日本@example.com", "7", "\u{1b}[31mred"]), cells(["jane", "1200", ""])],
        }
    }

    #[test]
    fn columns_stand_below_each_other_and_no_line_is_too_long() {
        let style = |room| TableOptions { room, looks: false, titles: true };
        let (text, left_out) = table().render(style(None));
        assert_eq!(
            text,
            "USER              COUNT  NOTE\n日本@example.com      7  \\u{1b}[31mred\njane               1200\n"
        );
        assert_eq!(left_out, [""; 0]);
        for room in 4..40 {
            let (text, _) = table().render(style(Some(room)));
            let fits = |line: &str| width(line) <= room;
            assert!(text.lines().all(fits), "{room}\n{text}");
        }
        let (text, left_out) = table().render(style(Some(14)));
        assert_eq!(text, "USER     COUNT\n日本@e…      7\njane      1200\n");
        assert_eq!(left_out, ["note"]);
    }

    #[test]
    fn only_looks_bring_escape_sequences() {
        let style = TableOptions { room: None, looks: true, titles: false };
        let mut table = table();
        table.rows[1][0].look = TextStyle::Bad;
        let (text, _) = table.render(style);
        assert_eq!(text.matches('\u{1b}').count(), 2);
        assert!(text.contains("\u{1b}[1;31mjane\u{1b}[0m"));
    }
}
