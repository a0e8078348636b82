//! Takes a second look at a proof. Some services return only a part of the events of a range and report only this part
//! as the total, so the window looks complete. A suspicious window is read again as smaller windows, which show the
//! missing events. A window that is longer than the windows checked before is compared with its parts.

use crate::error::Error;
use crate::reader::isolated_repeats::split_around;
use crate::reader::log_answer::LogAnswer;
use crate::reader::page_reader::PageReader;
use crate::reader::part_check::{PartCheck, check_parts, totals_add_up};
use crate::reader::plan::{PlannedWindow, Resolution};
use crate::reader::suspected_limit::{LimitCheck, may_be_limited, split_between_events};
use crate::reader::verification::{Proof, Verification};

/// Result of checking the proof of a window.
pub(super) enum ProofCheck {
    Accepted,
    /// The window must be scanned again. The proof counts only if this scan returns the same events.
    NeedsScan,
    /// The window must be read again, split into these windows.
    NeedsSplit(Vec<PlannedWindow>),
    /// The service probably returns and counts at most this number of events for a range, and the window has further
    /// events.
    Limited(u64),
    /// The proof does not show that the window is complete.
    Refuted,
}

/// Checks the proof of a window. `says_nothing` is true if all answers, both about the window and about the whole log,
/// had neither a hit nor a total. Also returns the number of requests that the check sent.
pub(super) async fn check_proof(
    proof: Proof,
    window: PlannedWindow,
    verification: &Verification,
    says_nothing: bool,
    resolution: Resolution,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<(ProofCheck, u64), Error> {
    let may_split = |windows: &Vec<PlannedWindow>| windows.len() > 1 && pages.extra.try_split(page_size);
    if says_nothing {
        return Ok((ProofCheck::Refuted, 0));
    }
    if verification.events.undated > 0 {
        // The day of a record without a readable time is known only from the range for which the service returns the
        // record.
        let days = PlannedWindow { was_scanned: true, ..window }.split_by_day();
        if may_split(&days) {
            return Ok((ProofCheck::NeedsSplit(days), 0));
        }
    }
    if resolution == Resolution::Millisecond {
        let Some(limit) = window.suspected_limit.filter(|_| may_be_limited(window, verification, pages.extra)) else {
            return Ok((ProofCheck::Accepted, 0));
        };
        let halves = window.split(2, resolution);
        let check = if may_split(&halves) { ProofCheck::NeedsSplit(halves) } else { ProofCheck::Limited(limit) };
        return Ok((check, 0));
    }
    if proof == Proof::RepeatsAreCounted {
        let windows = split_around(window, &verification.seconds_with_repeats());
        if windows.len() > 1 {
            let check = if may_split(&windows) { ProofCheck::NeedsSplit(windows) } else { ProofCheck::Refuted };
            return Ok((check, 0));
        }
        if !verification.is_repeated() {
            return Ok((ProofCheck::NeedsScan, 0));
        }
    }
    let (check, requests) = check_limit(window, verification, pages, page_size, may_split).await?;
    if !matches!(check, ProofCheck::Accepted) {
        return Ok((check, requests));
    }
    let (parts, own) = check_parts(window, verification, pages, page_size).await?;
    let check = match parts {
        PartCheck::Agrees => ProofCheck::Accepted,
        PartCheck::NeedsScan => ProofCheck::NeedsScan,
        PartCheck::Contradicts(windows) if may_split(&windows) => ProofCheck::NeedsSplit(windows),
        PartCheck::Contradicts(_) => ProofCheck::Refuted,
    };
    Ok((check, requests + own))
}

/// Finds out whether the number of events of a window is the maximum that the service returns for any range.
async fn check_limit(
    window: PlannedWindow,
    verification: &Verification,
    pages: PageReader<'_>,
    page_size: u64,
    may_split: impl Fn(&Vec<PlannedWindow>) -> bool,
) -> Result<(ProofCheck, u64), Error> {
    if !may_be_limited(window, verification, pages.extra) {
        return Ok((ProofCheck::Accepted, 0));
    }
    let LimitCheck { windows, is_one_second, limit } = split_between_events(window, verification);
    let is_suspected = window.suspected_limit.is_some();
    let mut requests = 0;
    if !is_suspected
        && !is_one_second
        && let [one, other] = windows[..]
    {
        let parts = [one.range, other.range];
        let (is_complete, own) = totals_add_up(parts, verification, pages, page_size).await?;
        requests += own;
        if is_complete {
            return Ok((ProofCheck::Accepted, requests));
        }
    }
    if (is_suspected || !is_one_second) && may_split(&windows) {
        return Ok((ProofCheck::NeedsSplit(windows), requests));
    }
    if is_suspected {
        return Ok((ProofCheck::Limited(limit), requests));
    }
    if pages.extra.has_larger_range(limit) {
        return Ok((ProofCheck::Accepted, requests));
    }
    let log = LogAnswer::read(pages, window.range).await?;
    let check = match log.total {
        Some(total) if total.count > limit => ProofCheck::Accepted,
        _ if may_split(&windows) => ProofCheck::NeedsSplit(windows),
        _ => ProofCheck::Limited(limit),
    };
    Ok((check, requests + log.requests))
}
