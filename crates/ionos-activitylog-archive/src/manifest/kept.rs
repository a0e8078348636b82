//! Records that are in no part: hits that are not JSON, and events whose time is outside of the window for which the
//! service returned them. They are kept as bytes beside the parts of the day, so that nothing that was received is
//! lost.

use chrono::{DateTime, Utc};
use ionos_activitylog::DateRange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::encode::text;

/// A file with records that are in no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeptRecords {
    /// File name: `kept-CONTENT.bin` for one hit that is not JSON, `kept-CONTENT.ndjson` for events, one per line.
    /// CONTENT is the start of the SHA-256 of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Number of records.
    pub count: u64,
    /// Start of the window for which the service returned the records, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End of the window, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Position of this record among the hits that the service returned for the window, from 0. Absent for events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Why the records are in no part: `not-json` or `outside-of-window`.
    pub reason: String,
}

impl KeptRecords {
    /// A hit that is not JSON.
    pub(crate) fn unreadable(bytes: &[u8], window: DateRange, position: u64) -> Self {
        Self { position: Some(position), ..Self::new(bytes, window, "bin", 1, "not-json") }
    }

    /// Events whose time lies outside of their window, one per line.
    pub(crate) fn out_of_window(lines: &[u8], window: DateRange, count: u64) -> Self {
        Self::new(lines, window, "ndjson", count, "outside-of-window")
    }

    fn new(bytes: &[u8], window: DateRange, ending: &str, count: u64, reason: &str) -> Self {
        let sha256 = Digest::sha256(bytes);
        Self {
            file: format!("kept-{}.{ending}", sha256.short()),
            sha256,
            bytes: bytes.len() as u64,
            count,
            from: window.start(),
            to: window.end(),
            position: None,
            reason: reason.to_owned(),
        }
    }

    /// Whether the file name matches the digest of the content.
    pub(super) fn has_own_name(&self) -> bool {
        let stem = format!("kept-{}", self.sha256.short());
        ["bin", "ndjson"].iter().any(|ending| self.file == format!("{stem}.{ending}"))
    }
}
