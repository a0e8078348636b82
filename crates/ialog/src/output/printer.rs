//! Forms that programs read, written event by event. Records are the bytes that the service sent.

use ionos_activitylog_archive::{escape_cell, ndjson};
use serde_json::Value;

use crate::error::CommandError;
use crate::output::column::Column;
use crate::output::jq::JqExpression;
use crate::output::row::Row;
use crate::output::text::{safe, safe_json};

/// Makes text of events.
pub(crate) struct Printer {
    form: PrinterFormat,
    columns: Vec<Column>,
    titles: bool,
    /// Whether the text goes to a terminal, which must not be taken over by what is in the log.
    shown: bool,
    /// How many events there were.
    before: u64,
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
    /// A line for each event: its record, or an object of the columns where there are any.
    pub(crate) fn ndjson(columns: Vec<Column>, shown: bool) -> Self {
        Self::new(PrinterFormat::Lines, columns, false, shown)
    }

    /// The same as an array.
    pub(crate) fn json(columns: Vec<Column>, shown: bool) -> Self {
        Self::new(PrinterFormat::Array, columns, false, shown)
    }

    /// Comma-separated values, under the names of the columns where `titles` are wanted.
    pub(crate) fn csv(columns: Vec<Column>, titles: bool, shown: bool) -> Self {
        Self::new(PrinterFormat::Csv, columns, titles, shown)
    }

    /// A line as the template says, `{column}` being a value.
    pub(crate) fn template(template: &str, shown: bool) -> Result<Self, CommandError> {
        Ok(Self::new(PrinterFormat::Template(pieces(template)?), Vec::new(), false, shown))
    }

    /// What an expression of jq makes of the record.
    pub(crate) fn jq(expression: &str, shown: bool) -> Result<Self, CommandError> {
        let jq = JqExpression::compile(expression)?;
        Ok(Self::new(PrinterFormat::JqExpression(jq), Vec::new(), false, shown))
    }

    fn new(form: PrinterFormat, columns: Vec<Column>, titles: bool, shown: bool) -> Self {
        Self { form, columns, titles, shown, before: 0 }
    }

    /// What comes before all events.
    pub(crate) fn begin(&self) -> String {
        match self.form {
            PrinterFormat::Array => "[".to_owned(),
            PrinterFormat::Csv if self.titles => row(self.columns.iter().map(|column| column.name().to_owned())),
            _ => String::new(),
        }
    }

    /// An event.
    pub(crate) fn event(&mut self, found: &Row) -> Result<String, CommandError> {
        let first = self.before == 0;
        self.before += 1;
        Ok(match &self.form {
            PrinterFormat::JqExpression(jq) => jq.run(found.event.raw(), self.shown)?,
            PrinterFormat::Lines => self.record(found) + "\n",
            PrinterFormat::Array if first => format!("\n{}", self.record(found)),
            PrinterFormat::Array => format!(",\n{}", self.record(found)),
            PrinterFormat::Csv => {
                let cells = self.columns.iter().map(|column| {
                    let text = column.text(found).unwrap_or_default();
                    let text = if self.shown { safe(&text) } else { text };
                    escape_cell(&text).into_owned()
                });
                row(cells)
            }
            PrinterFormat::Template(pieces) => {
                let mut line = String::new();
                for piece in pieces {
                    match piece {
                        TemplatePart::Text(text) => line.push_str(text),
                        // Always on one line, and nothing in it that a terminal obeys.
                        TemplatePart::Column(column) => {
                            line.push_str(&safe(&column.text(found).unwrap_or_default()));
                        }
                    }
                }
                line.push('\n');
                line
            }
        })
    }

    /// What comes after all events.
    pub(crate) fn end(&self) -> &'static str {
        match self.form {
            PrinterFormat::Array => "\n]\n",
            _ => "",
        }
    }

    fn record(&self, found: &Row) -> String {
        let text = if self.columns.is_empty() {
            ndjson::to_line(found.event.raw()).into_owned()
        } else {
            let members = self.columns.iter().map(|column| {
                let name = Value::from(column.name());
                format!("{name}:{}", column.json(found))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        if self.shown { safe_json(&text) } else { text }
    }
}

/// A row of comma-separated values.
pub(crate) fn row(cells: impl Iterator<Item = String>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Memory takes whatever is written to it.
    let _ = writer.write_record(cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn pieces(template: &str) -> Result<Vec<TemplatePart>, CommandError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (text, at_brace) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
        pieces.push(TemplatePart::Text(text.replace("\\t", "\t").replace("\\n", "\n")));
        let doubled = ["{{", "}}"].into_iter().find_map(|pair| Some((&pair[1..], at_brace.strip_prefix(pair)?)));
        if let Some((brace, behind)) = doubled {
            pieces.push(TemplatePart::Text(brace.to_owned()));
            rest = behind;
            continue;
        }
        let Some(braced) = at_brace.strip_prefix('{') else {
            if at_brace.is_empty() {
                break;
            }
            return Err(CommandError::usage(
                format!("the template {template:?} has a }} that closes nothing"),
                "leave it out, or write }} for a brace",
            ));
        };
        let Some((name, behind)) = braced.split_once('}') else {
            return Err(CommandError::usage(
                format!("the template {template:?} has a {{ without a }}"),
                "write {user}, or {{ for a brace",
            ));
        };
        pieces.push(TemplatePart::Column(Column::named(name, true)?));
        rest = behind;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;

    fn found() -> Row {
        let record = "{\"principal\":{\"identity\":{\"username\":\"=a\\u001bb\u{9b}\"}},\"meta\":{\"requestId\":7}}";
        Row::one(7.into(), Event::from_json(record).unwrap())
    }

    #[test]
    fn a_template_has_columns_and_braces() {
        let printed = |template: &str| match Printer::template(template, false) {
            Ok(mut printer) => printer.event(&found()).unwrap(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(printed("{request}\\t{{{user}}}"), "7\t{=a\\u{1b}b\\u{9b}}\n");
        assert_eq!(printed("{request} {time}."), "7 .\n");
        assert_eq!(printed(""), "\n");
        assert!(printed("{usr}").starts_with("there is no column \"usr\" (did you mean \"user\"?)"));
        assert!(printed("{user").ends_with("write {user}, or {{ for a brace"));
        for stray in ["{user}}", "a}b", "}"] {
            assert!(printed(stray).ends_with("has a } that closes nothing: leave it out, or write }} for a brace"));
        }
    }

    #[test]
    fn a_pipe_gets_the_bytes_and_a_terminal_what_shows() {
        let text = |shown| Printer::ndjson(Vec::new(), shown).event(&found()).unwrap();
        assert_eq!(text(false), format!("{}\n", found().event.raw()));
        assert!(!text(true).contains('\u{9b}'));
        let columns = || vec![Column::User, Column::Request];
        let text = |shown| Printer::csv(columns(), true, shown).event(&found()).unwrap();
        assert_eq!(text(false), "'=a\u{1b}b\u{9b},7\n");
        assert_eq!(text(true), "'=a\\u{1b}b\\u{9b},7\n");
    }

    #[test]
    fn an_array_is_one_however_many_there_are() {
        for count in 0..3 {
            let mut printer = Printer::json(vec![Column::User], false);
            let mut text = printer.begin();
            for _ in 0..count {
                text += &printer.event(&found()).unwrap();
            }
            text += printer.end();
            let read: Vec<Value> = serde_json::from_str(&text).unwrap();
            assert_eq!(read.len(), count);
        }
    }
}
