//! Compares the run log with the chain. Each record of a run names the manifest that was the last one at the end of the
//! run, and the chain only grows. So if the chain does not have the named manifest, the run log or the chain was
//! changed. If no readable record names the last manifest of the chain, the end of the chain is not proven. If a run
//! reached the end of its range, the manifests must cover this end. If they do not, the manifest of an open day is
//! missing. The other members of a record, such as its times, are stored nowhere else in the archive. They cannot be
//! checked, so they are hints, not evidence.

use super::ChainCheck;
use crate::encode::text;
use crate::error::Error;
use crate::export::{RunRecord, lost_end, names_end, read_run_log};
use crate::fs::regular_file;
use crate::layout::{MAX_RUN_LOG_BYTES, RUN_LOG};
use crate::state::covered_end;
use crate::verify::Problem;

impl ChainCheck<'_> {
    /// Whether a run log names the last manifest of the chain, see [`names_end`].
    fn names_end(&self, log: Option<&[u8]>) -> bool {
        log.is_some_and(|log| names_end(log, self.chain.head()))
    }

    /// Compares the run log with the chain. The caller has checked that no manifest is missing or unreadable. `log`:
    /// the run log, which the caller has read before the manifests.
    pub(super) fn check_runs(&mut self, log: Result<Option<Vec<u8>>, Error>) {
        let path = self.folder.path().join(RUN_LOG);
        let shown = self.shown(&path);
        let log = match log {
            // A running export adds to the run log after it has added manifests, so the log may have grown meanwhile.
            Ok(log) if !self.names_end(log.as_deref()) => read_run_log(self.folder),
            log => log,
        };
        let log = match log {
            Ok(log) => log,
            // `check_unlisted` reports a link, a pipe or the like.
            Err(Error::Open { source, .. }) if regular_file::is_not_regular(&source) => return,
            Err(Error::Open { source, .. }) => {
                return self.lack_evidence(format!("{shown} cannot be read ({source})"));
            }
            Err(_) => {
                let limit = MAX_RUN_LOG_BYTES >> 20;
                return self.lack_evidence(format!("{shown} is larger than {limit} MiB"));
            }
        };
        let has_manifests = !self.chain.links.is_empty() || !self.days.is_empty();
        if self.names_end(log.as_deref()) {
            self.chain.checks.run_log = true;
        } else if has_manifests && !self.chain.is_unfinished {
            // An export adds its record at its end, so an unfinished export has none yet.
            let reason = if log.is_some() { "has no record of the last manifest" } else { "is missing" };
            self.lack_evidence(format!("{shown} {reason}"));
        }
        let bytes = log.unwrap_or_default();
        let mut unreadable: u64 = 0;
        for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1_u64..) {
            if line.is_empty() {
                continue;
            }
            // A record that a later version wrote may have other members, so an unreadable record is not a finding.
            let Ok(run) = serde_json::from_slice::<RunRecord>(line) else {
                unreadable += 1;
                continue;
            };
            // Version 0.1.0 replaced manifests, so its manifests, which have no number, are not compared.
            let Some(head) = run.head.filter(|head| head.number.is_some()) else { continue };
            if !self.chain.links.contains(&head) {
                let manifest = head.number.unwrap_or_default();
                let detail = format!(
                    "line {number} names manifest {manifest} with SHA-256 {}, which is not in the chain: the \
                     run log or the chain was changed",
                    head.sha256
                );
                return self.add_finding(path, Problem::Changed, detail);
            }
        }
        let end = covered_end(&self.days);
        self.chain.lost_end = lost_end(&bytes, end, !self.version_1.is_empty());
        if let Some(lost_end) = self.chain.lost_end {
            let covered = end.map_or_else(
                || "there are no manifests".to_owned(),
                |end| format!("the manifests end at {}", text::time(end)),
            );
            self.warn(format!(
                "{shown} says that an export read up to {}, but {covered}: the manifest of an open day is missing",
                text::time(lost_end)
            ));
        }
        if unreadable > 0 {
            self.warn(format!(
                "{shown} has {unreadable} lines that are not records of a run and were not compared: an interrupted \
                 export can leave one such line"
            ));
        }
    }
}
