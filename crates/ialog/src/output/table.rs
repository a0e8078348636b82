//! A table for people. If the table is wider than the terminal, wide columns are truncated. If the table is then still
//! too wide, the least important columns are dropped.

use super::column_widths::{WidthRequest, column_widths};
use super::sanitize::single_line;
use super::styled_text::{StyledText, TextStyle};
use super::width::{Truncation, display_width, truncate};

/// Space between two columns.
const GAP: &str = "  ";

/// Preferred width of a column with [`Truncation::Words`]. Most texts of such columns fit into this width.
const WORDS_WIDTH: usize = 20;

/// The layout of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSpec {
    pub(crate) title: &'static str,
    /// Text in parentheses after the title, such as a time zone; `None` for the title alone.
    pub(crate) note: Option<&'static str>,
    /// Minimum width in terminal columns; a narrower column would be useless.
    pub(crate) min_width: usize,
    /// The columns with the lowest importance are dropped first. A column with `None` is never dropped.
    pub(crate) importance: Option<u8>,
    pub(crate) truncation: Truncation,
    /// Whether the column is aligned to the right, as numbers are.
    pub(crate) align_right: bool,
}

impl ColumnSpec {
    /// The title in upper case, with the note.
    fn heading(&self) -> String {
        let title = self.title.to_uppercase();
        self.note.map_or_else(|| title.clone(), |note| format!("{title} ({note})"))
    }
}

/// A value of a table, on one line.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    /// Shorter text that is shown if `text` is too wide; `None` if there is no shorter text.
    short: Option<String>,
    /// Text that is shown after `text` and is never truncated; empty for most cells.
    suffix: String,
    style: TextStyle,
}

impl Cell {
    pub(crate) fn new(text: &str, style: TextStyle) -> Self {
        Self { text: single_line(text), short: None, suffix: String::new(), style }
    }

    /// Sets a shorter text that is shown if the full text is too wide.
    pub(crate) fn with_short(mut self, short: &str) -> Self {
        self.short = Some(single_line(short));
        self
    }

    /// Sets the suffix, which is shown after the text even if the text is truncated. The suffix must be a single line.
    pub(crate) fn with_suffix(mut self, suffix: String) -> Self {
        self.suffix = suffix;
        self
    }

    fn full_width(&self) -> usize {
        display_width(&self.text) + display_width(&self.suffix)
    }

    fn short_text(&self) -> &str {
        self.short.as_ref().unwrap_or(&self.text)
    }

    fn short_width(&self) -> usize {
        display_width(self.short_text()) + display_width(&self.suffix)
    }

    fn fit(&self, max_width: usize, truncation: Truncation) -> String {
        let text = if self.full_width() > max_width { self.short_text() } else { &self.text };
        let max_width = max_width.saturating_sub(display_width(&self.suffix));
        truncate(text, max_width, truncation) + &self.suffix
    }
}

/// Rows of cells below their column titles.
pub(crate) struct Table {
    pub(crate) columns: Vec<ColumnSpec>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// Options for rendering a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableOptions {
    /// Maximum width in terminal columns; `None` for no limit.
    pub(crate) max_width: Option<usize>,
    /// Whether the titles of the columns are shown.
    pub(crate) has_titles: bool,
}

impl Table {
    /// The lines of the table, and the titles of the columns that were dropped because the table was too wide.
    pub(crate) fn render(&self, options: TableOptions) -> (StyledText, Vec<&'static str>) {
        let full = self.width_requests(options, Cell::full_width);
        let total: usize = full.iter().map(|request| request.widest + GAP.len()).sum();
        // If the table is too wide, the widths are computed from the short texts, so that columns without short texts
        // get more space.
        let fits = options.max_width.is_none_or(|max_width| total <= max_width + GAP.len());
        let requests = if fits { full } else { self.width_requests(options, Cell::short_width) };
        let widths = column_widths(&requests, options.max_width, GAP.len());
        let mut out = StyledText::default();
        if options.has_titles {
            let titles = self.columns.iter().map(|column| Cell::new(&column.heading(), TextStyle::Bold));
            self.render_line(&titles.collect::<Vec<_>>(), &widths, &mut out);
        }
        for row in &self.rows {
            self.render_line(row, &widths, &mut out);
        }
        let dropped = self.columns.iter().zip(&widths).filter(|(_, width)| width.is_none());
        (out, dropped.map(|(column, _)| column.title).collect())
    }

    fn width_requests(&self, options: TableOptions, width: impl Fn(&Cell) -> usize) -> Vec<WidthRequest> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(index, column)| {
                let cells = self.rows.iter().filter_map(|row| row.get(index));
                let cells = cells.map(&width);
                let (title, heading) = match options.has_titles {
                    true => (display_width(column.title), display_width(&column.heading())),
                    false => (0, 0),
                };
                WidthRequest {
                    widest: cells.chain([heading]).max().unwrap_or_default(),
                    min_width: column.min_width.max(title),
                    importance: column.importance,
                    preferred: match column.truncation {
                        Truncation::Words => WORDS_WIDTH,
                        Truncation::End | Truncation::Middle => 0,
                    },
                }
            })
            .collect()
    }

    fn render_line(&self, cells: &[Cell], widths: &[Option<usize>], out: &mut StyledText) {
        let mut is_first = true;
        // Padding is written when a cell follows, so that no line ends in spaces.
        let mut padding = 0;
        for ((cell, column), width) in cells.iter().zip(&self.columns).zip(widths) {
            let Some(width) = *width else { continue };
            if !is_first {
                padding += GAP.len();
            }
            is_first = false;
            let text = cell.fit(width, column.truncation);
            let rest = width.saturating_sub(display_width(&text));
            if text.is_empty() {
                padding += rest;
                continue;
            }
            padding += if column.align_right { rest } else { 0 };
            out.push(&" ".repeat(padding));
            out.push_styled(&text, cell.style);
            padding = if column.align_right { 0 } else { rest };
        }
        out.push("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(title: &'static str, importance: Option<u8>, align_right: bool) -> ColumnSpec {
        ColumnSpec { title, note: None, min_width: 4, importance, truncation: Truncation::End, align_right }
    }

    fn table() -> Table {
        let cells = |texts: [&str; 3]| texts.map(|text| Cell::new(text, TextStyle::Plain)).to_vec();
        Table {
            columns: vec![column("user", None, false), column("count", Some(2), true), column("note", Some(1), false)],
            rows: vec![cells(["日本@example.com", "7", "\u{1b}[31mred"]), cells(["jane", "1200", ""])],
        }
    }

    fn render(max_width: Option<usize>) -> (String, Vec<&'static str>) {
        let (text, dropped) = table().render(TableOptions { max_width, has_titles: true });
        (text.to_string(), dropped)
    }

    #[test]
    fn columns_are_aligned_and_no_line_is_too_long() {
        let (text, dropped) = render(None);
        assert_eq!(
            text,
            "USER              COUNT  NOTE\n日本@example.com      7  \\u{1b}[31mred\njane               1200\n"
        );
        assert_eq!(dropped, [""; 0]);
        for max_width in 4..40 {
            let (text, _) = render(Some(max_width));
            let fits = |line: &str| display_width(line) <= max_width;
            assert!(text.lines().all(fits), "maximum width {max_width}:\n{text}");
        }
        let (text, dropped) = render(Some(14));
        assert_eq!(text, "USER     COUNT\n日本@e…      7\njane      1200\n");
        assert_eq!(dropped, ["note"]);
    }
}
