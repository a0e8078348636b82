//! Derives the state from the manifests and from facts that manifests do not contain: tries of gaps and sealed ranges.
//! The state is never ahead of the manifests.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ionos_activitylog::DateRange;

use super::ContractWriter;
use crate::error::Error;
use crate::manifest::KnownGap;
use crate::state;
use crate::state::{OpenGap, State};

/// Minimum time between two writes of the state while an export runs. An outdated state loses no data, because it is
/// derived from the manifests.
const MIN_SAVE_INTERVAL: Duration = Duration::from_secs(1);

impl ContractWriter {
    /// Writes the state if it is outdated, and if either the last write was at least [`MIN_SAVE_INTERVAL`] ago or facts
    /// changed that no manifest contains.
    pub(crate) fn save_if_due(&mut self) -> Result<(), Error> {
        let is_due = self.clock.elapsed().saturating_sub(self.saved) >= MIN_SAVE_INTERVAL;
        if self.manifests_ahead && (is_due || self.retries_changed) {
            return self.save();
        }
        Ok(())
    }

    pub(crate) fn save(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        self.state.generation = self.state.generation.saturating_add(1);
        self.state.updated = now;
        self.state.head = self.head();
        self.state.coverage = self.coverage();
        self.state.gaps = self.gaps(now);
        state::write(&self.folder, &self.state, &self.fail_points)?;
        self.manifests_ahead = false;
        self.retries_changed = false;
        self.saved = self.clock.elapsed();
        Ok(())
    }

    /// The ranges of all manifests; adjacent ranges of the same certainty are merged.
    fn coverage(&self) -> Vec<state::CoverageEntry> {
        let mut entries = Vec::new();
        for manifest in self.chain.days.values() {
            state::extend(&mut entries, manifest, &self.confirmed);
        }
        entries
    }

    /// The gaps of all manifests, with their tries.
    fn gaps(&self, now: DateTime<Utc>) -> Vec<OpenGap> {
        let find_open = |from, to| {
            let gaps = self.state.gaps.iter();
            gaps.clone().find(|gap| (gap.from, gap.to) == (from, to))
        };
        let gaps = self.chain.days.values().flat_map(|manifest| &manifest.gaps);
        gaps.map(|gap| {
            let open = find_open(gap.from, gap.to);
            OpenGap {
                tries: open.map_or(1, |open| open.tries),
                next: open.map_or(now, |open| open.next),
                ..OpenGap::new(gap, now)
            }
        })
        .collect()
    }

    /// Counts one more try for each gap.
    pub(crate) fn record_gap_tries(&mut self, gaps: &[KnownGap]) {
        let now = self.clock.now();
        self.retries_changed |= !gaps.is_empty();
        for gap in gaps {
            let overlaps = |open: &OpenGap| {
                let ranges = open.range().zip(gap.range());
                ranges.is_some_and(|(a, b)| a.intersection(&b).is_some())
            };
            let overlapping = self.state.gaps.iter().filter(|open| overlaps(open));
            let tries = overlapping.map(|open| open.tries).max().unwrap_or_default().saturating_add(1);
            self.state.gaps.retain(|open| !overlaps(open));
            self.state.gaps.push(OpenGap { tries, next: State::next_try(tries, now), ..OpenGap::new(gap, now) });
        }
    }

    /// Records that the service reported the archived number of events again; takes effect when the state is written.
    pub(crate) fn mark_recounted(&mut self, range: DateRange) {
        self.confirmed.recounted.extend([range]);
        (self.manifests_ahead, self.retries_changed) = (true, true);
    }

    /// Records that the service returned the archived events again; takes effect when the state is written.
    pub(crate) fn seal(&mut self, range: DateRange) {
        self.confirmed.sealed.extend([range]);
        (self.manifests_ahead, self.retries_changed) = (true, true);
    }

    /// Forgets what was confirmed about a range.
    pub(crate) fn unconfirm(&mut self, range: DateRange) {
        self.confirmed.recounted = self.confirmed.recounted.difference(&range.into());
        self.confirmed.sealed = self.confirmed.sealed.difference(&range.into());
        self.retries_changed = true;
    }
}
