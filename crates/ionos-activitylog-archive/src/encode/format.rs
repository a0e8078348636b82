//! Who keeps the log wants the bytes of each record; who opens it in a spreadsheet wants columns, and who loads it into
//! a script wants one document. All formats are written event by event, and a file of each is the same bytes for the same
//! events: nothing in it tells when it was read or by whom.
//!
//! | format | what it holds | what it is for |
//! |---|---|---|
//! | [`Format::Ndjson`] | the records, one on a line, each with the bytes that came | keeping: the archive of record |
//! | [`Format::Json`] | the same in one JSON array, one on a line | programs that read one document |
//! | [`Format::Csv`] | a [`FlatRow`] for each event, [`FLAT_SCHEMA`] | spreadsheets and databases |

use std::fmt;
use std::io;

use ionos_activitylog::{ContractNumber, Event};

use crate::encode::ndjson;

use super::flat::{FLAT_SCHEMA, FlatRow};

/// What a file of events looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One record on a line.
    Ndjson,
    /// A line of column names, and a row for each event: see [`FlatRow`]. Rows end in a line feed. A text that a
    /// spreadsheet would run is not one any more: see [`escape_cell`].
    Csv,
    /// One array; each record is on a line of its own.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Ndjson, Self::Csv, Self::Json];

    /// The format in one lower-case word, such as `csv`. With a dot before it, it is the ending of a file's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The format and, where it has versions, its version: two files of the same are made alike.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => FLAT_SCHEMA,
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes events in a format. What is before, between and behind them depends on nothing but how many there were.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventEncoder {
    format: Format,
}

impl EventEncoder {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Before all events.
    pub(crate) fn begin(self, out: &mut Vec<u8>) -> io::Result<()> {
        match self.format {
            Format::Ndjson => Ok(()),
            Format::Csv => row(out, FlatRow::COLUMNS),
            Format::Json => {
                out.push(b'[');
                Ok(())
            }
        }
    }

    /// An event of a contract's log; so many were written before.
    pub(crate) fn event(
        self,
        contract: &ContractNumber,
        event: &Event,
        before: u64,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        match self.format {
            Format::Ndjson => {
                out.extend_from_slice(ndjson::to_line(event.raw()).as_bytes());
                out.push(b'\n');
                Ok(())
            }
            Format::Csv => row(out, FlatRow::new(contract, event).cells()),
            Format::Json => {
                out.extend_from_slice(if before == 0 { b"\n" } else { b",\n" });
                out.extend_from_slice(ndjson::to_line(event.raw()).as_bytes());
                Ok(())
            }
        }
    }

    /// Behind all events.
    pub(crate) fn end(self, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            out.extend_from_slice(b"\n]\n");
        }
    }
}

fn row(out: &mut Vec<u8>, cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    /// Enough for most rows; more is flushed and not lost.
    const BUFFER: usize = 1 << 10;
    let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out);
    writer.write_record(cells)?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [&str; 2] = [r#"{ "a": 1.10 }"#, "{\n\"@uuid\": \"b, \\\"c\\\"\"}"];

    fn written(format: Format, records: &[&str]) -> String {
        let encoder = EventEncoder::new(format);
        let mut out = Vec::new();
        encoder.begin(&mut out).unwrap();
        for (before, record) in records.iter().enumerate() {
            let event = Event::from_json(*record).unwrap();
            let before = before as u64;
            encoder.event(&7.into(), &event, before, &mut out).unwrap();
        }
        encoder.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn records_are_on_a_line_each() {
        assert_eq!(written(Format::Ndjson, &[]), "");
        assert_eq!(written(Format::Ndjson, &RECORDS), "{ \"a\": 1.10 }\n{\"@uuid\":\"b, \\\"c\\\"\"}\n");
    }

    #[test]
    fn an_array_keeps_the_bytes_of_its_records() {
        assert_eq!(written(Format::Json, &[]), "[\n]\n");
        let array = written(Format::Json, &RECORDS);
        assert_eq!(array, "[\n{ \"a\": 1.10 },\n{\"@uuid\":\"b, \\\"c\\\"\"}\n]\n");
        let read: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn a_table_has_its_names_and_a_row_for_each_event() {
        let names = FlatRow::COLUMNS.join(",") + "\n";
        assert_eq!(written(Format::Csv, &[]), names);
        let table = written(Format::Csv, &RECORDS);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[1][0], "u:b, \"c\"");
        assert_eq!(&rows[1][2], "7");
    }

    #[test]
    fn a_row_that_is_longer_than_any_buffer_is_whole() {
        let long = "x".repeat(100_000);
        let record = format!(r#"{{"event":{{"message":"{long}"}}}}"#);
        let table = written(Format::Csv, &[&record]);
        let row = csv::Reader::from_reader(table.as_bytes()).records().next().unwrap().unwrap();
        assert!(row.iter().any(|cell| cell == long));
    }
}
