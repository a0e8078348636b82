//! A position in a range, so that a program can resume after a restart. A program stores the events first and then the
//! checkpoint; in the other order, a restart between the two loses events.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::ContractNumber;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;

/// Version of the serialized form.
const VERSION: u32 = 1;

/// Position of a stream: all events before [`Checkpoint::read_to`] were returned.
///
/// Serializes to JSON or any other serde format. [`Events::resume`](crate::Events::resume) continues from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub(crate) contract: ContractNumber,
    pub(crate) range: DateRange,
    /// Canonical text of the filter; empty if there is none.
    pub(crate) filter: String,
    pub(crate) read_to: DateTime<Utc>,
}

impl Checkpoint {
    /// The contract of the stream.
    #[must_use]
    pub fn contract(&self) -> &ContractNumber {
        &self.contract
    }

    /// The whole range of the stream (half-open, UTC).
    #[must_use]
    pub fn range(&self) -> DateRange {
        self.range
    }

    /// The first instant whose events were not returned yet, in UTC. The end of the range once all events were
    /// returned.
    #[must_use]
    pub fn read_to(&self) -> DateTime<Utc> {
        self.read_to
    }

    /// The range that is left to read. `None` once all events were returned.
    pub(crate) fn remaining_range(&self) -> Option<DateRange> {
        DateRange::new(self.read_to, self.range.end()).ok()
    }
}

/// The serialized form. Times are RFC 3339 in UTC.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SerializedCheckpoint {
    version: u32,
    contract: String,
    start: String,
    end: String,
    #[serde(default)]
    filter: String,
    read_to: String,
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        SerializedCheckpoint {
            version: VERSION,
            contract: self.contract.to_string(),
            start: text(self.range.start()),
            end: text(self.range.end()),
            filter: self.filter.clone(),
            read_to: text(self.read_to),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let serialized = SerializedCheckpoint::deserialize(deserializer)?;
        serialized.into_checkpoint().map_err(D::Error::custom)
    }
}

impl SerializedCheckpoint {
    fn into_checkpoint(self) -> Result<Checkpoint, Error> {
        let invalid = |detail: String| Error::new(ErrorKind::Configuration, detail);
        if self.version != VERSION {
            return Err(invalid(format!(
                "the checkpoint has version {}, but this library supports version {VERSION}",
                self.version
            ))
            .with_hint("use the version of the library that wrote the checkpoint"));
        }
        let time = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text);
            time.map(|time| time.to_utc()).map_err(|_| {
                invalid(format!("the checkpoint has the time {text:?}, which is not RFC 3339"))
                    .with_hint("start without the checkpoint")
            })
        };
        let range = DateRange::new(time(&self.start)?, time(&self.end)?)?;
        let read_to = time(&self.read_to)?;
        if !(range.start()..=range.end()).contains(&read_to) {
            return Err(invalid(format!("the checkpoint is at {}, outside of its own range {range}", self.read_to))
                .with_hint("start without the checkpoint"));
        }
        Ok(Checkpoint { contract: self.contract.parse()?, range, filter: self.filter, read_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = r#"{"version":1,"contract":"31721060","start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z","filter":"","read_to":"2026-11-20T09:12:33.394Z"}"#;

    #[test]
    fn a_checkpoint_round_trips() {
        let checkpoint: Checkpoint = serde_json::from_str(KEPT).unwrap();
        assert_eq!(serde_json::to_string(&checkpoint).unwrap(), KEPT);
        assert_eq!(
            checkpoint.remaining_range().unwrap().to_string(),
            "2026-11-20T09:12:33.394Z .. 2026-12-01T00:00:00Z"
        );
        let done = Checkpoint { read_to: checkpoint.range.end(), ..checkpoint };
        assert_eq!(done.remaining_range(), None);
    }

    #[test]
    fn an_invalid_checkpoint_is_refused() {
        for (from, to, message) in [
            ("\"version\":1", "\"version\":2", "the checkpoint has version 2"),
            ("2026-11-01T00:00:00Z", "yesterday", "the time \"yesterday\""),
            ("2026-11-20T09:12:33.394Z", "2027-01-01T00:00:00Z", "outside of its own range"),
            ("31721060", "a lot", "contract"),
            ("\"filter\"", "\"filtre\"", "unknown field `filtre`"),
        ] {
            let kept = KEPT.replace(from, to);
            let error = serde_json::from_str::<Checkpoint>(&kept).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
