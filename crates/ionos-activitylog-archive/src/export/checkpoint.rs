//! An export of months must not begin anew because a laptop was closed. Beside the file in the making lies a checkpoint:
//! of what the file is, how much of it is on the disk, and where reading goes on.
//!
//! It moves from window to window and holds what a frame that is not full has collected, so that the next process has
//! exactly what this one had: nothing is read twice, and nothing depends on the order in which events come again.

use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, Filter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::error::Error;
use crate::export::FileTarget;
use crate::fs::{ResumableFile, json_file};

/// The form of a checkpoint that this version writes and reads.
pub const CHECKPOINT_SCHEMA: &str = "ialog.checkpoint/1";

/// What a file is to hold, and in which form. An interrupted export goes on only with the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExportSpec {
    /// The address of the API that the events come from.
    pub api: String,
    /// Whose log it is.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The first instant that is read.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after that.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// The canonical text of the filter; empty without one.
    pub filter: String,
    /// The format: `ndjson`, `json` or, for CSV, the version of its columns.
    pub format: String,
    /// How it is compressed: `none`, `gzip` or `zstd`.
    pub compression: String,
}

impl ExportSpec {
    /// All events of a contract and range from the API at an address, to be written to a file.
    #[must_use]
    pub fn new(api: impl Into<String>, contract: ContractNumber, range: DateRange, target: &FileTarget) -> Self {
        Self {
            api: api.into(),
            contract,
            from: range.start(),
            to: range.end(),
            filter: String::new(),
            format: target.format().version().to_owned(),
            compression: target.compression().as_str().to_owned(),
        }
    }

    /// Only those that a filter keeps.
    #[must_use]
    pub fn filter(mut self, filter: &Filter) -> Self {
        self.filter = filter.to_string();
        self
    }
}

/// In words, for whoever has to tell two of them apart.
impl fmt::Display for ExportSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api, contract, format, compression, .. } = self;
        let (from, to) = (text::time(self.from), text::time(self.to));
        write!(f, "contract {contract}, {from} .. {to}, from {api} as {format}")?;
        if compression != "none" {
            write!(f, " with {compression}")?;
        }
        if !self.filter.is_empty() {
            write!(f, ", filtered by {}", self.filter)?;
        }
        Ok(())
    }
}

/// How far the file in the making is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileCheckpoint {
    /// The form of this file, [`CHECKPOINT_SCHEMA`].
    pub schema: String,
    /// What the file is to hold.
    pub reading: ExportSpec,
    /// How many bytes of it are on the disk and stay: whole frames.
    pub bytes: u64,
    /// Where reading goes on: everything before it is written, or in `open`.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub read_to: DateTime<Utc>,
    /// Events before that.
    pub events: u64,
    /// Of these, events that do not fit the model.
    pub with_issues: u64,
    /// Requests that it took, retries not counted.
    pub requests: u64,
    /// The text of the next frame so far; always empty without compression.
    pub open: String,
}

impl FileCheckpoint {
    /// Reads the checkpoint of a partial file. Fails if the partial file is shorter than the checkpoint says.
    pub(super) fn read(partial: &ResumableFile) -> Result<Option<Self>, Error> {
        let Some((bytes, path)) = partial.checkpoint()? else {
            return Ok(None);
        };
        let checkpoint = Self::from_bytes(&bytes, path)?;
        partial.check_length(checkpoint.bytes)?;
        Ok(Some(checkpoint))
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let damaged = |detail: String| Error::damaged(path.to_path_buf(), detail);
        let read: Self = json_file::parse(bytes, &[CHECKPOINT_SCHEMA], path)?;
        let ExportSpec { from, to, .. } = read.reading;
        if from >= to || !(from..=to).contains(&read.read_to) {
            return Err(damaged(format!(
                "it is at {}, which is outside of its own range {} .. {}",
                text::time(read.read_to),
                text::time(from),
                text::time(to)
            )));
        }
        Ok(read)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        json_file::to_pretty(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> FileCheckpoint {
        let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
        let target = FileTarget::new("a.csv.zst").unwrap();
        FileCheckpoint {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            reading: ExportSpec::new("https://api.example.com", 7.into(), range, &target)
                .filter(&Filter::parse(["status=DONE"]).unwrap()),
            bytes: 5,
            read_to: "2026-11-20T12:00:00Z".parse().unwrap(),
            events: 3,
            with_issues: 0,
            requests: 2,
            open: "a,\"b\"\n".to_owned(),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let bytes = checkpoint().to_bytes();
        let read = FileCheckpoint::from_bytes(&bytes, Path::new("c")).unwrap();
        assert_eq!(read, checkpoint());
    }

    #[test]
    fn it_says_in_words_what_it_is_of() {
        assert_eq!(
            checkpoint().reading.to_string(),
            "contract 7, 2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z, from https://api.example.com as flat/1 \
             with zstd, filtered by status=done"
        );
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let text = String::from_utf8(checkpoint().to_bytes()).unwrap();
        for (from, to, expected) in [
            ("checkpoint/1", "checkpoint/2", "c has the format ialog.checkpoint/2; this version reads"),
            ("\"2026-11-20T12:00:00Z\"", "\"2026-11-22T12:00:00Z\"", "outside of its own range"),
            ("\"bytes\"", "\"size\"", "unknown field `size`"),
            ("}", "", "EOF"),
        ] {
            let edited = text.replacen(from, to, 1);
            let error = FileCheckpoint::from_bytes(edited.as_bytes(), Path::new("c")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
