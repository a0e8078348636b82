//! Formats rows for programs, one row at a time. A record is the JSON text that the service sent, on one line.

use ionos_activitylog_archive::{escape_cell, ndjson};
use serde_json::Value;

use super::column::{Column, RowCells, require_few_columns};
use super::jq::JqExpression;
use super::row::Row;
use super::sanitize::single_line;
use crate::error::CommandError;

/// Formats rows.
pub(crate) struct Printer {
    format: PrinterFormat,
    columns: Vec<Column>,
    has_titles: bool,
    /// Number of rows that were formatted.
    row_count: u64,
}

enum PrinterFormat {
    Lines,
    Array,
    Csv,
    Template(Vec<TemplatePart>),
    JqExpression(JqExpression),
}

/// A part of a template.
enum TemplatePart {
    Text(String),
    Column(Column),
}

impl Printer {
    /// One line per row: an object with the values of the columns, or the whole record if `columns` is empty.
    pub(crate) fn ndjson(columns: Vec<Column>) -> Self {
        Self::new(PrinterFormat::Lines, columns, false)
    }

    /// The objects or records of [`Self::ndjson`], in one JSON array.
    pub(crate) fn json(columns: Vec<Column>) -> Self {
        Self::new(PrinterFormat::Array, columns, false)
    }

    /// CSV, with the names of the columns in the first line if `has_titles` is set.
    pub(crate) fn csv(columns: Vec<Column>, has_titles: bool) -> Self {
        Self::new(PrinterFormat::Csv, columns, has_titles)
    }

    /// One line per row, from a template with placeholders such as `{user}`.
    pub(crate) fn template(template: &str) -> Result<Self, CommandError> {
        Ok(Self::new(PrinterFormat::Template(parse_template(template)?), Vec::new(), false))
    }

    /// The results of a jq expression for each record.
    pub(crate) fn jq(expression: &str) -> Result<Self, CommandError> {
        let jq = JqExpression::compile(expression)?;
        Ok(Self::new(PrinterFormat::JqExpression(jq), Vec::new(), false))
    }

    fn new(format: PrinterFormat, columns: Vec<Column>, has_titles: bool) -> Self {
        Self { format, columns, has_titles, row_count: 0 }
    }

    /// The text before the first row.
    pub(crate) fn begin(&self) -> String {
        match self.format {
            PrinterFormat::Array => "[".to_owned(),
            PrinterFormat::Csv if self.has_titles => {
                csv_row(self.columns.iter().map(|column| column.name().to_owned()))
            }
            _ => String::new(),
        }
    }

    /// The text of a row.
    pub(crate) fn row(&mut self, row: &Row) -> Result<String, CommandError> {
        let is_first = self.row_count == 0;
        self.row_count += 1;
        let values = RowCells::new(row);
        Ok(match &self.format {
            PrinterFormat::JqExpression(jq) => jq.run(&row.event)?,
            PrinterFormat::Lines => self.record(&values, row) + "\n",
            PrinterFormat::Array if is_first => format!("\n{}", self.record(&values, row)),
            PrinterFormat::Array => format!(",\n{}", self.record(&values, row)),
            PrinterFormat::Csv => {
                let cells = self.columns.iter().map(|column| {
                    let text = values.text(*column).unwrap_or_default();
                    escape_cell(&text).into_owned()
                });
                csv_row(cells)
            }
            PrinterFormat::Template(parts) => {
                let mut line = String::new();
                for part in parts {
                    match part {
                        TemplatePart::Text(text) => line.push_str(text),
                        // A line break in a value would look like another row.
                        TemplatePart::Column(column) => {
                            line.push_str(&single_line(&values.text(*column).unwrap_or_default()));
                        }
                    }
                }
                line.push('\n');
                line
            }
        })
    }

    /// The text after the last row.
    pub(crate) fn end(&self) -> &'static str {
        match self.format {
            PrinterFormat::Array => "\n]\n",
            _ => "",
        }
    }

    fn record(&self, values: &RowCells<'_>, row: &Row) -> String {
        if self.columns.is_empty() {
            return ndjson::to_line(row.event.raw()).into_owned();
        }
        let members = self.columns.iter().map(|column| {
            let name = Value::from(column.name());
            format!("{name}:{}", values.json(*column))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// A row of CSV.
pub(super) fn csv_row(cells: impl Iterator<Item = String>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parse_template(template: &str) -> Result<Vec<TemplatePart>, CommandError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (text, at_brace) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
        parts.push(TemplatePart::Text(text.replace("\\t", "\t").replace("\\n", "\n")));
        let doubled = ["{{", "}}"].into_iter().find_map(|pair| Some((&pair[1..], at_brace.strip_prefix(pair)?)));
        if let Some((brace, remainder)) = doubled {
            parts.push(TemplatePart::Text(brace.to_owned()));
            rest = remainder;
            continue;
        }
        let Some(braced) = at_brace.strip_prefix('{') else {
            if at_brace.is_empty() {
                break;
            }
            return Err(CommandError::usage(
                format!("the template {template:?} has an unmatched }}"),
                "remove it, or write }} for a brace",
            ));
        };
        let Some((name, remainder)) = braced.split_once('}') else {
            return Err(CommandError::usage(
                format!("the template {template:?} has an unmatched {{"),
                "write {user}, or {{ for a brace",
            ));
        };
        parts.push(TemplatePart::Column(Column::parse(name, true)?));
        rest = remainder;
    }
    require_few_columns(parts.iter().filter(|part| matches!(part, TemplatePart::Column(_))).count())?;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;

    fn row() -> Row {
        let record = "{\"principal\":{\"identity\":{\"username\":\"=a\\u001bb\u{9b}\"}},\"meta\":{\"requestId\":7}}";
        Row::new(7.into(), Event::from_json(record).unwrap())
    }

    #[test]
    fn a_template_has_columns_and_braces() {
        let printed = |template: &str| match Printer::template(template) {
            Ok(mut printer) => printer.row(&row()).unwrap(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(printed("{request}\\t{{{user}}}"), "7\t{=a\\u{1b}b\\u{9b}}\n");
        assert_eq!(printed("{request} {time}."), "7 .\n");
        assert_eq!(printed(""), "\n");
        assert!(printed("{usr}").starts_with("unknown column \"usr\" (did you mean \"user\"?)"));
        assert!(printed("{user").ends_with("write {user}, or {{ for a brace"));
        assert!(printed(&"{user}".repeat(1001)).starts_with("1001 columns are given: use at most 1000"));
        assert_eq!(printed(&"{request}".repeat(1000)), "7".repeat(1000) + "\n");
        for stray in ["{user}}", "a}b", "}"] {
            assert!(printed(stray).ends_with("has an unmatched }: remove it, or write }} for a brace"));
        }
    }

    #[test]
    fn a_record_is_written_unchanged_and_a_formula_in_a_csv_cell_is_escaped() {
        let text = Printer::ndjson(Vec::new()).row(&row()).unwrap();
        assert_eq!(text, format!("{}\n", row().event.raw()));
        let text = Printer::csv(vec![Column::User, Column::Request], true).row(&row()).unwrap();
        assert_eq!(text, "'=a\u{1b}b\u{9b},7\n");
    }

    #[test]
    fn json_output_is_an_array_for_any_number_of_rows() {
        for count in 0..3 {
            let mut printer = Printer::json(vec![Column::User]);
            let mut text = printer.begin();
            for _ in 0..count {
                text += &printer.row(&row()).unwrap();
            }
            text += printer.end();
            let read: Vec<Value> = serde_json::from_str(&text).unwrap();
            assert_eq!(read.len(), count);
        }
    }
}
