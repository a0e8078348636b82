//! A reading of years should not begin anew because a machine was restarted. A checkpoint says up to where everything
//! was given out; it is text that a program keeps where it keeps its results, after them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ContractNumber, DateRange, Error, ErrorKind};

/// The version of the form in which it is kept.
const VERSION: u32 = 1;

/// Where a reading stands: everything before [`Checkpoint::read_to`] was given out.
///
/// Kept as JSON or in any other format of serde. Resume with [`Events::resume`](crate::Events::resume).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub(crate) contract: ContractNumber,
    pub(crate) range: DateRange,
    /// The canonical text of the filter; empty without one.
    pub(crate) filter: String,
    pub(crate) read_to: DateTime<Utc>,
}

impl Checkpoint {
    /// The contract whose log is read.
    #[must_use]
    pub fn contract(&self) -> &ContractNumber {
        &self.contract
    }

    /// The range that is read as a whole.
    #[must_use]
    pub fn range(&self) -> DateRange {
        self.range
    }

    /// The first instant that was not given out yet; the end of the range when there is none.
    #[must_use]
    pub fn read_to(&self) -> DateTime<Utc> {
        self.read_to
    }

    /// What is left to read; none when everything was read.
    pub(crate) fn rest(&self) -> Option<DateRange> {
        DateRange::new(self.read_to, self.range.end()).ok()
    }
}

/// The form in which it is kept. Times are RFC 3339 in UTC.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
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
        Kept {
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
        let kept = Kept::deserialize(deserializer)?;
        kept.read().map_err(D::Error::custom)
    }
}

impl Kept {
    fn read(self) -> Result<Checkpoint, Error> {
        let wrong = |detail: String| Error::new(ErrorKind::Configuration, detail);
        if self.version != VERSION {
            return Err(wrong(format!(
                "the checkpoint has version {}, and this library reads version {VERSION}",
                self.version
            ))
            .with_hint("use the library that wrote it"));
        }
        let time = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text);
            time.map(|time| time.to_utc()).map_err(|_| {
                wrong(format!("the checkpoint has the time {text:?}, which is not as RFC 3339 has it"))
                    .with_hint("start anew")
            })
        };
        let range = DateRange::new(time(&self.start)?, time(&self.end)?)?;
        let read_to = time(&self.read_to)?;
        if !(range.start()..=range.end()).contains(&read_to) {
            return Err(wrong(format!(
                "the checkpoint is at {}, which is outside of its own range {range}",
                self.read_to
            ))
            .with_hint("start anew"));
        }
        Ok(Checkpoint { contract: self.contract.parse()?, range, filter: self.filter, read_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = r#"{"version":1,"contract":"31721060","start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z","filter":"","read_to":"2026-11-20T09:12:33.394Z"}"#;

    #[test]
    fn it_is_kept_and_read_again() {
        let checkpoint: Checkpoint = serde_json::from_str(KEPT).unwrap();
        assert_eq!(serde_json::to_string(&checkpoint).unwrap(), KEPT);
        assert_eq!(checkpoint.rest().unwrap().to_string(), "2026-11-20T09:12:33.394Z .. 2026-12-01T00:00:00Z");
        let done = Checkpoint { read_to: checkpoint.range.end(), ..checkpoint };
        assert_eq!(done.rest(), None);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
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
