//! Keeps a gap open while the archive has fewer events than an earlier answer reported for the gap. A service that has
//! removed events reports a lower total, and its answers then prove fewer events than the log once had. So a reread
//! closes a gap only if the archive has as many events of the gap as the highest total that is known for the gap.

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::EventMultiset;
use ionos_activitylog::{DateRange, EventId, GapReason};

use crate::manifest::{KnownGap, Manifest, Part, ReadRange};
use crate::sum::saturating_sum;

/// The known gaps that overlap a range, with the archived events of each gap.
pub(super) struct GapTotals(Vec<GapTotal>);

/// A known gap, and the highest total that is known for it.
struct GapTotal {
    range: DateRange,
    total: u64,
    /// The archived events of the gap. An event without a time has the start of the range for which it was returned.
    events: Vec<(DateTime<Utc>, EventId)>,
}

impl GapTotals {
    /// The gaps of a day that overlap `range` and have a total. `known`: the sum of the manifests of the day.
    pub(super) fn new(known: Option<&Manifest>, range: DateRange) -> Self {
        let gaps = known.into_iter().flat_map(|known| &known.gaps).filter(|gap| gap.overlaps(range));
        let totals = gaps.filter_map(|gap| Some((gap.range()?, gap.total?)));
        Self(totals.map(|(range, total)| GapTotal { range, total, events: Vec::new() }).collect())
    }

    /// Whether a part can have events of one of the gaps.
    pub(super) fn overlap(&self, part: &Part) -> bool {
        self.0.iter().any(|gap| gap.range.intersection(&part.file.range).is_some())
    }

    /// Adds an event that is archived or is being archived. `returned_for`: the range for which the service returned
    /// the event.
    pub(super) fn add(&mut self, time: Option<DateTime<Utc>>, id: &EventId, returned_for: DateRange) {
        for gap in &mut self.0 {
            let time = match time {
                Some(time) => Some(time).filter(|time| gap.range.contains(*time)),
                None => gap.range.intersection(&returned_for).map(|both| both.start()),
            };
            gap.events.extend(time.map(|time| (time, id.clone())));
        }
    }

    /// Keeps each gap open that `addition` would close, although the archive has fewer events than the known total of
    /// the gap. `addition` is what a reread adds to the manifests. Returns the gaps that this function has added.
    pub(super) fn keep_open(&self, addition: &mut Manifest) -> Vec<KnownGap> {
        let lacking = self.0.iter().filter(|gap| gap.total > gap.archived_in(gap.range));
        lacking.filter_map(|gap| gap.keep_open(addition)).collect()
    }
}

impl GapTotal {
    /// Number of archived events of a range within the gap. An event that is archived with several contents counts
    /// once.
    fn archived_in(&self, range: DateRange) -> u64 {
        let inside = self.events.iter().filter(|(time, _)| range.contains(*time));
        let ids: EventMultiset = inside.map(|(_, id)| id.clone()).collect();
        ids.expected_total(|_| false)
    }

    /// See [`GapTotals::keep_open`].
    fn keep_open(&self, addition: &mut Manifest) -> Option<KnownGap> {
        if let Some(same) = addition.gaps.iter_mut().find(|gap| gap.range() == Some(self.range)) {
            same.total = same.total.max(Some(self.total));
            return None;
        }
        let is_inside = |gap: &KnownGap| gap.range().is_some_and(|one| one.intersection(&self.range) == Some(one));
        let archived = self.archived_in(self.range);
        let (inside, outside): (Vec<_>, Vec<_>) = addition.gaps.drain(..).partition(is_inside);
        if archived.saturating_add(self.lacking_in(&inside)) >= self.total {
            // All events that are lacking are in shorter gaps, which have totals of their own.
            addition.gaps.extend(inside.into_iter().chain(outside));
            return None;
        }
        let kept = KnownGap {
            from: self.range.start(),
            to: self.range.end(),
            reason: KnownGap::reason(GapReason::TotalDecreased).to_owned(),
            seen: archived,
            total: inside.iter().filter_map(|gap| gap.total).chain([self.total]).max(),
        };
        addition.gaps = outside;
        addition.gaps.push(kept.clone());
        let is_unverified = |read: &ReadRange| {
            let both = read.range().and_then(|read| read.intersection(&self.range));
            !read.verified && both == Some(self.range)
        };
        if !addition.ranges.iter().any(is_unverified) {
            addition.cover(ReadRange::unverified(self.range));
        }
        Some(kept)
    }

    /// Number of events that the archive lacks of some shorter gaps, according to their totals. 0 if the shorter gaps
    /// overlap each other, because an event could then count twice.
    fn lacking_in(&self, shorter: &[KnownGap]) -> u64 {
        if shorter.is_sorted_by(|one, next| one.to <= next.from) {
            let lacking =
                shorter.iter().filter_map(|gap| Some(gap.total?.saturating_sub(self.archived_in(gap.range()?))));
            saturating_sum(lacking)
        } else {
            0
        }
    }
}

/// Whether a gap that a reread has found is new to the manifests of the day: no gap that overlaps it has as high a
/// total.
pub(super) fn has_higher_total(known: Option<&Manifest>, gap: &KnownGap) -> bool {
    let overlaps = |known: &&KnownGap| gap.range().is_some_and(|range| known.overlaps(range));
    let overlapping = known.into_iter().flat_map(|known| &known.gaps).filter(overlaps);
    gap.total > overlapping.filter_map(|known| known.total).max()
}

/// Whether the manifests of the day have a gap with the same range, the same reason and at least the same total.
pub(super) fn is_known(known: Option<&Manifest>, gap: &KnownGap) -> bool {
    let is_same =
        |known: &KnownGap| known.range() == gap.range() && known.reason == gap.reason && known.total >= gap.total;
    known.is_some_and(|known| known.gaps.iter().any(is_same))
}
