//! A client that fails on somebody's real log must be tested against that log. So events can come from a file that
//! was exported instead of from a seed: one record a line, served byte for byte by the time that each one carries.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::BufRead;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use crate::log::span::nanoseconds;
use crate::world::random::{fingerprint, mix};
use crate::world::rhythm::HOUR;

/// Events of an exported log, held in memory. Read with [`Recording::read`].
#[derive(Clone, Default)]
pub struct Recording {
    /// By contract, then by the hour since 1970-01-01T00:00:00Z.
    contracts: BTreeMap<u64, BTreeMap<u64, Vec<Line>>>,
    /// Contract, time and text of each event of a request.
    requests: HashMap<String, Vec<(u64, i64, String)>>,
}

/// One event.
#[derive(Clone)]
pub(crate) struct Line {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// A number of its own, spread evenly over 64 bits.
    pub(crate) own: u64,
    /// JSON text, as it was read.
    pub(crate) text: String,
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
struct Sketch {
    meta: MetaSketch,
    #[serde(default)]
    principal: Option<PrincipalSketch>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaSketch {
    time: String,
    #[serde(default)]
    request_id: Value,
}

#[derive(Deserialize)]
struct PrincipalSketch {
    #[serde(default)]
    identity: Option<IdentitySketch>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentitySketch {
    #[serde(default)]
    contract_number: Value,
}

impl Recording {
    /// Reads NDJSON: one record a line, as an export of the log has it; empty lines are skipped. A record belongs to
    /// the contract it names, or to `contract` where it names none.
    ///
    /// # Errors
    ///
    /// When it cannot be read, holds no record, or a line is no JSON object with `meta.time` in RFC 3339, or belongs
    /// to no contract.
    pub fn read(lines: impl BufRead, contract: Option<u64>) -> Result<Self, RecordingError> {
        let mut recording = Self::default();
        for (line, at) in lines.lines().zip(1_u64..) {
            let line = line.map_err(|error| {
                RecordingError(format!(
                    "line {at} of the recording cannot be read: {error}"
                ))
            })?;
            if !line.trim().is_empty() {
                recording.add(line, at, contract)?;
            }
        }
        if recording.contracts.is_empty() {
            return Err(RecordingError(
                "the recording is empty: it needs one record a line, as an export writes them"
                    .into(),
            ));
        }
        for hours in recording.contracts.values_mut() {
            for lines in hours.values_mut() {
                // Stable: events of equal time keep the order of the file.
                lines.sort_by_key(|line| line.time);
            }
        }
        Ok(recording)
    }

    fn add(&mut self, text: String, at: u64, contract: Option<u64>) -> Result<(), RecordingError> {
        let refused = |why: String| RecordingError(format!("line {at} of the recording {why}"));
        let sketch: Sketch = serde_json::from_str(&text).map_err(|error| {
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
        let named = match named.map(|identity| identity.contract_number) {
            Some(Value::String(number)) => number.parse().ok(),
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let contract = named.or(contract).ok_or_else(|| {
            refused("names no contract number: say which contract it belongs to".into())
        })?;
        let time = nanoseconds(time.to_utc());
        let hour = time.div_euclid(HOUR * 1_000_000);
        if hour < 0 {
            return Err(refused(format!(
                "has the time {}, which is before 1970: repair or remove it",
                sketch.meta.time
            )));
        }
        if let Value::String(id) = sketch.meta.request_id {
            let events = self.requests.entry(id).or_default();
            events.push((contract, time, text.clone()));
        }
        let hours = self.contracts.entry(contract).or_default();
        hours.entry(hour as u64).or_default().push(Line {
            time,
            own: mix(at ^ fingerprint([text.as_str()])),
            text,
        });
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
        self.contracts
            .get(&contract)
            .and_then(|hours| hours.get(&hour))
            .map_or(&[], Vec::as_slice)
    }

    /// The events of a request in the order of the file: contract, time, and text.
    pub(crate) fn request(&self, id: &str) -> &[(u64, i64, String)] {
        self.requests.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Without the events.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("contracts", &self.contracts())
            .finish_non_exhaustive()
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
        let first = r#"{"principal":{"identity":{"contractNumber":7,"x":1e400}},"meta":{"time":"2026-11-20T10:12:33+01:00"}}"#;
        let other = r#"{"meta":{"time":"2026-11-20T09:00:00Z","requestId":"r"}}"#;
        let text = format!("{second}\n\n{first}\n{other}\n");
        let recording = Recording::read(text.as_bytes(), Some(9)).unwrap();
        assert_eq!(recording.contracts(), [7, 9]);
        let hour = 1_795_165_953 / 3600;
        let texts: Vec<&str> = recording
            .hour(7, hour)
            .iter()
            .map(|line| &*line.text)
            .collect();
        assert_eq!(texts, [first, second]);
        assert_eq!(recording.request("r").len(), 2);
        assert_eq!(recording.begin(), 1_795_165_200_000_000_000);
    }

    #[test]
    fn a_line_that_cannot_be_served_is_named() {
        for (text, message) in [
            (
                "\n",
                "the recording is empty: it needs one record a line, as an export writes them",
            ),
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
                "line 1 of the recording has the time 1969-11-20T09:00:00Z, which is before 1970: repair or remove it",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
        for text in ["{", "[]", "{\"meta\":{}}", "{\"meta\":{\"time\":7}}"] {
            let message = read(text).unwrap_err().to_string();
            assert!(
                message.starts_with("line 1 of the recording is no record with a time"),
                "{message}"
            );
        }
    }
}
