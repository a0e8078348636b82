//! Appends one line per export to `_runs.ndjson`. The line contains facts that depend on the run, such as times and the
//! machine, which must not be in a manifest.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::error::Error;
use crate::fs::permissions::not_for_others;
use crate::fs::{FailPoint, FailPoints, regular_file};
use crate::layout::{ContractFolder, MAX_RUN_LOG_BYTES, RUN_LOG};
use crate::lock_owner::LockOwner;
use crate::manifest::ManifestLink;

/// Schema and version of a line.
pub const RUN_SCHEMA: &str = "ialog.run/1";

/// A finished export of one contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RunRecord {
    /// Schema and version of this line, [`RUN_SCHEMA`].
    pub schema: String,
    /// Start of the export, UTC.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub started: DateTime<Utc>,
    /// End of the export, UTC.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub ended: DateTime<Utc>,
    /// Process that ran the export.
    pub writer: LockOwner,
    /// Start of the range, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End of the range, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Number of events added to the archive.
    pub events: u64,
    /// Number of added events that were late.
    pub late: u64,
    /// Number of gaps within the range.
    pub gaps: u64,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Outcome: `done`, `stopped` or the error message.
    pub result: String,
    /// Latest manifest at the end. A copy of its digest kept elsewhere reveals any later change of the archive.
    pub head: Option<ManifestLink>,
}

/// The latest end of a range among the runs with a right clock. A run whose start or range end is after `present` had a
/// wrong clock. The start of all time if no run had a right clock.
pub(super) fn last_end(folder: &ContractFolder, present: DateTime<Utc>) -> DateTime<Utc> {
    let bytes = regular_file::read_if_exists(&folder.path().join(RUN_LOG), MAX_RUN_LOG_BYTES);
    let bytes = bytes.ok().flatten().unwrap_or_default();
    let runs = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<RunRecord>(line).ok());
    let ends = runs.filter(|run| run.to <= present && run.started <= present).map(|run| run.to);
    ends.max().unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Appends a run.
pub(crate) fn append(folder: &ContractFolder, run: &RunRecord, fail_points: &FailPoints) -> Result<(), Error> {
    let path = folder.path().join(RUN_LOG);
    let written = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        not_for_others(options.read(true).append(true).create(true));
        let mut file = regular_file::open_to_continue(&mut options, &path)?;
        let mut line = serde_json::to_vec(run)?;
        line.push(b'\n');
        // A killed process may have left an unfinished line.
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.insert(0, b'\n');
            }
        }
        file.write_all(&line)?;
        file.sync_all()
    };
    written().map_err(|error| Error::Write { path: path.clone(), source: error })?;
    fail_points.reach(FailPoint::RunNoted);
    Ok(())
}
