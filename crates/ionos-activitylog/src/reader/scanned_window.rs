//! A [`ScannedWindow`] is a window with the events of its scans. It also has either the proof that these events are
//! complete, or the reason for a gap. A [`ScannedWindow`] is converted to the [`Window`] that a stream returns.

use std::hash::RandomState;

use crate::api::page::Total;
use crate::range::DateRange;
use crate::reader::plan::PlannedWindow;
use crate::reader::verification::{Proof, Verification};
use crate::reader::window::{Gap, GapReason, Window};

/// A window with the events of its scans.
#[derive(Debug)]
pub(super) struct ScannedWindow {
    pub(super) window: PlannedWindow,
    pub(super) verification: Verification,
    /// `None` if the window has a gap.
    pub(super) proof: Option<Proof>,
    /// Reason and reported total of a gap. `None` if the window is verified.
    gap: Option<(GapReason, Option<Total>)>,
    pub(super) requests: u64,
    /// Whether the reader may be able to verify parts of the window that are shorter than a second, although it cannot
    /// verify the window as a whole.
    pub(super) finer_may_help: bool,
    /// Parts that were read instead of the window. Empty if the window was read as a whole.
    pub(super) parts: Vec<ScannedWindow>,
}

impl ScannedWindow {
    pub(super) fn finish_verified(
        window: PlannedWindow,
        verification: Verification,
        proof: Proof,
        requests: u64,
    ) -> Self {
        let proof = Some(proof);
        Self { window, verification, proof, gap: None, requests, finer_may_help: false, parts: Vec::new() }
    }

    /// A window that cannot be verified: events do not match the reported total, lie outside of the window or are
    /// unreadable, or the service searched only a part of the log.
    pub(super) fn finish_mismatched(
        window: PlannedWindow,
        verification: Verification,
        requests: u64,
        finer_may_help: bool,
    ) -> Self {
        let reason = match verification.events.out_of_window {
            _ if verification.has_partial_search => GapReason::PartialSearch,
            _ if !verification.unreadable.is_empty() => GapReason::UnreadableRecord,
            0 if verification.total_decreased() => GapReason::TotalDecreased,
            0 => GapReason::Disagreement,
            _ => GapReason::OutsideOfWindow,
        };
        let gap = Some((reason, verification.highest_total_inside()));
        Self { window, verification, proof: None, gap, requests, finer_may_help, parts: Vec::new() }
    }

    /// A window that has more events than the offsets of the service can reach.
    pub(super) fn finish_overflowed(
        window: PlannedWindow,
        verification: Verification,
        total: Option<Total>,
        requests: u64,
    ) -> Self {
        let gap = Some((GapReason::Overflow, total));
        Self { window, verification, proof: None, gap, requests, finer_may_help: true, parts: Vec::new() }
    }

    /// Joins the parts of a window to the whole window. `total` is the highest total of the whole window. If this total
    /// is exact and the parts have fewer events, the result has a gap. The number of requests of the result is 0,
    /// because the caller counts the requests of the parts.
    pub(super) fn join(whole: PlannedWindow, mut parts: Vec<Self>, total: Option<Total>) -> Self {
        parts.iter_mut().for_each(|part| part.requests = 0);
        let proofs = parts.iter().map(|part| part.proof);
        let proof = proofs.reduce(|one, two| Some(one?.weaker(two?))).flatten();
        let counted = |part: &Self| {
            let distinct = part.verification.events.distinct();
            part.verification.highest_total.map_or(distinct, |total| total.count.max(distinct))
        };
        let events: u64 = parts.iter().map(counted).sum();
        let missing = total.filter(|total| proof.is_some() && total.exact && total.count > events);
        let gap = missing.map(|total| (GapReason::TotalDecreased, Some(total)));
        let proof = proof.filter(|_| gap.is_none());
        let verification = Verification::new(whole.range);
        Self { window: whole, verification, proof, gap, requests: 0, finer_may_help: false, parts }
    }

    /// Converts this window to a [`Window`] with only the events that lie in `requested`. `earlier_requests` is added
    /// to the number of requests.
    pub(super) fn into_window(
        self,
        requested: DateRange,
        earlier_requests: u64,
        id_hasher: &Option<RandomState>,
    ) -> Window {
        let Self { window, mut verification, proof, gap, requests, parts, .. } = self;
        let seen_in_parts: u64 = parts.iter().map(|part| part.verification.events.distinct()).sum();
        let seen = verification.events.distinct() + seen_in_parts;
        let gap = gap.map(|(reason, total)| Gap { range: window.range, seen, total, reason });
        let reported_total = match parts.is_empty() {
            true => verification.reported_total(),
            false => Some(0),
        };
        let (ids_at_start, ids_at_end) = (verification.events.ids_at_start(), verification.events.ids_at_end());
        let events_excluded_at_start = verification.excluded_at_start();
        let id_hashes = id_hasher.as_ref().map(|hasher| verification.id_hashes(hasher)).unwrap_or_default();
        let distinct = verification.count_events();
        let (events, out_of_window) = verification.take_events(requested);
        let mut whole = Window {
            range: window.range.intersection(&requested).unwrap_or(window.range),
            events,
            out_of_window,
            unreadable: verification.unreadable,
            reported_total,
            proof,
            id_hashes,
            ids_at_start,
            ids_at_end,
            events_at_end: verification.at_end,
            events_excluded_at_start,
            distinct,
            gaps: gap.into_iter().collect(),
            scans: verification.scans,
            requests: requests + earlier_requests,
            duplicates: verification.duplicates,
            amended: verification.events.amended,
            filtered: 0,
            bytes: verification.events.bytes,
        };
        for (index, part) in parts.into_iter().enumerate() {
            let part = part.into_window(requested, 0, id_hasher);
            if index == 0 {
                whole.events_excluded_at_start = part.events_excluded_at_start;
            }
            add_part(&mut whole, part);
        }
        whole
    }
}

/// Adds the events and counts of a part to the window `whole`. The part was read with separate requests. `whole`
/// already has its proof, which stays.
fn add_part(whole: &mut Window, part: Window) {
    whole.events.extend(part.events);
    whole.id_hashes.extend(part.id_hashes);
    whole.ids_at_start.extend(part.ids_at_start);
    (whole.ids_at_end, whole.events_at_end) = (part.ids_at_end, part.events_at_end);
    whole.distinct += part.distinct;
    whole.out_of_window.extend(part.out_of_window);
    whole.unreadable.extend(part.unreadable);
    whole.reported_total = whole.reported_total.zip(part.reported_total).map(|(sum, total)| sum + total);
    whole.gaps.extend(part.gaps);
    whole.scans += part.scans;
    whole.requests += part.requests;
    whole.duplicates += part.duplicates;
    whole.amended += part.amended;
    whole.bytes += part.bytes;
}
