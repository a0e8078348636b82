//! The formats of exported files. A file is written event by event and depends on the events alone: the same events
//! give the same bytes.
//!
//! | format | content | purpose |
//! |---|---|---|
//! | [`Format::Ndjson`] | the records, one per line, with the bytes that the service sent | archive of record |
//! | [`Format::Json`] | the same records in one JSON array | programs that read one document |
//! | [`Format::Csv`] | one [`FlatRow`] per event, [`FLAT_SCHEMA`] | spreadsheets and databases |

use std::fmt;
use std::io;

use ionos_activitylog::{ContractNumber, Event};

use crate::encode::ndjson;

use super::flat::{FLAT_SCHEMA, FlatRow};

/// Format of a file of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One record per line.
    Ndjson,
    /// A line of column names and one row per event, see [`FlatRow`]. Rows end with a line feed. Text that a
    /// spreadsheet would run as a formula is escaped, see [`escape_cell`](crate::escape_cell).
    Csv,
    /// One array, with one record per line.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Ndjson, Self::Csv, Self::Json];

    /// Lower-case name, such as `csv`; with a leading dot it is the file name extension.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Name of the format, or its version if it has versions. Files of the same version have the same encoding.
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

/// Encodes events in a format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventEncoder {
    format: Format,
}

impl EventEncoder {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes the header, before the first event.
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

    /// Writes an event of a contract's log. `before` is the number of events that are already in the file.
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

    /// Writes the end of the file, after the last event.
    pub(crate) fn end(self, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            out.extend_from_slice(b"\n]\n");
        }
    }
}

fn row(out: &mut Vec<u8>, cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    /// Size of the buffer in bytes, which is enough for most rows. Longer rows are flushed in pieces.
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
    fn ndjson_has_one_record_per_line() {
        assert_eq!(written(Format::Ndjson, &[]), "");
        assert_eq!(written(Format::Ndjson, &RECORDS), "{ \"a\": 1.10 }\n{\"@uuid\":\"b, \\\"c\\\"\"}\n");
    }

    #[test]
    fn a_json_array_keeps_the_bytes_of_its_records() {
        assert_eq!(written(Format::Json, &[]), "[\n]\n");
        let array = written(Format::Json, &RECORDS);
        assert_eq!(array, "[\n{ \"a\": 1.10 },\n{\"@uuid\":\"b, \\\"c\\\"\"}\n]\n");
        let read: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn csv_has_column_names_and_one_row_per_event() {
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
    fn a_row_longer_than_the_buffer_is_complete() {
        let long = "x".repeat(100_000);
        let record = format!(r#"{{"event":{{"message":"{long}"}}}}"#);
        let table = written(Format::Csv, &[&record]);
        let row = csv::Reader::from_reader(table.as_bytes()).records().next().unwrap().unwrap();
        assert!(row.iter().any(|cell| cell == long));
    }
}
