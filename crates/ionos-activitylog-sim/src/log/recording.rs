//! A client that fails on somebody's real log must be tested against that log. So events can come from a file that
//! was exported instead of from a seed: one record a line, served byte for byte by the time that each one carries.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::log::LOG_END;
use crate::log::span::nanoseconds;
use crate::world::random::{fingerprint, mix};
use crate::world::rhythm::{HOUR, MILLISECOND};

/// Events of an exported log, held in memory. Read with [`Recording::read`].
#[derive(Clone, Default)]
pub struct Recording {
    /// By contract, then by the hour since 1970-01-01T00:00:00Z.
    contracts: BTreeMap<u64, BTreeMap<u64, Vec<Line>>>,
    /// The events of each request, by its identifier and then by contract.
    requests: HashMap<String, BTreeMap<u64, Vec<Line>>>,
}

/// One event.
#[derive(Clone)]
pub(crate) struct Line {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// The event's number, which no other event shares, spread evenly over 64 bits.
    pub(crate) number: u64,
    /// JSON text, as it was read.
    pub(crate) text: Arc<str>,
}

/// Why a recording cannot be served. Displays as one sentence that names the line, counted from 1.
#[derive(Debug)]
pub struct RecordingError(String);

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordingError {}

/// What must be known of a record to serve it.
#[derive(Deserialize)]
struct Sketch<'a> {
    meta: MetaSketch,
    #[serde(borrow, default)]
    principal: Option<PrincipalSketch<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaSketch {
    time: String,
    #[serde(default)]
    request_id: Value,
}

#[derive(Deserialize)]
struct PrincipalSketch<'a> {
    #[serde(borrow, default)]
    identity: Option<IdentitySketch<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentitySketch<'a> {
    /// As it is written: a number of the JSON parser would lose digits of one that is too large.
    #[serde(borrow, default)]
    contract_number: Option<&'a RawValue>,
}

/// What a recording may be packed with, by the bytes that it then begins with.
const PACKED: [(&str, &[u8]); 2] = [("gzip", &[0x1f, 0x8b]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])];

/// What some programs write before UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Recording {
    /// Reads NDJSON: one record a line, as an export of the log has it; empty lines are skipped, and so is a byte order
    /// mark at the beginning. A record belongs to the contract it names, or to `contract` where it names none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is packed, holds no record, or a line is no JSON object with `meta.time` in RFC 3339,
    /// belongs to no contract, or names one that is no number of 64 bits.
    pub fn read(mut lines: impl BufRead, contract: Option<u64>) -> Result<Self, RecordingError> {
        // What cannot be read is told with its line below.
        let begin = lines.fill_buf().unwrap_or_default();
        if let Some((name, _)) = PACKED.iter().find(|(_, bytes)| begin.starts_with(bytes)) {
            let why = format!("the recording is packed with {name}: unpack it first");
            return Err(RecordingError(why));
        }
        let mut recording = Self::default();
        for (line, at) in lines.lines().zip(1_u64..) {
            let line =
                line.map_err(|error| RecordingError(format!("line {at} of the recording cannot be read: {error}")))?;
            let line = match line.strip_prefix(BYTE_ORDER_MARK) {
                Some(rest) if at == 1 => rest,
                _ => &line,
            };
            if !line.trim().is_empty() {
                recording.add(line, at, contract)?;
            }
        }
        if recording.contracts.is_empty() {
            return Err(RecordingError(
                "the recording is empty: it needs one record a line, as an export writes them".into(),
            ));
        }
        let hours = recording.contracts.values_mut().flat_map(|it| it.values_mut());
        let requests = recording.requests.values_mut().flat_map(|it| it.values_mut());
        for lines in hours.chain(requests) {
            // Stable: events of equal time keep the order of the file.
            lines.sort_by_key(|line| line.time);
        }
        Ok(recording)
    }

    fn add(&mut self, text: &str, at: u64, contract: Option<u64>) -> Result<(), RecordingError> {
        let refused = |why: String| RecordingError(format!("line {at} of the recording {why}"));
        let sketch: Sketch = serde_json::from_str(text).map_err(|error| {
            refused(format!(
                "is no record with a time, without which it cannot be served ({error}): repair or remove it"
            ))
        })?;
        let time = DateTime::parse_from_rfc3339(&sketch.meta.time).map_err(|error| {
            refused(format!(
                "has the time {:?}, which is not as RFC 3339 has it ({error}): repair or remove it",
                sketch.meta.time
            ))
        })?;
        let named = sketch.principal.and_then(|principal| principal.identity);
        let named = match named.and_then(|identity| identity.contract_number) {
            Some(named) => contract_number(named).map_err(|named| {
                refused(format!("names the contract {named}, which is no number of a contract: repair or remove it"))
            })?,
            None => None,
        };
        let contract = named
            .or(contract)
            .ok_or_else(|| refused("names no contract number: say which contract it belongs to".into()))?;
        let time = nanoseconds(time.to_utc());
        let hour = time.div_euclid(HOUR * MILLISECOND);
        if hour < 0 || time >= nanoseconds(LOG_END) {
            return Err(refused(format!(
                "has the time {}, which is not from 1970 to 2199: repair or remove it",
                sketch.meta.time
            )));
        }
        let line = Line { time, number: mix(at ^ fingerprint([text])), text: text.into() };
        if let Value::String(id) = sketch.meta.request_id {
            let of_contracts = self.requests.entry(id).or_default();
            of_contracts.entry(contract).or_default().push(line.clone());
        }
        let hours = self.contracts.entry(contract).or_default();
        hours.entry(hour as u64).or_default().push(line);
        Ok(())
    }

    /// The contracts that its records belong to, in the order of their numbers.
    #[must_use]
    pub fn contracts(&self) -> Vec<u64> {
        self.contracts.keys().copied().collect()
    }

    /// The time of its first event, in nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn begin(&self) -> i64 {
        let first = |hours: &BTreeMap<u64, Vec<Line>>| Some(hours.values().next()?.first()?.time);
        self.contracts.values().filter_map(first).min().unwrap_or(0)
    }

    /// The events of an hour, in the order of their times.
    pub(crate) fn hour(&self, contract: u64, hour: u64) -> &[Line] {
        self.contracts.get(&contract).and_then(|hours| hours.get(&hour)).map_or(&[], Vec::as_slice)
    }

    /// The events of a request in the order of their times, and the contract that they belong to. Where several
    /// contracts have a request of this identifier, it is the first one that may be read.
    pub(crate) fn request(&self, id: &str, may_read: impl Fn(u64) -> bool) -> Option<(u64, &[Line])> {
        let mut of_contracts = self.requests.get(id)?.iter();
        of_contracts.find(|(contract, _)| may_read(**contract)).map(|(contract, lines)| (*contract, lines.as_slice()))
    }
}

/// The contract that a record names, as a number or as text; none in empty text. Fails with what is neither.
fn contract_number(named: &RawValue) -> Result<Option<u64>, &str> {
    let text = named.get().trim_matches('"');
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| named.get())
}

/// Without the events.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("contracts", &self.contracts()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Recording, RecordingError> {
        Recording::read(text.as_bytes(), None)
    }

    #[test]
    fn records_are_kept_by_contract_and_time_and_byte_for_byte() {
        let second = r#"{"meta":{"time":"2026-11-20T09:12:33.394Z","requestId":"r"}, "principal":{"identity":{"contractNumber":"7"}}}"#;
        let first =
            r#"{"principal":{"identity":{"contractNumber":7,"x":1e400}},"meta":{"time":"2026-11-20T10:12:33+01:00"}}"#;
        let other = r#"{"meta":{"time":"2026-11-20T09:00:00Z","requestId":"r"}}"#;
        let text = format!("{second}\n\n{first}\n{other}\n");
        let recording = Recording::read(text.as_bytes(), Some(9)).unwrap();
        assert_eq!(recording.contracts(), [7, 9]);
        let hour = 1_795_165_953 / 3600;
        let texts: Vec<&str> = recording.hour(7, hour).iter().map(|line| &*line.text).collect();
        assert_eq!(texts, [first, second]);
        let request = |contract| {
            let (found, lines) = recording.request("r", |it| it == contract)?;
            assert_eq!(found, contract);
            Some(lines.iter().map(|line| &*line.text).collect::<Vec<&str>>())
        };
        assert_eq!(request(7), Some(vec![second]));
        assert_eq!(request(9), Some(vec![other]));
        assert_eq!(request(8), None);
        assert_eq!(recording.begin(), 1_795_165_200_000_000_000);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_record() {
        let record = r#"{"meta":{"time":"2026-11-20T09:00:00Z"}}"#;
        let text = format!("\u{feff}{record}\n");
        let recording = Recording::read(text.as_bytes(), Some(7)).unwrap();
        let lines = recording.hour(7, 1_795_165_200 / 3600);
        assert_eq!(&*lines[0].text, record);
        assert!(read(&format!("\n{text}")).is_err());
    }

    #[test]
    fn a_packed_recording_is_to_be_unpacked_first() {
        for (name, begin) in [("gzip", &b"\x1f\x8b\x08"[..]), ("zstd", b"\x28\xb5\x2f\xfd")] {
            let message = format!("the recording is packed with {name}: unpack it first");
            let error = Recording::read(begin, Some(7)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_contract_that_is_no_number_is_refused_whatever_contract_stands_in_for_none() {
        let with = |contract: &str| {
            let text = format!(
                r#"{{"meta":{{"time":"2026-11-20T09:00:00Z"}},"principal":{{"identity":{{"contractNumber":{contract}}}}}}}"#
            );
            Recording::read(text.as_bytes(), Some(7)).map(|recording| recording.contracts())
        };
        for contract in ["null", "\"\""] {
            assert_eq!(with(contract).unwrap(), [7]);
        }
        for contract in ["18446744073709551615", "\"18446744073709551615\""] {
            assert_eq!(with(contract).unwrap(), [u64::MAX]);
        }
        for contract in ["18446744073709551616", "\"99999999999999999999\"", "-1", "7.5", "\"x\"", "[]"] {
            assert_eq!(
                with(contract).unwrap_err().to_string(),
                format!(
                    "line 1 of the recording names the contract {contract}, which is no number of a contract: repair or remove it"
                )
            );
        }
    }

    #[test]
    fn a_line_that_cannot_be_served_is_named() {
        for (text, message) in [
            ("\n", "the recording is empty: it needs one record a line, as an export writes them"),
            (
                "\n{\"meta\":{\"time\":\"yesterday\"}}",
                "line 2 of the recording has the time \"yesterday\", which is not as RFC 3339 has it (premature end of input): repair or remove it",
            ),
            (
                "{\"meta\":{\"time\":\"2026-11-20T09:00:00Z\"}}",
                "line 1 of the recording names no contract number: say which contract it belongs to",
            ),
            (
                "{\"meta\":{\"time\":\"1969-11-20T09:00:00Z\"},\"principal\":{\"identity\":{\"contractNumber\":1}}}",
                "line 1 of the recording has the time 1969-11-20T09:00:00Z, which is not from 1970 to 2199: repair or remove it",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
        for text in ["{", "[]", "{\"meta\":{}}", "{\"meta\":{\"time\":7}}"] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.starts_with("line 1 of the recording is no record with a time"), "{message}");
        }
    }
}
