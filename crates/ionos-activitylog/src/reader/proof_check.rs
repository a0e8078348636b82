//! Takes a second look at a proof. Some services return only a part of the events of a range and report only this part
//! as the total, so the window looks complete. A suspicious window is read again as smaller windows, which show the
//! missing events.

use crate::reader::isolated_repeats::split_around;
use crate::reader::plan::{PlannedWindow, Resolution};
use crate::reader::suspected_limit::{LimitCheck, may_be_limited, split_between_events};
use crate::reader::verification::{Proof, Verification};

/// Result of checking the proof of a window.
pub(super) enum ProofCheck {
    Accepted,
    /// A second scan with the same events is needed.
    NeedsScan,
    /// The window must be read as these windows.
    NeedsSplit(Vec<PlannedWindow>),
    /// The window is accepted if the service counts more events for the whole log. Otherwise it may have more events
    /// than the service returns and counts, and must be read as these windows.
    NeedsHigherCount(LimitCheck),
    /// The window probably has more events than the service returns and counts for a range.
    Limited,
    /// The proof proves nothing.
    Refuted,
}

/// Checks the proof of a window. `says_nothing`: no answer about the window, and none about the log, had a hit or a
/// total. `try_split`: whether the window may be split. `has_larger_range`: whether a range had more events.
pub(super) fn check_proof(
    proof: Proof,
    window: PlannedWindow,
    verification: &Verification,
    says_nothing: bool,
    resolution: Resolution,
    try_split: impl Fn() -> bool,
    has_larger_range: impl Fn(u64) -> bool,
) -> ProofCheck {
    if says_nothing {
        return ProofCheck::Refuted;
    }
    let may_split = |windows: &Vec<PlannedWindow>| windows.len() > 1 && try_split();
    if verification.events.undated > 0 {
        // The day of a record without a readable time is known only from the range for which the service returns the
        // record.
        let days = PlannedWindow { was_scanned: true, ..window }.split_by_day();
        if may_split(&days) {
            return ProofCheck::NeedsSplit(days);
        }
    }
    if resolution == Resolution::Millisecond {
        if window.suspected_limit.is_none() || !may_be_limited(window, verification, has_larger_range) {
            return ProofCheck::Accepted;
        }
        let halves = window.split(2, resolution);
        return if may_split(&halves) { ProofCheck::NeedsSplit(halves) } else { ProofCheck::Limited };
    }
    if proof == Proof::RepeatsAreCounted {
        let windows = split_around(window, &verification.seconds_with_repeats());
        if windows.len() > 1 {
            return if may_split(&windows) { ProofCheck::NeedsSplit(windows) } else { ProofCheck::Refuted };
        }
        if !verification.is_repeated() {
            return ProofCheck::NeedsScan;
        }
    }
    if !may_be_limited(window, verification, has_larger_range) {
        return ProofCheck::Accepted;
    }
    let check = split_between_events(window, verification);
    let is_known = window.suspected_limit.is_some();
    if (is_known || !check.is_one_second) && may_split(&check.windows) {
        return ProofCheck::NeedsSplit(check.windows);
    }
    if is_known { ProofCheck::Limited } else { ProofCheck::NeedsHigherCount(check) }
}
