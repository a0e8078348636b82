//! Serves events from an exported file instead of a seed, so that a client can be tested against the real log on which
//! the client failed. The file has one record per line. Each record is served byte for byte, as an event at the time
//! that the record contains.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::data::activity_profile::{HOUR, MILLISECOND};
use crate::data::random::{fingerprint, mix};
use crate::log::LOG_END;
use crate::log::span::to_nanoseconds;

/// Events of an exported log, held in memory. Created with [`Recording::read`].
#[derive(Clone, Default)]
pub struct Recording {
    /// The events by contract, then by hour since 1970-01-01T00:00:00Z.
    contracts: BTreeMap<u64, BTreeMap<u64, Vec<RecordedEvent>>>,
    /// The events by the identifier of their request, then by contract.
    requests: HashMap<String, BTreeMap<u64, Vec<RecordedEvent>>>,
}

/// One event of a recording.
#[derive(Clone)]
pub(crate) struct RecordedEvent {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// The unique number of the event. All 64-bit numbers are equally likely.
    pub(crate) number: u64,
    /// The JSON text, byte for byte.
    pub(crate) text: Arc<str>,
}

/// Why a recording cannot be served. Displays as one sentence. If a line is the cause, the sentence names the number of
/// the line, from 1.
#[derive(Debug)]
pub struct RecordingError(String);

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordingError {}

/// The members of a record that are needed to serve it.
#[derive(Deserialize)]
struct RecordFields<'a> {
    meta: MetaFields,
    #[serde(borrow, default)]
    principal: Option<PrincipalFields<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaFields {
    time: String,
    #[serde(default)]
    request_id: Value,
}

#[derive(Deserialize)]
struct PrincipalFields<'a> {
    #[serde(borrow, default)]
    identity: Option<IdentityFields<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityFields<'a> {
    /// Raw, because the JSON parser would lose digits of a number that does not fit into 64 bits.
    #[serde(borrow, default)]
    contract_number: Option<&'a RawValue>,
}

/// The name of each compression format, and the bytes with which its files begin.
const COMPRESSION_FORMATS: [(&str, &[u8]); 2] = [("gzip", &[0x1f, 0x8b]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])];

/// Some programs write this character before UTF-8 text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Recording {
    /// Reads NDJSON: one record per line, as in an export of the log. A byte order mark at the beginning of the input
    /// is skipped, and so are all empty lines. A record belongs to the contract in `principal.identity.contractNumber`,
    /// or to `contract` if the record names no contract.
    ///
    /// # Errors
    ///
    /// If the input cannot be read, is compressed or has no record. Each record must be a JSON object, and its
    /// `meta.time` must be an RFC 3339 timestamp from 1970 to 2199. A contract number must be a whole number of at most
    /// 64 bits. A record without a contract number is an error if `contract` is `None`.
    pub fn read(mut lines: impl BufRead, contract: Option<u64>) -> Result<Self, RecordingError> {
        // A read error is ignored here. The error occurs again below, where the number of the line is known.
        let begin = lines.fill_buf().unwrap_or_default();
        if let Some((name, _)) = COMPRESSION_FORMATS.iter().find(|(_, bytes)| begin.starts_with(bytes)) {
            return Err(RecordingError(format!("the recording is compressed with {name}: decompress it first")));
        }
        let mut recording = Self::default();
        for (line, number) in lines.lines().zip(1_u64..) {
            let line = line
                .map_err(|error| RecordingError(format!("line {number} of the recording cannot be read: {error}")))?;
            let line = match line.strip_prefix(BYTE_ORDER_MARK) {
                Some(rest) if number == 1 => rest,
                _ => &line,
            };
            if !line.trim().is_empty() {
                recording.add(line, number, contract)?;
            }
        }
        if recording.contracts.is_empty() {
            return Err(RecordingError(
                "the recording has no record: use a file with one record per line, such as an NDJSON export".into(),
            ));
        }
        let hours = recording.contracts.values_mut().flat_map(|it| it.values_mut());
        let requests = recording.requests.values_mut().flat_map(|it| it.values_mut());
        for events in hours.chain(requests) {
            // Stable: events of equal time stay in the order of the file.
            events.sort_by_key(|event| event.time);
        }
        Ok(recording)
    }

    fn add(&mut self, text: &str, line: u64, contract: Option<u64>) -> Result<(), RecordingError> {
        let invalid = |reason: String| RecordingError(format!("line {line} of the recording {reason}"));
        let fields: RecordFields = serde_json::from_str(text)
            .map_err(|error| invalid(format!("is not a record with a time ({error}): repair or remove the line")))?;
        let time = DateTime::parse_from_rfc3339(&fields.meta.time).map_err(|error| {
            invalid(format!(
                "has the time {:?}, which is not RFC 3339 ({error}): repair or remove the line",
                fields.meta.time
            ))
        })?;
        let named = fields.principal.and_then(|principal| principal.identity);
        let named = match named.and_then(|identity| identity.contract_number) {
            Some(named) => parse_contract_number(named).map_err(|named| {
                invalid(format!(
                    "names the contract {named}, which is not a contract number: repair or remove the line"
                ))
            })?,
            None => None,
        };
        let contract = named.or(contract).ok_or_else(|| {
            invalid("names no contract number: specify the contract that the record belongs to".into())
        })?;
        let time = to_nanoseconds(time.to_utc());
        let hour = time.div_euclid(HOUR * MILLISECOND);
        if hour < 0 || time >= to_nanoseconds(LOG_END) {
            return Err(invalid(format!(
                "has the time {}, which is not between 1970 and 2199: repair or remove the line",
                fields.meta.time
            )));
        }
        let event = RecordedEvent { time, number: mix(line ^ fingerprint([text])), text: text.into() };
        if let Value::String(id) = fields.meta.request_id {
            let by_contract = self.requests.entry(id).or_default();
            by_contract.entry(contract).or_default().push(event.clone());
        }
        let hours = self.contracts.entry(contract).or_default();
        hours.entry(hour as u64).or_default().push(event);
        Ok(())
    }

    /// The numbers of the contracts that have records, in ascending order.
    #[must_use]
    pub fn contracts(&self) -> Vec<u64> {
        self.contracts.keys().copied().collect()
    }

    /// The time of the first event, in nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn begin(&self) -> i64 {
        let first = |hours: &BTreeMap<u64, Vec<RecordedEvent>>| Some(hours.values().next()?.first()?.time);
        self.contracts.values().filter_map(first).min().unwrap_or(0)
    }

    /// The events of an hour, in the order of their times.
    pub(crate) fn hour(&self, contract: u64, hour: u64) -> &[RecordedEvent] {
        self.contracts.get(&contract).and_then(|hours| hours.get(&hour)).map_or(&[], Vec::as_slice)
    }

    /// The events of a request in the order of their times, and the contract of the request. If several contracts have
    /// a request with this identifier, returns the first contract that `may_read` accepts. `None` if there is no such
    /// contract.
    pub(crate) fn request(&self, id: &str, may_read: impl Fn(u64) -> bool) -> Option<(u64, &[RecordedEvent])> {
        let mut by_contract = self.requests.get(id)?.iter();
        by_contract.find(|(contract, _)| may_read(**contract)).map(|(contract, events)| (*contract, events.as_slice()))
    }
}

/// Parses a contract number, which is a JSON number or a JSON string. `Ok(None)` for an empty string. The error is the
/// JSON of the invalid value.
fn parse_contract_number(named: &RawValue) -> Result<Option<u64>, &str> {
    let text = named.get().trim_matches('"');
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| named.get())
}

/// Prints the contracts, but not the events.
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
    fn records_are_stored_byte_for_byte_by_contract_and_time() {
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
    fn a_byte_order_mark_is_not_part_of_the_first_record() {
        let record = r#"{"meta":{"time":"2026-11-20T09:00:00Z"}}"#;
        let text = format!("\u{feff}{record}\n");
        let recording = Recording::read(text.as_bytes(), Some(7)).unwrap();
        let lines = recording.hour(7, 1_795_165_200 / 3600);
        assert_eq!(&*lines[0].text, record);
        assert!(read(&format!("\n{text}")).is_err());
    }

    #[test]
    fn a_compressed_recording_is_rejected() {
        for (name, begin) in [("gzip", &b"\x1f\x8b\x08"[..]), ("zstd", b"\x28\xb5\x2f\xfd")] {
            let message = format!("the recording is compressed with {name}: decompress it first");
            let error = Recording::read(begin, Some(7)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn an_invalid_contract_number_is_rejected_even_if_there_is_a_default_contract() {
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
                    "line 1 of the recording names the contract {contract}, which is not a contract number: repair or remove the line"
                )
            );
        }
    }

    #[test]
    fn an_error_names_the_line_and_what_to_do() {
        for (text, message) in [
            ("\n", "the recording has no record: use a file with one record per line, such as an NDJSON export"),
            (
                "\n{\"meta\":{\"time\":\"yesterday\"}}",
                "line 2 of the recording has the time \"yesterday\", which is not RFC 3339 (premature end of input): repair or remove the line",
            ),
            (
                "{\"meta\":{\"time\":\"2026-11-20T09:00:00Z\"}}",
                "line 1 of the recording names no contract number: specify the contract that the record belongs to",
            ),
            (
                "{\"meta\":{\"time\":\"1969-11-20T09:00:00Z\"},\"principal\":{\"identity\":{\"contractNumber\":1}}}",
                "line 1 of the recording has the time 1969-11-20T09:00:00Z, which is not between 1970 and 2199: repair or remove the line",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
        for text in ["{", "[]", "{\"meta\":{}}", "{\"meta\":{\"time\":7}}"] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.starts_with("line 1 of the recording is not a record with a time"), "{message}");
        }
    }
}
