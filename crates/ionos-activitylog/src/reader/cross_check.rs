//! Compares the totals of the returned windows with the total of the range. Each window is proven only by requests for
//! its own range, so the windows together may still lack events. For example, an event may reach the log after its
//! window was read, or an event at the boundary of two windows may be counted for neither of them. Windows whose totals
//! differ are read again, and their new events are returned.

use std::hash::{BuildHasher, RandomState};

use chrono::TimeDelta;
use futures_util::future::BoxFuture;

use crate::api::Api;
use crate::api::page::{Page, Total};
use crate::api::response::Response;
use crate::contract::ContractNumber;
use crate::defaults::{CROSS_CHECK_IDS, CROSS_CHECK_REQUESTS};
use crate::event::{Event, EventMultiset};
use crate::range::DateRange;
use crate::reader::scan::SUSPICIOUS_TOTAL;
use crate::reader::window::Window;

/// Maximum number of windows that are read again. If more windows differ, the totals probably change from one request
/// to the next, so reading again would not help.
pub(super) const MAX_REREADS: usize = 64;

/// Why totals are not compared any further.
pub(super) const TOO_MANY_DIFFER: &str = "the totals of too many ranges differ";

/// Whether the windows of a stream together have as many events as the service reports for the range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrossCheck {
    /// Not compared. Either the stream has not ended, or it has a single window, which has events and is proven by its
    /// total. In the second case, the scan of the window has already compared the total of the whole range.
    #[default]
    NotNeeded,
    /// The windows have as many events as the service reports. Some windows may have been read again to find missing
    /// events.
    Agrees,
    /// The service reports more events than the windows have, even after the windows were read again. The stream then
    /// returns gaps. Each gap has the number of received events and the number that the service reports.
    Differs,
    /// Not compared, because the service reported no usable total. The text says why.
    NotChecked(String),
}

/// A window that was returned.
#[derive(Debug)]
struct CheckedWindow {
    /// The requested range, which starts and ends at whole seconds.
    range: DateRange,
    /// The reported total of the window. 0 if the window was verified without a total and has no events. `None` if the
    /// window has a gap, or if the window was verified without a total and has events.
    total: Option<u64>,
    is_verified: bool,
    /// Number of events at exactly the end of the window. A total for a range with this end counts them too. 0 if the
    /// service treats `dateEnd` as exclusive.
    at_end: u64,
    /// Number of events at exactly the start of the window. A total for a range with this start does not count them. 0
    /// if the service treats `dateStart` as inclusive.
    excluded_at_start: u64,
    /// Hashes of the ids of the events. `None` if they were dropped to save memory.
    ids: Option<Vec<u64>>,
}

/// The windows that a stream has returned.
#[derive(Debug, Default)]
pub(super) struct ReturnedWindows {
    windows: Vec<CheckedWindow>,
    /// Number of ids that are kept.
    ids: usize,
    /// Index of the first window whose ids are kept.
    first_with_ids: usize,
}

/// One or more adjacent windows whose reported total differs from the number of returned events.
#[derive(Clone, Copy, Debug)]
pub(super) struct DifferingWindows {
    /// Index of the first window, and the index after the last one.
    windows: (usize, usize),
    /// The range to read again.
    pub(super) range: DateRange,
    /// Number of events that were returned for these windows.
    pub(super) seen: u64,
    /// Number of events that the service reports beyond `seen`. 0 if the service reports fewer events than `seen`.
    pub(super) missing: u64,
    /// Number of new events found when the range was read again.
    pub(super) found: u64,
}

/// The result of comparing totals.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) differing: Vec<DifferingWindows>,
    /// Why a total could not be compared. `None` if all totals could be compared.
    pub(super) unusable: Option<String>,
    /// The events of the answers to the requests for totals.
    shown: Vec<Event>,
    pub(super) requests: u64,
}

impl ReturnedWindows {
    /// Adds a window that was returned. Moves the hashes of its ids out of `window`.
    pub(super) fn add(&mut self, window: &mut Window) {
        let ids = std::mem::take(&mut window.id_hashes);
        self.ids += ids.len();
        let is_verified = window.is_verified();
        // A window without a total and without events is treated as a window with the total 0: the total of a longer
        // range shows whether the window is really empty.
        let none_seen = (window.distinct == 0).then_some(0);
        let total = window.reported_total.or(none_seen).filter(|_| is_verified);
        self.windows.push(CheckedWindow {
            range: window.range.to_whole_seconds(),
            total,
            is_verified,
            at_end: window.events_at_end,
            excluded_at_start: window.events_excluded_at_start,
            ids: Some(ids),
        });
        while self.ids > CROSS_CHECK_IDS
            && let Some(first) = self.windows.get_mut(self.first_with_ids)
        {
            self.ids -= first.ids.take().map_or(0, |ids| ids.len());
            self.first_with_ids += 1;
        }
    }

    /// Whether a comparison can find anything that the scans of the windows have not found.
    pub(super) fn need_check(&self) -> bool {
        match &self.windows[..] {
            [] => false,
            [only] => only.is_verified && only.total.is_none_or(|total| total == 0),
            _ => true,
        }
    }

    /// Requests the total of each series of verified windows, and locates the windows whose totals differ.
    pub(super) async fn compare(&self, api: &Api, contract: &ContractNumber) -> Comparison {
        let mut comparison = Comparison::default();
        let series = self.series();
        if series.is_empty() {
            let reason = match self.windows.iter().any(|window| window.total.is_some()) {
                true => "no two consecutive windows were verified by totals",
                false => "the range was verified without totals",
            };
            comparison.unusable = Some(reason.to_owned());
        }
        for windows in series {
            self.compare_series(api, contract, windows, &mut comparison).await;
        }
        comparison
    }

    /// Requests the total of the range that several windows in a row cover, and compares this total with the number of
    /// returned events. If the two numbers differ, does the same for each half of the windows. Returns the number of
    /// events that the service reports; `None` if this number is unknown. If the service reports more events for the
    /// whole than for its two halves together, the missing events lie at the boundary between the halves. The future is
    /// boxed, because the function calls itself.
    fn compare_series<'a>(
        &'a self,
        api: &'a Api,
        contract: &'a ContractNumber,
        windows: (usize, usize),
        comparison: &'a mut Comparison,
    ) -> BoxFuture<'a, Option<u64>> {
        Box::pin(async move {
            let (first, end) = windows;
            let range = self.range(windows)?;
            if comparison.unusable.is_some() {
                return None;
            }
            if comparison.requests >= CROSS_CHECK_REQUESTS + 2 * self.windows.len() as u64 {
                comparison.unusable = Some(TOO_MANY_DIFFER.to_owned());
                return None;
            }
            comparison.requests += 1;
            let total = match count(api, contract, range, &mut comparison.shown).await {
                Ok(total) => total,
                Err(reason) => {
                    comparison.unusable = Some(reason);
                    return None;
                }
            };
            let seen = self.total(windows);
            // The total is corrected in the same way as the total of a single window. The events at exactly the end of
            // the range are subtracted. The events at its start that the service did not count are added.
            let counted = total.count.saturating_sub(self.at_end(windows)) + self.excluded_at_start(windows);
            if total.exact && counted == seen {
                return Some(seen);
            }
            let missing = counted.saturating_sub(seen);
            let differing = DifferingWindows { windows, range, seen, missing, found: 0 };
            // A total of exactly `SUSPICIOUS_TOTAL` may be a cap if more events were received.
            let may_be_capped = total.count == SUSPICIOUS_TOTAL && seen > SUSPICIOUS_TOTAL;
            let is_usable = total.exact && !may_be_capped;
            if end - first == 1 {
                match is_usable {
                    true => comparison.differing.push(differing),
                    false => {
                        comparison.unusable = Some(
                            "the service reports only a lower bound for the number of events in the range".to_owned(),
                        );
                    }
                }
                return is_usable.then_some(counted);
            }
            let middle = first + (end - first).div_ceil(2);
            let known = comparison.differing.len();
            let left = self.compare_series(api, contract, (first, middle), comparison).await;
            let right = self.compare_series(api, contract, (middle, end), comparison).await;
            if !is_usable {
                return Some(left?.saturating_add(right?));
            }
            match left.zip(right).map(|(left, right)| left.saturating_add(right)) {
                Some(halves) if missing > 0 && counted > halves => {
                    comparison.differing.extend(self.around(middle, missing.min(counted - halves)));
                }
                None if missing > 0 && comparison.differing.len() == known => comparison.differing.push(differing),
                _ => {}
            }
            Some(counted)
        })
    }

    /// All series of adjacent windows with totals, each as long as possible. A series is returned as the index of its
    /// first window and the index after its last one. A single window counts as a series only if the reading has no
    /// other window. Otherwise it is not compared, because its scan has already requested the total of its range.
    fn series(&self) -> Vec<(usize, usize)> {
        let mut series: Vec<(usize, usize)> = Vec::new();
        for (index, _) in self.windows.iter().enumerate().filter(|(_, window)| window.total.is_some()) {
            match series.last_mut() {
                Some((_, end)) if *end == index => *end = index + 1,
                _ => series.push((index, index + 1)),
            }
        }
        series.retain(|(first, end)| end - first > 1 || self.windows.len() == 1);
        series
    }

    /// The windows before and after a boundary, to be read again from the middle of the first window to the middle of
    /// the second one. `second`: index of the window after the boundary.
    fn around(&self, second: usize, missing: u64) -> Option<DifferingWindows> {
        let first = second.checked_sub(1)?;
        let middle = |index: usize| {
            let range = self.windows.get(index)?.range;
            Some(range.start() + TimeDelta::seconds(range.duration().num_seconds() / 2))
        };
        let after_middle = middle(second)? + TimeDelta::seconds(1);
        let range = DateRange::new(middle(first)?, after_middle).ok()?;
        let windows = (first, second + 1);
        Some(DifferingWindows { windows, range, seen: self.total(windows), missing, found: 0 })
    }

    /// The range of windows in a row, from the index `first` to the index `end` (exclusive).
    fn range(&self, (first, end): (usize, usize)) -> Option<DateRange> {
        let windows = self.windows.get(first..end)?;
        DateRange::new(windows.first()?.range.start(), windows.last()?.range.end()).ok()
    }

    /// The sum of the totals of windows in a row.
    fn total(&self, (first, end): (usize, usize)) -> u64 {
        self.windows.get(first..end).unwrap_or_default().iter().filter_map(|window| window.total).sum()
    }

    /// Number of events at exactly the end of the last of several windows in a row.
    fn at_end(&self, (_, end): (usize, usize)) -> u64 {
        end.checked_sub(1).and_then(|last| self.windows.get(last)).map_or(0, |window| window.at_end)
    }

    /// Number of events at exactly the start of the first of several windows in a row. 0 if the service counts them.
    fn excluded_at_start(&self, (first, _): (usize, usize)) -> u64 {
        self.windows.get(first).map_or(0, |window| window.excluded_at_start)
    }

    /// Checks the events in the answers to the requests for totals. A window that lacks one of these events is added to
    /// the differing windows. Returns the missing events.
    pub(super) fn add_shown(&self, comparison: &mut Comparison, hasher: &RandomState) -> Vec<Event> {
        let mut missing = Vec::new();
        for event in std::mem::take(&mut comparison.shown) {
            let hash = hasher.hash_one(event.id());
            let is_in = |window: &CheckedWindow| event.time().is_some_and(|time| window.range.contains(time));
            let Some(index) = self.windows.iter().position(is_in) else { continue };
            let window =
                self.windows.get(index).filter(|window| window.ids.as_ref().is_some_and(|ids| !ids.contains(&hash)));
            let Some(CheckedWindow { range, total, .. }) = window else { continue };
            let is_known = comparison.differing.iter().any(|one| (one.windows.0..one.windows.1).contains(&index));
            if !is_known {
                let (windows, seen) = ((index, index + 1), total.unwrap_or_default());
                comparison.differing.push(DifferingWindows { windows, range: *range, seen, missing: 1, found: 0 });
            }
            missing.push(event);
        }
        missing
    }

    /// The ids of the returned events of these windows. `None` if the ids of one of the windows were dropped.
    pub(super) fn returned_ids(&self, differing: &[DifferingWindows]) -> Option<ReturnedIds> {
        let mut returned = ReturnedIds::default();
        let windows = differing.iter().filter_map(|one| self.windows.get(one.windows.0..one.windows.1));
        for window in windows.flatten() {
            returned.0.extend(window.ids.as_ref()?.iter().copied());
        }
        Some(returned)
    }
}

/// Hashes of the ids of the events that were returned.
#[derive(Debug, Default)]
pub(super) struct ReturnedIds(EventMultiset<u64>);

impl ReturnedIds {
    /// Adds events that were returned.
    pub(super) fn add(&mut self, events: &[Event], hasher: &RandomState) {
        self.0.extend(events.iter().map(|event| hasher.hash_one(event.id())));
    }

    /// Number of the given events that were not returned before. `hashes` has the hash of the id of each event.
    pub(super) fn count_new(&self, hashes: &[u64]) -> u64 {
        let read: EventMultiset<u64> = hashes.iter().copied().collect();
        read.iter().map(|(hash, count)| count.saturating_sub(self.0.count(hash))).sum()
    }

    /// Removes the events that were returned before. If an id occurs more often in `events` than it was returned
    /// before, all events with this id stay, because it is unknown which of them are new.
    pub(super) fn remove_returned(&self, events: Vec<Event>, hasher: &RandomState) -> Vec<Event> {
        let hashes: Vec<u64> = events.iter().map(|event| hasher.hash_one(event.id())).collect();
        let read: EventMultiset<u64> = hashes.iter().copied().collect();
        let is_new = |hash: &u64| read.count(hash) > self.0.count(hash);
        events.into_iter().zip(&hashes).filter(|(_, hash)| is_new(hash)).map(|(event, _)| event).collect()
    }
}

/// Requests the total of a range. Fails with the reason if there is no total. Adds the events of the answer to `shown`.
async fn count(
    api: &Api,
    contract: &ContractNumber,
    range: DateRange,
    shown: &mut Vec<Event>,
) -> Result<Total, String> {
    let mut page = api.page(contract, range, 0, 1).await.map(Response::into_inner);
    if let Ok(page) = &mut page {
        shown.append(&mut page.events);
    }
    match page {
        Ok(Page { partial_search: Some(reason), .. }) => Err(format!("the answer may lack events: {reason}")),
        Ok(page) => page.total.ok_or_else(|| "the service reports no total for the range".to_owned()),
        Err(error) => Err(error.summary()),
    }
}
