//! Bounds the requests that a reading spends on a service that counts wrongly. The first scan of a window is not an
//! extra request, because it is also needed with an honest service. Everything else that a wrong total causes is an
//! extra request: repeats of an empty page, further scans, and the windows of a split that locates the mismatch. When
//! the extra requests are used up, a window without a proof becomes a gap.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::api::page::Page;
use crate::defaults::{EXTRA_REQUESTS, EXTRA_REQUESTS_PER_PAGE, SPLITS_PER_PAGE, SPLITS_WITHOUT_EVENTS};
use crate::range::DateRange;
use crate::reader::checked_windows::CheckedWindows;
use crate::reader::plan::SplitWindow;

/// If this number of scans had fewer events on their pages than the total reports, all totals are treated as too high.
/// With only one or two such scans, the reason may be that the service's index lags behind its log.
const EARLY_ENDS: u64 = 3;

/// Maximum number of requests for the page after a repeated short page. A short page has fewer hits than requested. It
/// counts as repeated if an earlier window ended with a page of the same length. If the service limits its pages to
/// this length, repeated short pages are frequent, so one of these requests finds a further page.
const REPEATED_END_PROBES: u64 = 4;

/// If this number of parts had more events than their whole windows, the service is assumed to invent events. An honest
/// service does not reach this number: its parts have more events only if events arrived after the whole window was
/// requested.
const MAX_PARTS_ABOVE_WHOLE: u64 = 20;

/// Number of scans that may reach the maximum offset before any scan reaches the end of its window. An honest log with
/// 10^9 events in the range needs fewer.
const MAX_ENDLESS_SCANS: u64 = 40;

/// For each scan that reaches the end of its window, this number of further scans may reach the maximum offset.
const ENDLESS_SCANS_PER_END: u64 = 4;

/// The extra requests of one reading, or of several readings of one contract that share them.
#[derive(Debug, Default)]
pub struct ExtraRequests {
    spent: AtomicU64,
    /// Number of distinct events received. Each event is counted in the first window that returned it.
    events: AtomicU64,
    /// Ranges of split windows that have one part with as many events as the whole, for example because of a burst.
    ranges_of_bursts: Mutex<Vec<DateRange>>,
    /// Whether two parts of one window both had as many events as the whole.
    has_contradiction: AtomicBool,
    /// Whether a page had as many hits as requested.
    has_full_page: AtomicBool,
    /// Number of scans whose pages had fewer events than the total.
    early_ends: AtomicU64,
    /// Number of windows that were split because of a high total.
    splits: AtomicU64,
    /// Number of parts whose total was higher than that of the whole window.
    parts_above_whole: AtomicU64,
    /// Number of scans without a usable total that reached the maximum offset before the end of the window.
    endless_scans: AtomicU64,
    /// Number of scans without a usable total that reached the end of the window.
    ended_scans: AtomicU64,
    /// Length in seconds of the shortest range that the service refused as too long. 0 if it refused none.
    refused_seconds: AtomicI64,
    /// Whether smaller pages were requested after a first page was empty although its total reported events.
    has_tried_smaller_pages: AtomicBool,
    /// Whether an answer for the whole log had or reported an event.
    has_log_events: AtomicBool,
    /// Whether a window without events was compared with single hours.
    has_compared_hours: AtomicBool,
    /// Whether the total of a range grew faster than its events were read. See [`Self::is_endless`].
    is_endless: AtomicBool,
    checked_windows: Mutex<CheckedWindows>,
    /// Largest number of hits of a short page that was the last page of its window.
    longest_end: AtomicU64,
    /// Number of requests for the page after a short page that had exactly `longest_end` hits.
    repeated_end_probes: AtomicU64,
    /// Highest number of events that one answer contained or reported as its exact total.
    highest_count: AtomicU64,
    /// Highest number of events that one scan of a range returned.
    highest_scan: AtomicU64,
}

impl ExtraRequests {
    /// Spends `requests` extra requests. Spends none and returns `false` if fewer than `requests` are left.
    pub fn try_spend(&self, requests: u64, page_size: u64) -> bool {
        if self.is_endless() {
            return false;
        }
        let allowed = EXTRA_REQUESTS + EXTRA_REQUESTS_PER_PAGE * self.full_pages(page_size);
        let spend = |spent: u64| spent.checked_add(requests).filter(|spent| *spent <= allowed);
        self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    /// Spends extra requests that were sent already, even if fewer extra requests are left. The excess reduces the
    /// number of extra requests that later events allow.
    pub(super) fn spend(&self, requests: u64) {
        self.spent.fetch_add(requests, Ordering::Relaxed);
    }

    /// Gives back extra requests that turned out to be necessary even with an honest service.
    pub fn refund(&self, requests: u64) {
        let refund = |spent: u64| Some(spent.saturating_sub(requests));
        let _ = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refund);
    }

    /// Adds the distinct events of a window. Must not be called if a longer window has already returned the events of
    /// this window.
    pub(super) fn add_events(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    /// Compares the total of a part with the total of the longer window `whole`. If two parts have as many events as
    /// the longer window, the totals of the service do not depend on the requested range.
    pub(super) fn compare_totals(&self, total: u64, whole: SplitWindow) {
        if total == 0 || whole.total.is_none_or(|whole| total < whole) {
            return;
        }
        if whole.total.is_some_and(|whole| total > whole) {
            self.parts_above_whole.fetch_add(1, Ordering::Relaxed);
        }
        let mut ranges = self.ranges_of_bursts.lock().unwrap_or_else(PoisonError::into_inner);
        match ranges.contains(&whole.range) {
            true => self.has_contradiction.store(true, Ordering::Relaxed),
            false => ranges.push(whole.range),
        }
    }

    /// Whether totals may be used to plan windows. `false` if totals do not depend on the range or are too high
    /// everywhere. In that case, a window is read up to the first page that is not full, whatever its total is.
    pub(super) fn trusts_totals(&self) -> bool {
        !self.has_contradiction.load(Ordering::Relaxed) && self.early_ends.load(Ordering::Relaxed) < EARLY_ENDS
    }

    /// Records that a page had as many hits as requested.
    pub(super) fn record_full_page(&self) {
        self.has_full_page.store(true, Ordering::Relaxed);
    }

    /// Whether a page had as many hits as requested. If so, the service does not limit the page size.
    pub(super) fn has_full_page(&self) -> bool {
        self.has_full_page.load(Ordering::Relaxed)
    }

    /// Records that the pages of a scan had fewer events than the total.
    pub(super) fn record_early_end(&self) {
        self.early_ends.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the pages of any scan had fewer events than the total. If so, pages are requested one by one, because
    /// requests for pages after the end would be wasted.
    pub(super) fn has_early_end(&self) -> bool {
        self.early_ends.load(Ordering::Relaxed) > 0
    }

    /// Counts the split of a window with a high total. Returns `false` if too many windows were split in relation to
    /// the number of events received. In this case, the totals or the pages must be wrong.
    pub(super) fn try_split(&self, page_size: u64) -> bool {
        if self.is_endless() {
            return false;
        }
        let allowed = SPLITS_WITHOUT_EVENTS + SPLITS_PER_PAGE * self.full_pages(page_size);
        self.splits.fetch_add(1, Ordering::Relaxed) < allowed
    }

    /// Records that the total of a range grew faster than its events were read.
    pub(super) fn record_endless_range(&self) {
        self.is_endless.store(true, Ordering::Relaxed);
    }

    /// Whether smaller pages must be tried if a first page is empty although its total reports events. `true` only the
    /// first time.
    pub(super) fn try_smaller_pages(&self) -> bool {
        !self.has_tried_smaller_pages.swap(true, Ordering::Relaxed)
    }

    /// Records that an answer for the whole log had or reported an event.
    pub(super) fn record_log_events(&self) {
        self.has_log_events.store(true, Ordering::Relaxed);
    }

    /// Whether an answer for the whole log contained or reported an event. If so, the service answers even the longest
    /// range.
    pub(super) fn has_log_events(&self) -> bool {
        self.has_log_events.load(Ordering::Relaxed)
    }

    /// Whether a window without events must be compared with single hours. `true` only the first time, so that a log
    /// without events costs few requests.
    pub(super) fn try_compare_hours(&self) -> bool {
        !self.has_compared_hours.swap(true, Ordering::Relaxed)
    }

    /// Records the result of a scan without a usable total: whether it reached the end of the window, or the maximum
    /// offset.
    pub(super) fn record_scan_without_total(&self, reached_end: bool) {
        let scans = if reached_end { &self.ended_scans } else { &self.endless_scans };
        scans.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the service probably invents events, so that reading would never end. This is the case if the total of a
    /// range grew faster than its events were read. It is also the case if many parts of windows had more events than
    /// the whole window, or if hardly any scan without a usable total reaches the end of its window. In each of these
    /// cases, no further window is split, and no extra request is sent.
    pub(super) fn is_endless(&self) -> bool {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        self.is_endless.load(Ordering::Relaxed)
            || load(&self.parts_above_whole) >= MAX_PARTS_ABOVE_WHOLE
            || load(&self.endless_scans) > MAX_ENDLESS_SCANS + ENDLESS_SCANS_PER_END * load(&self.ended_scans)
    }

    /// Records that the service refuses a range as too long.
    pub(super) fn record_refused_range(&self, range: DateRange) {
        let seconds = range.duration().num_seconds();
        let shorter = |known: i64| (known == 0 || seconds < known).then_some(seconds);
        let _ = self.refused_seconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, shorter);
    }

    /// Whether the service has refused a range of this length, or a shorter one, as too long.
    pub(super) fn has_refused_range(&self, range: DateRange) -> bool {
        let refused = self.refused_seconds.load(Ordering::Relaxed);
        refused > 0 && range.duration().num_seconds() >= refused
    }

    /// Whether the page after a short page must be requested although the total equals the number of hits. The reason
    /// is that the service may limit pages to this length, and count only the hits of the page. There is no such limit
    /// if an earlier page was full, or if a longer page was the last one of its window. If a page of exactly this
    /// length was the last one of its window, at most [`REPEATED_END_PROBES`] further requests are sent.
    pub(super) fn needs_end_probe(&self, hits: u64) -> bool {
        let longest = self.longest_end.load(Ordering::Relaxed);
        let is_probed = hits < longest
            || hits == longest && self.repeated_end_probes.fetch_add(1, Ordering::Relaxed) >= REPEATED_END_PROBES;
        !self.has_full_page() && !is_probed
    }

    /// Records that a short page with this number of hits was the last one of its window.
    pub(super) fn record_end(&self, hits: u64) {
        if self.longest_end.fetch_max(hits, Ordering::Relaxed) < hits {
            self.repeated_end_probes.store(0, Ordering::Relaxed);
        }
    }

    /// Records the number of hits of a page and its exact total.
    pub(super) fn record_count(&self, page: &Page) {
        let total = page.total.filter(|total| total.exact).map_or(0, |total| total.count);
        self.highest_count.fetch_max(total.max(page.hits()), Ordering::Relaxed);
    }

    /// Records the number of events that one scan of a range returned.
    pub(super) fn record_scan(&self, events: u64) {
        self.highest_scan.fetch_max(events, Ordering::Relaxed);
    }

    /// Whether an answer or a scan had more than `events` events. If so, the service does not limit ranges to this
    /// number of events.
    pub(super) fn has_larger_range(&self, events: u64) -> bool {
        self.has_higher_count(events) || self.highest_scan.load(Ordering::Relaxed) > events
    }

    /// Whether an answer contained or reported more than `hits` events. If so, the service limits neither its pages nor
    /// its totals to `hits`.
    pub(super) fn has_higher_count(&self, hits: u64) -> bool {
        self.highest_count.load(Ordering::Relaxed) > hits
    }

    /// Calls `access` with the record of the windows that were compared with their parts. `access` may change this
    /// record.
    pub(super) fn with_checked_windows<T>(&self, access: impl FnOnce(&mut CheckedWindows) -> T) -> T {
        access(&mut self.checked_windows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn full_pages(&self, page_size: u64) -> u64 {
        self.events.load(Ordering::Relaxed) / page_size.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_full_page_of_events_allows_further_requests() {
        let extra = ExtraRequests::default();
        assert!(extra.try_spend(EXTRA_REQUESTS, 10));
        assert!(!extra.try_spend(1, 10));
        extra.refund(1);
        assert!(extra.try_spend(1, 10));
        extra.add_events(9);
        assert!(!extra.try_spend(1, 10));
        extra.add_events(1);
        assert!(!extra.try_spend(EXTRA_REQUESTS_PER_PAGE + 1, 10));
        assert!(extra.try_spend(EXTRA_REQUESTS_PER_PAGE, 10));
        assert!(!extra.try_spend(1, 10));
    }

    #[test]
    fn splits_are_bounded_by_the_events_received() {
        let extra = ExtraRequests::default();
        let splits = (0..1_000).take_while(|_| extra.try_split(10)).count() as u64;
        assert_eq!(splits, SPLITS_WITHOUT_EVENTS);
        extra.add_events(100);
        assert!(extra.try_split(10));
    }

    #[test]
    fn one_part_of_a_window_may_have_all_of_its_events_but_two_parts_cannot() {
        let extra = ExtraRequests::default();
        let range = |to: &str| DateRange::new("2026-11-20T00:00:00Z".parse().unwrap(), to.parse().unwrap()).unwrap();
        let day = SplitWindow { range: range("2026-11-21T00:00:00Z"), total: Some(900) };
        let hour = SplitWindow { range: range("2026-11-20T01:00:00Z"), total: Some(900) };
        for (total, whole, is_trusted) in
            [(900, day, true), (900, hour, true), (899, day, true), (0, day, true), (901, day, false)]
        {
            extra.compare_totals(total, whole);
            assert_eq!(extra.trusts_totals(), is_trusted, "total {total} of a part of {whole:?}");
        }
    }
}
