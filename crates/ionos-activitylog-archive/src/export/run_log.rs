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
    /// Number of added events that are new versions of archived events: they have the same id and another content.
    /// Absent if there are none.
    #[serde(default, skip_serializing_if = "text::is_zero")]
    pub amended: u64,
    /// Number of gaps within the range.
    pub gaps: u64,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Outcome: `done`, `stopped` or the error message.
    pub result: String,
    /// Latest manifest at the end of the export. A copy of its digest, kept elsewhere, reveals any later change of
    /// this manifest or of an earlier one.
    pub head: Option<ManifestLink>,
}

/// The result of a run that reached the end of its range.
pub(super) const DONE: &str = "done";

impl RunRecord {
    /// The end of the range of this run, if the run wrote manifests up to this end. `None` if the run did not reach the
    /// end, or if version 0.1.0 may have written the record. `has_version_1`: whether the archive has manifests of
    /// version 1.
    pub(crate) fn covered_until(&self, has_version_1: bool) -> Option<DateTime<Utc>> {
        let is_of_version_1 = match &self.head {
            Some(head) => head.number.is_none(),
            None => has_version_1,
        };
        (self.result == DONE && !is_of_version_1).then_some(self.to)
    }
}

/// The content of the run log. `None` if there is none.
///
/// An export adds to the manifests before it adds to the run log. So a reader that compares manifests and run log must
/// read the run log before the manifests.
pub(crate) fn read_run_log(folder: &ContractFolder) -> Result<Option<Vec<u8>>, Error> {
    regular_file::read_if_exists(&folder.path().join(RUN_LOG), MAX_RUN_LOG_BYTES)
}

/// The readable records of a run log. A record that a later version of the program wrote may have further members.
fn records(log: &[u8]) -> impl Iterator<Item = RunRecord> {
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(|line| serde_json::from_slice(line).ok())
}

/// Whether a record of a run log names `head`, the last manifest of the chain. Each run that ends adds such a record.
/// Version 0.1.0 replaced manifests, so if the last manifest is one of this version, any record is enough.
pub(crate) fn names_end(log: &[u8], head: Option<ManifestLink>) -> bool {
    let is_of_version_1 = head.is_some_and(|head| head.number.is_none());
    records(log).any(|run| is_of_version_1 || run.head == head)
}

/// The latest [`RunRecord::covered_until`] of the runs in a run log, if this time is after `end`, the end of all ranges
/// that the manifests cover. In this case, manifests are missing. Otherwise `None`.
pub(crate) fn lost_end(log: &[u8], end: Option<DateTime<Utc>>, has_version_1: bool) -> Option<DateTime<Utc>> {
    let latest = records(log).filter_map(|run| run.covered_until(has_version_1)).max();
    latest.filter(|latest| end.is_none_or(|end| *latest > end))
}

/// The latest end of the ranges of all runs. A run that starts after `present`, or whose range ends after `present`,
/// does not count, because its clock was wrong. Returns the earliest possible time if no run is left, or if the run log
/// cannot be read. In this case, all ranges in the future are doubtful.
pub(super) fn last_end(folder: &ContractFolder, present: DateTime<Utc>) -> DateTime<Utc> {
    let log = read_run_log(folder).ok().flatten().unwrap_or_default();
    let ends = records(&log).filter(|run| run.to <= present && run.started <= present).map(|run| run.to);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// A line of the run log for a run whose range ends at 2026-11-20T12:00:00Z, with the given result and head.
    fn line(result: &str, head: &str) -> String {
        let template = r#"{"schema":"ialog.run/1","started":"2026-11-21T00:00:00Z","ended":"2026-11-21T00:00:01Z",
            "writer":{"version":"0.1.0","host":"h","pid":1,"since":"2026-11-21T00:00:00Z"},"from":"2026-11-20T00:00:00Z",
            "to":"2026-11-20T12:00:00Z","events":1,"late":0,"gaps":1,"requests":1,"result":"RESULT","head":HEAD}"#;
        template.replace('\n', "").replace("RESULT", result).replace("HEAD", head) + "\n"
    }

    #[test]
    fn only_a_run_that_reached_the_end_of_its_range_shows_that_manifests_are_missing() {
        let digest = "0".repeat(64);
        let numbered = format!(r#"{{"number":1,"date":"2026-11-20","sha256":"{digest}"}}"#);
        let of_version_1 = format!(r#"{{"date":"2026-11-20","sha256":"{digest}"}}"#);
        let (before, at_end) = (Some(time("2026-11-20T11:59:59Z")), Some(time("2026-11-20T12:00:00Z")));
        for (result, head, end, has_version_1, is_missing) in [
            ("done", numbered.as_str(), before, false, true),
            ("done", &numbered, before, true, true),
            ("done", &numbered, None, false, true),
            ("done", &numbered, at_end, false, false),
            ("done", "null", before, false, true),
            // Version 0.1.0 may have written these records.
            ("done", "null", before, true, false),
            ("done", &of_version_1, before, true, false),
            ("stopped", &numbered, before, false, false),
            ("the service answered 500", &numbered, before, false, false),
        ] {
            let log = line(result, head) + "{\"schema\":\"ialog";
            let expected = at_end.filter(|_| is_missing);
            let what = format!("result {result}, head {head}, end {end:?}, has_version_1 {has_version_1}");
            assert_eq!(lost_end(log.as_bytes(), end, has_version_1), expected, "{what}");
        }
    }
}
