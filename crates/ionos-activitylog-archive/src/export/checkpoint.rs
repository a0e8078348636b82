//! The checkpoint beside a partial file: the specification of the export, the number of durable bytes, and the time at
//! which reading continues.
//!
//! A checkpoint is written only between two windows. It contains the text of the incomplete frame (the block of the
//! compressed file that is not yet written). So the next process continues with exactly the same data and does not read
//! any event before the checkpoint again.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, Filter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::digest::{Digest, HashingWriter};
use crate::encode::text;
use crate::error::Error;
use crate::export::FileTarget;
use crate::fs::{ResumableFile, json_file};

/// Maximum number of bytes that a format writes after the last event.
const MAX_END_BYTES: u64 = 16;

/// Schema and version of a checkpoint.
pub const CHECKPOINT_SCHEMA: &str = "ialog.checkpoint/2";

/// What a file holds and in which format. An interrupted export continues only with an equal specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExportSpec {
    /// Base URL of the API that the events come from, or the name that replaces it.
    pub api: String,
    /// Contract whose log is read.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// Start of the range, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End of the range, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Canonical text of the filter. Empty: all events.
    pub filter: String,
    /// Format: `ndjson`, `json` or, for CSV, the version of its columns.
    pub format: String,
    /// Compression: `none`, `gzip` or `zstd`.
    pub compression: String,
}

impl ExportSpec {
    /// Specifies the export of all events of a contract and range to a file. `api` is the base URL of the service, or a
    /// name that replaces it.
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

    /// The range of this specification. `None` if `other` differs in more than its range.
    pub(super) fn range_if_only_difference(&self, other: &Self) -> Option<DateRange> {
        let with_range = Self { from: self.from, to: self.to, ..other.clone() };
        (with_range == *self).then(|| DateRange::new(self.from, self.to).ok()).flatten()
    }

    /// Restricts the export to the events that match a filter.
    #[must_use]
    pub fn filter(mut self, filter: &Filter) -> Self {
        self.filter = filter.to_string();
        self
    }
}

/// For error messages that compare two specifications.
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

/// Progress of an export to one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileCheckpoint {
    /// Schema and version of this file, [`CHECKPOINT_SCHEMA`].
    pub schema: String,
    /// What the file will hold.
    pub reading: ExportSpec,
    /// Number of durable bytes, in complete frames.
    pub bytes: u64,
    /// SHA-256 of the durable bytes.
    pub sha256: Digest,
    /// Time at which reading continues. Every event before this time is in the file or in `open`.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub read_to: DateTime<Utc>,
    /// Number of events before `read_to`.
    pub events: u64,
    /// Number of events before `read_to` that are further versions of another event: they have the same id and another
    /// content. Absent if there are none.
    #[serde(default, skip_serializing_if = "text::is_zero")]
    pub amended: u64,
    /// Number of events before `read_to` that do not fit the event model.
    pub with_issues: u64,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Text of the incomplete frame. Empty without compression.
    pub open: String,
    /// SHA-256 of each record with a `@uuid` and without a readable time, as received. A service may return such a
    /// record for several windows; the file has it once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undated: Vec<Digest>,
    /// SHA-256 of this file. For the computation, the value of this member is the SHA-256 of the empty text.
    pub digest: Digest,
}

impl FileCheckpoint {
    /// Reads the checkpoint of a partial file, and hashes the durable bytes that the checkpoint counts. `None` if there
    /// is no checkpoint. Fails if the checkpoint cannot be read or was changed. Also fails if the partial file is
    /// shorter than the checkpoint says, or if its bytes do not match the digest in the checkpoint.
    pub(super) fn read(partial: &ResumableFile) -> Result<Option<(Self, Sha256)>, Error> {
        let Some((bytes, path)) = partial.checkpoint()? else {
            return Ok(None);
        };
        let checkpoint = Self::from_bytes(&bytes, path)?;
        partial.check_length(checkpoint.bytes)?;
        let hash = partial.hash(checkpoint.bytes)?;
        if Digest::from(hash.clone()) != checkpoint.sha256 {
            let detail = "its bytes differ from the digest in its checkpoint".to_owned();
            return Err(Error::damaged(partial.partial_path().to_path_buf(), detail));
        }
        Ok(Some((checkpoint, hash)))
    }

    /// Whether the file at `path` is complete and still has a checkpoint, because the export was killed just before the
    /// removal of the checkpoint. In this case, the checkpoint is at the end of the range, and the content of the file
    /// matches the checkpoint.
    pub(super) fn shows_complete_file(path: &Path, spec: &ExportSpec) -> bool {
        let begins_as_stated = || {
            let (bytes, place) = ResumableFile::checkpoint_of_named(path)?;
            let checkpoint = Self::from_bytes(&bytes, &place).ok().filter(|found| found.reading == *spec)?;
            let mut hashing = HashingWriter::new(io::sink());
            let mut file = File::open(path).ok()?;
            let copied = io::copy(&mut (&file).take(checkpoint.bytes), &mut hashing).ok()?;
            // Without compression, `open` is empty. With compression, `rest` contains the compressed form of `open`, so
            // `has_end` is `false` unless `open` is empty.
            let open = checkpoint.open.as_bytes();
            let mut rest = Vec::new();
            file.by_ref().take(open.len() as u64 + MAX_END_BYTES + 1).read_to_end(&mut rest).ok()?;
            let has_end = rest.starts_with(open) && (rest.len() - open.len()) as u64 <= MAX_END_BYTES;
            // A checkpoint without bytes says nothing about the file.
            let begins_as_stated = copied > 0 && copied == checkpoint.bytes;
            let is_whole = checkpoint.read_to == spec.to && has_end;
            Some(begins_as_stated && is_whole && Digest::from(hashing.hash) == checkpoint.sha256)
        };
        begins_as_stated().unwrap_or(false)
    }

    /// Computes the digest of this checkpoint. Ignores the digest that the checkpoint contains.
    pub(super) fn own_digest(&self) -> Digest {
        let content = Self { digest: Digest::sha256(&[]), ..self.clone() };
        Digest::sha256(&content.to_bytes())
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let damaged = |detail: String| Error::damaged(path.to_path_buf(), detail);
        let read: Self = json_file::parse(bytes, &[CHECKPOINT_SCHEMA], path)?;
        if read.own_digest() != read.digest {
            return Err(damaged("its digest does not match its content".to_owned()));
        }
        let ExportSpec { from, to, .. } = read.reading;
        if from >= to || !(from..=to).contains(&read.read_to) {
            return Err(damaged(format!(
                "its position {} is outside of its own range {} .. {}",
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
        let mut checkpoint = FileCheckpoint {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            reading: ExportSpec::new("https://api.example.com", 7.into(), range, &target)
                .filter(&Filter::parse(["status=DONE"]).unwrap()),
            bytes: 5,
            sha256: Digest::sha256(b"bytes"),
            read_to: "2026-11-20T12:00:00Z".parse().unwrap(),
            events: 3,
            amended: 0,
            with_issues: 0,
            requests: 2,
            open: "a,\"b\"\n".to_owned(),
            undated: vec![Digest::sha256(b"record")],
            digest: Digest::sha256(&[]),
        };
        checkpoint.digest = checkpoint.own_digest();
        checkpoint
    }

    #[test]
    fn a_checkpoint_round_trips() {
        let bytes = checkpoint().to_bytes();
        let read = FileCheckpoint::from_bytes(&bytes, Path::new("c")).unwrap();
        assert_eq!(read, checkpoint());
    }

    #[test]
    fn a_specification_is_described_in_one_line() {
        assert_eq!(
            checkpoint().reading.to_string(),
            "contract 7, 2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z, from https://api.example.com as flat/1 \
             with zstd, filtered by status=done"
        );
    }

    #[test]
    fn an_invalid_checkpoint_is_refused() {
        let text = String::from_utf8(checkpoint().to_bytes()).unwrap();
        for (from, to, expected) in [
            ("checkpoint/2", "checkpoint/1", "c has the format ialog.checkpoint/1; this version reads"),
            ("\"2026-11-20T12:00:00Z\"", "\"2026-11-22T12:00:00Z\"", "its digest does not match its content"),
            ("\"events\": 3", "\"events\": 4", "its digest does not match its content"),
            ("\"bytes\": 5", "\"bytes\": 6", "its digest does not match its content"),
            ("\"bytes\"", "\"size\"", "unknown field `size`"),
            ("}", "", "EOF"),
        ] {
            let edited = text.replacen(from, to, 1);
            let error = FileCheckpoint::from_bytes(edited.as_bytes(), Path::new("c")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
