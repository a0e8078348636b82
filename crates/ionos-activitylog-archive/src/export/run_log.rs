//! What depends on a run and not on the events, such as when it was and on which machine, must not be in a manifest, and
//! is worth keeping all the same: one line for each run.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::error::Error;
use crate::fs::{FailPoint, FailPoints};
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;
use crate::manifest::ManifestLink;

/// The form of a line that this version writes.
pub const RUN_SCHEMA: &str = "ialog.run/1";

const RUNS: &str = "_runs.ndjson";

/// An export of one contract that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RunRecord {
    /// The form of this line, [`RUN_SCHEMA`].
    pub schema: String,
    /// When it began.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub started: DateTime<Utc>,
    /// When it ended.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub ended: DateTime<Utc>,
    /// Who did it.
    pub writer: LockOwner,
    /// The first instant that was asked for.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant that was not asked for any more.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Events that were archived.
    pub events: u64,
    /// Of these, events that came late.
    pub late: u64,
    /// Gaps that are left in what was asked for.
    pub gaps: u64,
    /// Requests, retries not counted.
    pub requests: u64,
    /// How it ended: `done`, `stopped` or what went wrong.
    pub result: String,
    /// The latest manifest then. Kept somewhere else, it proves that nothing up to it was changed since.
    pub head: Option<ManifestLink>,
}

/// Adds a run to the list.
pub(crate) fn warning(folder: &ContractFolder, run: &RunRecord, fail_points: &FailPoints) -> Result<(), Error> {
    let path = folder.path().join(RUNS);
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        let mut line = serde_json::to_vec(run)?;
        line.push(b'\n');
        // A line that a killed process has not finished must not swallow this one.
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
