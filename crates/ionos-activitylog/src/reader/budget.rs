//! Bounds the requests that a reading spends on a service that counts wrongly. Each page of new events earns requests;
//! repeats, further scans and splits are made only while enough requests are left. So a gap is reported after a bounded
//! number of requests, whatever the service answers, and windows that verify at once are read in any case.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::defaults::{BASE_REQUESTS, DIFFICULT_FACTOR, LOW_OFFSET_REQUESTS, REQUESTS_PER_PAGE};

/// The requests of one reading.
#[derive(Debug, Default)]
pub(super) struct RequestBudget {
    /// Requests sent.
    spent: AtomicU64,
    /// Requests that are promised to windows in the queue and to scans in progress.
    reserved: AtomicU64,
    /// Distinct events received, each within its window and counted once, also if its window was split and read again.
    events: AtomicU64,
    /// Whether hits change places between requests, or the service reports no totals: a proof then takes several scans.
    is_difficult: AtomicBool,
    /// Whether a page within the expected maximum offset could not be reached.
    has_low_offset: AtomicBool,
}

/// Requests that are promised to a scan. Returned to the budget when dropped.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    budget: &'a RequestBudget,
    pub(super) requests: u64,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.budget.release(self.requests);
    }
}

impl RequestBudget {
    /// Records that a proof takes several scans with this service.
    pub(super) fn record_difficult(&self) {
        self.is_difficult.store(true, Ordering::Relaxed);
    }

    /// Records a request.
    pub(super) fn spend(&self) {
        self.spent.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes requests back that made progress, although they read a window again.
    pub(super) fn refund(&self, requests: u64) {
        let _ =
            self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| Some(spent.saturating_sub(requests)));
    }

    /// Allows further requests, once per reading, because the service's maximum offset is lower than expected: several
    /// windows that are read at the same time may find this out.
    pub(super) fn record_low_offset(&self) {
        if !self.has_low_offset.swap(true, Ordering::Relaxed) {
            self.refund(LOW_OFFSET_REQUESTS);
        }
    }

    /// Forgets the requests sent so far, after limits of a profile turned out to be wrong.
    pub(super) fn forgive(&self) {
        self.spent.store(0, Ordering::Relaxed);
    }

    /// Number of requests that are left. `page_size` is the number of hits of a full page.
    pub(super) fn remaining(&self, page_size: u64) -> u64 {
        let pages = self.events.load(Ordering::Relaxed).div_ceil(page_size.max(1)).max(1);
        let factor = if self.is_difficult.load(Ordering::Relaxed) { DIFFICULT_FACTOR } else { 1 };
        let allowed = BASE_REQUESTS + pages * REQUESTS_PER_PAGE * factor;
        allowed.saturating_sub(self.spent.load(Ordering::Relaxed) + self.reserved.load(Ordering::Relaxed))
    }

    /// Reserves requests for a scan. `None` if fewer are left.
    pub(super) fn try_reserve(&self, requests: u64, page_size: u64) -> Option<Reservation<'_>> {
        let reservation = self.reserve_up_to(requests, page_size);
        (reservation.requests == requests).then_some(reservation)
    }

    /// Reserves as many requests as are left, at most `requests`.
    pub(super) fn reserve_up_to(&self, requests: u64, page_size: u64) -> Reservation<'_> {
        let requests = requests.min(self.remaining(page_size));
        self.reserve(requests);
        Reservation { budget: self, requests }
    }

    fn reserve(&self, requests: u64) {
        self.reserved.fetch_add(requests, Ordering::Relaxed);
    }

    fn release(&self, requests: u64) {
        let release = |reserved: u64| Some(reserved.saturating_sub(requests));
        let _ = self.reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, release);
    }
}

/// What one window adds to the budget: the events that no earlier scan of its range returned.
#[derive(Debug)]
pub(super) struct WindowAccount<'a> {
    pub(super) budget: &'a RequestBudget,
    /// Events of the range that an earlier, longer window returned.
    known: u64,
    /// Hits of the first scan so far, then the events of all scans, without the known ones.
    earned: AtomicU64,
    is_first_scan: AtomicBool,
}

impl<'a> WindowAccount<'a> {
    /// Begins a window. `reserved` requests were reserved for it when a longer window was split.
    pub(super) fn open(budget: &'a RequestBudget, known: u64, reserved: u64) -> Self {
        budget.release(reserved);
        Self { budget, known, earned: AtomicU64::new(0), is_first_scan: AtomicBool::new(true) }
    }

    /// Reserves requests for the windows of a split.
    pub(super) fn reserve_windows(&self, requests: u64) {
        self.budget.reserve(requests);
    }

    /// Records a page. Until the end of the first scan, its hits count as new events, so that a long scan can go on.
    pub(super) fn receive(&self, hits: u64) {
        if self.is_first_scan.load(Ordering::Relaxed) {
            let earned = self.earned.fetch_add(hits, Ordering::Relaxed);
            let new = (earned + hits).saturating_sub(self.known.max(earned));
            self.budget.events.fetch_add(new, Ordering::Relaxed);
        }
    }

    /// Ends a scan. `events` is the number of distinct events within the window of all scans so far.
    pub(super) fn end_scan(&self, events: u64) {
        let is_first = self.is_first_scan.swap(false, Ordering::Relaxed);
        let before = self.earned.load(Ordering::Relaxed);
        let now = if is_first { events } else { events.max(before) };
        self.earned.store(now, Ordering::Relaxed);
        let (before, now) = (before.saturating_sub(self.known), now.saturating_sub(self.known));
        self.budget.events.fetch_add(now, Ordering::Relaxed);
        let forget = |events: u64| Some(events.saturating_sub(before));
        let _ = self.budget.events.fetch_update(Ordering::Relaxed, Ordering::Relaxed, forget);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_of_new_events_earns_requests_and_reservations_are_returned() {
        let budget = RequestBudget::default();
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 3);
        let account = WindowAccount::open(&budget, 0, 0);
        budget.spend();
        account.receive(10);
        account.receive(10);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 5);
        // The second page repeated the first one.
        account.end_scan(10);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 2);
        let reserved = budget.try_reserve(BASE_REQUESTS, 10).unwrap();
        assert!(budget.try_reserve(3, 10).is_none());
        assert_eq!(budget.reserve_up_to(3, 10).requests, 2);
        drop(reserved);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 2);
        budget.record_difficult();
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 3 * DIFFICULT_FACTOR - 1);
    }

    #[test]
    fn events_that_are_read_again_in_the_parts_of_a_window_earn_nothing() {
        let budget = RequestBudget::default();
        let whole = WindowAccount::open(&budget, 0, 0);
        whole.receive(25);
        whole.end_scan(25);
        whole.reserve_windows(2);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 3 * 3 - 2);
        let part = WindowAccount::open(&budget, 20, 1);
        part.receive(20);
        part.end_scan(20);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 3 * 3 - 1);
        // A later scan finds another event, and one with fewer events takes nothing back.
        part.end_scan(26);
        part.end_scan(20);
        assert_eq!(budget.remaining(10), BASE_REQUESTS + 4 * 3 - 1);
    }
}
