//! Derives the state from the manifests and from facts that manifests do not contain: how often each gap was read
//! again, and which ranges were recounted or sealed. The state is never ahead of the manifests.

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
    /// Writes the state if it is outdated and due. The state is due if its last write was at least
    /// [`MIN_SAVE_INTERVAL`] ago, or if facts changed that no manifest contains.
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

    /// The ranges of all manifests; adjacent ranges of the same [`Certainty`](state::Certainty) are merged.
    fn coverage(&self) -> Vec<state::CoverageEntry> {
        let mut entries = Vec::new();
        for manifest in self.chain.days.values() {
            state::extend(&mut entries, manifest, &self.confirmed);
        }
        entries
    }

    /// The gaps of all manifests, with their tries.
    fn gaps(&self, now: DateTime<Utc>) -> Vec<OpenGap> {
        let gaps = self.chain.days.values().flat_map(|manifest| &manifest.gaps);
        gaps.map(|gap| known_tries(&self.state.gaps, gap, now).unwrap_or_else(|| OpenGap::new(gap, now))).collect()
    }

    /// Counts one more try for each gap.
    pub(crate) fn record_gap_tries(&mut self, gaps: &[KnownGap]) {
        let now = self.clock.now();
        self.retries_changed |= !gaps.is_empty();
        add_tries(&mut self.state.gaps, gaps, now);
    }

    /// Adds a range to the recounted ranges: a later total of the service equals the number of archived events of the
    /// range. Takes effect when the state is written.
    pub(crate) fn mark_recounted(&mut self, range: DateRange) {
        self.confirmed.recounted.extend([range]);
        (self.manifests_ahead, self.retries_changed) = (true, true);
    }

    /// Adds a range to the sealed ranges: a reread of the range has returned exactly the archived events. Takes effect
    /// when the state is written.
    pub(crate) fn seal(&mut self, range: DateRange) {
        self.confirmed.sealed.extend([range]);
        (self.manifests_ahead, self.retries_changed) = (true, true);
    }

    /// Removes a range from the recounted and the sealed ranges.
    pub(crate) fn unconfirm(&mut self, range: DateRange) {
        self.confirmed.recounted = self.confirmed.recounted.difference(&range.into());
        self.confirmed.sealed = self.confirmed.sealed.difference(&range.into());
        self.retries_changed = true;
    }
}

fn overlaps(open: &OpenGap, gap: &KnownGap) -> bool {
    let ranges = open.range().zip(gap.range());
    ranges.is_some_and(|(a, b)| a.intersection(&b).is_some())
}

/// Converts `gap` into an open gap. The number of tries and the time of the next try come from the open gap in `open`
/// that overlaps `gap`. Several open gaps may overlap `gap`, because a gap may have been read in smaller pieces, each
/// of which became an open gap. In this case, the open gap with the most tries counts. `None` if no open gap overlaps
/// `gap`.
fn known_tries(open: &[OpenGap], gap: &KnownGap, now: DateTime<Utc>) -> Option<OpenGap> {
    let overlapping = open.iter().filter(|open| overlaps(open, gap));
    let known = overlapping.max_by_key(|open| (open.tries, open.next))?;
    Some(OpenGap { tries: known.tries, next: known.next, ..OpenGap::new(gap, now) })
}

/// Counts one more try for each gap. If a gap was read in smaller pieces, each piece gets the tries of the whole gap
/// plus one. So all tries are counted before the old open gaps are removed.
fn add_tries(open: &mut Vec<OpenGap>, gaps: &[KnownGap], now: DateTime<Utc>) {
    let tried = gaps.iter().map(|gap| {
        let tries = known_tries(open, gap, now).map_or(0, |known| known.tries).saturating_add(1);
        OpenGap { tries, next: State::next_try(tries, now), ..OpenGap::new(gap, now) }
    });
    let tried: Vec<OpenGap> = tried.collect();
    open.retain(|open| gaps.iter().all(|gap| !overlaps(open, gap)));
    open.extend(tried);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-11-01T{hour:02}:00:00Z").parse().unwrap()
    }

    fn gap(from: u32, to: u32) -> KnownGap {
        KnownGap { from: at(from), to: at(to), reason: "disagreement".to_owned(), seen: 1, total: Some(2) }
    }

    fn tries(open: &[OpenGap]) -> Vec<u32> {
        open.iter().map(|open| open.tries).collect()
    }

    #[test]
    fn a_gap_that_is_read_in_smaller_pieces_keeps_its_tries_in_each_piece() {
        let mut open = Vec::new();
        for expected in 1..4 {
            add_tries(&mut open, &[gap(2, 8)], at(12));
            assert_eq!(tries(&open), [expected]);
        }
        add_tries(&mut open, &[gap(2, 4), gap(5, 8)], at(13));
        assert_eq!(tries(&open), [4, 4]);
        add_tries(&mut open, &[gap(5, 6)], at(14));
        assert_eq!(tries(&open), [4, 5]);
    }

    #[test]
    fn a_gap_gets_the_highest_number_of_tries_of_the_open_gaps_that_it_overlaps() {
        let mut open = Vec::new();
        for _ in 0..3 {
            add_tries(&mut open, &[gap(2, 4), gap(5, 8)], at(12));
        }
        add_tries(&mut open, &[gap(5, 8)], at(13));
        assert_eq!(known_tries(&open, &gap(2, 8), at(14)).map(|gap| gap.tries), Some(4));
        assert_eq!(known_tries(&open, &gap(2, 5), at(14)).map(|gap| gap.tries), Some(3));
        assert_eq!(known_tries(&open, &gap(8, 9), at(14)), None);
    }
}
