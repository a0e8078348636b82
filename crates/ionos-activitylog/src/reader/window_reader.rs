//! Reads one window until it is verified. A window that has too many events, or does not verify after several scans, is
//! split. A window that cannot be split any further and has no proof becomes a gap.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::api::limits::{FractionSupport, ServiceLimits};
use crate::api::page::{Page, Total};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::budget::RequestBudget;
use crate::reader::plan::{PlannedWindow, Resolution};
use crate::reader::scan::{Scan, ScanResult, WindowScanner, pause};
use crate::reader::verification::{Proof, Verification};
use crate::reader::window::{Gap, GapReason, Window};

/// Number of scans in a row without a new event after which the total of a window on one page counts as wrong.
const SINGLE_PAGE_SCANS: u32 = 5;

/// Number of scans after which a window of several pages is split, because splitting costs fewer requests than further
/// scans.
const SCANS_BEFORE_SPLIT: u32 = 2;

/// Number of scans after which a record that is not JSON counts as damaged in the log and not on its way.
const UNREADABLE_SCANS: u32 = 2;

/// Maximum scans of a window, even if they still return new events.
const MAX_SCANS: u32 = 40;

/// Number of scans in a row without a new event after which scanning stops. If hits change places at random, the
/// probability that these scans and the one before them all missed the same event is at most about 1 in 1000.
const SCANS_WITHOUT_NEW: u32 = 6;

/// Maximum times that a window with a wrong total is halved to locate the mismatch.
const MAX_MISMATCH_SPLITS: u32 = 6;

/// Number of parts that a window without a usable total is split into.
const PARTS_WITHOUT_TOTAL: u64 = 4;

/// Planned number of events of a window, as a fraction of the maximum. Activity follows office hours and is uneven:
/// with a higher fraction, more windows exceed the maximum, which costs one request each; with a lower fraction, more
/// pages are only partly filled. Between 0.6 and 0.8, a range takes the fewest requests: 10 % more than its number of
/// full pages.
const WINDOW_FILL: (u64, u64) = (7, 10);

/// Planned number of events of a window if hits change places, as a fraction of a page: a window then has to fit on one
/// page.
const PAGE_FILL: (u64, u64) = (3, 5);

/// The result of reading a planned window.
#[derive(Debug)]
pub(super) enum WindowResult<W> {
    /// The window was read and is proven complete.
    Verified(W),
    /// The window has to be read as these smaller windows. `requests` is the number of requests before the split.
    Split { windows: Vec<PlannedWindow>, requests: u64 },
    /// The window was read as well as possible and has a gap.
    Unverified(W),
}

impl<W> WindowResult<W> {
    pub(super) fn map<V>(self, convert: impl FnOnce(W) -> V) -> WindowResult<V> {
        match self {
            Self::Verified(window) => WindowResult::Verified(convert(window)),
            Self::Split { windows, requests } => WindowResult::Split { windows, requests },
            Self::Unverified(window) => WindowResult::Unverified(convert(window)),
        }
    }
}

/// Reads windows of one contract.
#[derive(Clone, Copy)]
pub(super) struct WindowReader<'a> {
    pub(super) scanner: WindowScanner<'a>,
}

impl WindowReader<'_> {
    /// Reads one window. `requested` is the range that the caller asked for; events outside of it are dropped.
    pub(super) async fn read(self, window: PlannedWindow, requested: DateRange) -> Result<WindowResult<Window>, Error> {
        let mut requests = 0;
        // Repeats at most twice: after a reset of the limits, and after fractions turn out to be unsupported.
        loop {
            let had_profile = self.limits().has_profile();
            let result = match self.scan_until_verified(window, Resolution::Second).await? {
                WindowResult::Unverified(scanned) if scanned.finer_may_help && self.may_read_finer(window) => {
                    requests += scanned.requests;
                    let (finer, finer_requests) = self.read_finer(window, scanned.distinct_events()).await?;
                    requests += finer_requests;
                    match finer {
                        Some(result) => result,
                        None => {
                            // A wrong limit of the profile may be the reason.
                            if had_profile {
                                self.limits().reset();
                                self.budget().forgive();
                            }
                            continue;
                        }
                    }
                }
                result => result,
            };
            // A wrong limit of the profile must not cause a gap.
            if let WindowResult::Unverified(scanned) = &result
                && had_profile
            {
                self.limits().reset();
                self.budget().forgive();
                requests += scanned.requests;
                continue;
            }
            return Ok(match result {
                WindowResult::Split { windows, requests: own } => {
                    WindowResult::Split { windows, requests: requests + own }
                }
                result => result.map(|scanned| scanned.into_window(requested, requests)),
            });
        }
    }

    fn limits(&self) -> &ServiceLimits {
        &self.scanner.api.limits
    }

    /// Whether a window may be read in parts of a second.
    fn may_read_finer(self, window: PlannedWindow) -> bool {
        let page_size = self.scanner.current_page_size();
        !self.is_finest(window) && self.budget().remaining(page_size) >= PARTS_WITHOUT_TOTAL
    }

    /// Whether a window of at most one second cannot be split any further.
    fn is_finest(self, window: PlannedWindow) -> bool {
        self.limits().fraction_support() == FractionSupport::Unsupported
            || !window.is_splittable(Resolution::Millisecond)
    }

    /// Scans a window until it is verified, has to be split, or no further scan helps.
    async fn scan_until_verified(
        self,
        window: PlannedWindow,
        resolution: Resolution,
    ) -> Result<WindowResult<ScannedWindow>, Error> {
        let is_splittable = window.is_splittable(resolution);
        let mut verification = Verification::new(window.range);
        let mut requests = 0;
        loop {
            let page_size = self.scanner.current_page_size();
            let max_events = match self.limits().is_unstable() && is_splittable {
                true => page_size,
                false => self.limits().max_window(page_size),
            };
            let scan = match self.scanner.scan(window.range, max_events).await? {
                ScanResult::Complete(scan) => scan,
                ScanResult::OverLimit { total, pages, requests: own } => {
                    requests += own;
                    let times = pages.iter().flat_map(|page| &page.events).filter_map(Event::time);
                    let times: Vec<DateTime<Utc>> = times.collect();
                    let is_in_window = |time: &&DateTime<Utc>| window.range.contains(**time);
                    self.scanner.account.end_scan(times.iter().filter(is_in_window).count() as u64);
                    let parts = self.parts_of_total(total);
                    if is_splittable && let Some(windows) = self.split(window, parts, resolution, &times) {
                        return Ok(WindowResult::Split { windows, requests });
                    }
                    return self.read_beginning(window, pages, total, requests).await.map(WindowResult::Unverified);
                }
            };
            requests += scan.requests;
            let (scan_requests, is_rescan) = (scan.requests, verification.scans > 0);
            let (pages, total) = (scan.pages, scan.agreed_total.or(scan.highest_total.map(|total| total.count)));
            let is_finest = !is_splittable && (resolution == Resolution::Millisecond || self.is_finest(window));
            let proof = verification.add(scan, is_finest);
            self.settle(&verification, is_rescan.then_some(scan_requests));
            if let Some(proof) = proof {
                return Ok(WindowResult::Verified(ScannedWindow::finish_verified(
                    window,
                    verification,
                    proof,
                    requests,
                )));
            }
            if verification.is_unstable {
                self.limits().record_unstable();
            }
            if verification.is_unstable || total.is_none() {
                self.budget().record_difficult();
            }
            if pages > 1
                && is_splittable
                && verification.scans >= SCANS_BEFORE_SPLIT
                && let Some(windows) =
                    self.split(window, self.parts_of_total(total), resolution, verification.events.times())
            {
                return Ok(WindowResult::Split { windows, requests });
            }
            if verification.has_partial_search {
                // Its pages were already requested several times. A search of a shorter range may succeed.
                if is_splittable && let Some(windows) = self.halve(window, resolution, &verification) {
                    return Ok(WindowResult::Split { windows, requests });
                }
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                return Ok(WindowResult::Unverified(scanned));
            }
            if !verification.unreadable.is_empty() && verification.scans >= UNREADABLE_SCANS {
                let days = window.split_by_day();
                if days.len() > 1
                    && let Some(windows) = self.reserve(window, days, 2, resolution, verification.events.times())
                {
                    return Ok(WindowResult::Split { windows, requests });
                }
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                return Ok(WindowResult::Unverified(scanned));
            }
            let is_exhausted = match pages {
                1 => verification.scans >= SINGLE_PAGE_SCANS && verification.scans_without_new >= SINGLE_PAGE_SCANS,
                // Parts of a second, if the service supports them, cost fewer requests than many scans.
                _ if resolution == Resolution::Second && !self.is_finest(window) => {
                    verification.scans >= SCANS_BEFORE_SPLIT
                }
                _ => verification.scans_without_new >= SCANS_WITHOUT_NEW,
            };
            // Each scan of the window so far took about as many requests as it has pages.
            let reserved = self.budget().try_reserve(pages, page_size);
            let is_exhausted = is_exhausted || reserved.is_none() || verification.scans >= MAX_SCANS;
            if is_exhausted
                && is_splittable
                && let Some(windows) = self.halve(window, resolution, &verification)
            {
                return Ok(WindowResult::Split { windows, requests });
            }
            if is_exhausted {
                let finer_may_help = !is_splittable && pages != 1;
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, finer_may_help);
                return Ok(WindowResult::Unverified(scanned));
            }
            drop(reserved);
            pause(&*self.scanner.api.clock, verification.scans).await;
        }
    }

    fn budget(&self) -> &RequestBudget {
        self.scanner.account.budget
    }

    /// Adds the events of a scan to the budget. A further scan that found new events was worth its requests.
    fn settle(&self, verification: &Verification, rescan_requests: Option<u64>) {
        let events = &verification.events;
        self.scanner.account.end_scan(events.distinct().saturating_sub(events.out_of_window));
        if let Some(requests) = rescan_requests.filter(|_| verification.scans_without_new == 0) {
            self.budget().refund(requests);
        }
    }

    /// Halves a window with a wrong total to locate the mismatch. `None` if that is not worth its requests.
    fn halve(
        self,
        window: PlannedWindow,
        resolution: Resolution,
        verification: &Verification,
    ) -> Option<Vec<PlannedWindow>> {
        let is_located = window.mismatch_splits >= MAX_MISMATCH_SPLITS || verification.events.out_of_window > 0;
        let halves = || window.split(2, resolution, window.mismatch_splits + 1);
        (!is_located)
            .then(halves)
            .and_then(|halves| self.reserve(window, halves, 2, resolution, verification.events.times()))
    }

    /// Number of windows that probably do not exceed the maximum number of events, for a window with this total.
    fn parts_of_total(self, total: Option<u64>) -> u64 {
        let page_size = self.scanner.current_page_size();
        let (max_events, (numerator, denominator)) = match self.limits().is_unstable() {
            true => (page_size, PAGE_FILL),
            false => (self.limits().max_window(page_size), WINDOW_FILL),
        };
        let fill = (max_events * numerator / denominator).max(1);
        total.map_or(PARTS_WITHOUT_TOTAL, |total| total.div_ceil(fill))
    }

    /// Splits a window into at most `parts` windows, and fewer if the budget has not enough requests. `None` if it has
    /// none. `times` are the times of the events that the window returned.
    fn split<'t>(
        self,
        window: PlannedWindow,
        parts: u64,
        resolution: Resolution,
        times: impl IntoIterator<Item = &'t DateTime<Utc>>,
    ) -> Option<Vec<PlannedWindow>> {
        let page_size = self.scanner.current_page_size();
        let remaining = self.budget().remaining(page_size).saturating_sub(window.known / page_size);
        let parts = window.split(parts.min(remaining / 2), resolution, window.mismatch_splits);
        // If the events were received before, the split is due to a wrong total, and parts are probably short: a short
        // page takes a second request.
        let requests_each = if window.known > 0 { 2 } else { 1 };
        self.reserve(window, parts, requests_each, resolution, times)
    }

    /// Reserves the requests that the windows of a split take at least: `requests_each`, and those to read again what
    /// `window` has returned. `None` if the budget has not enough requests. `times` are the times of the events that
    /// `window` returned.
    fn reserve<'t>(
        self,
        window: PlannedWindow,
        mut parts: Vec<PlannedWindow>,
        requests_each: u64,
        resolution: Resolution,
        times: impl IntoIterator<Item = &'t DateTime<Utc>>,
    ) -> Option<Vec<PlannedWindow>> {
        for time in times {
            let next = parts.partition_point(|part| part.range.start() <= *time);
            if let Some(part) = parts.get_mut(next.saturating_sub(1)) {
                part.known += u64::from(part.range.contains(*time));
            }
        }
        // Only the first page of a window over the limit was read again, so the times of the other events are unknown.
        let known: u64 = parts.iter().map(|part| part.known).sum();
        let others = window.known.saturating_sub(known).div_ceil((parts.len() as u64).max(1));
        let page_size = self.scanner.current_page_size();
        for part in &mut parts {
            part.known += others;
            part.reserved = requests_each + part.known / page_size;
        }
        let reserved = parts.iter().map(|part| part.reserved).sum();
        if self.budget().remaining(page_size) < reserved {
            return None;
        }
        if resolution == Resolution::Second {
            self.scanner.account.reserve_windows(reserved);
        }
        Some(parts)
    }

    /// Reads the first events of a window that has too many events and cannot be split.
    async fn read_beginning(
        self,
        window: PlannedWindow,
        pages: Vec<Page>,
        total: Option<u64>,
        requests: u64,
    ) -> Result<ScannedWindow, Error> {
        let max_events = self.limits().max_window(self.scanner.current_page_size());
        let scan = self.scanner.scan_beginning(window.range, pages, max_events).await?;
        let requests = requests + scan.requests;
        let total = total.map(|count| Total { count, exact: true }).or(scan.highest_total);
        let mut verification = Verification::new(window.range);
        verification.add(Scan { agreed_total: None, ..scan }, false);
        Ok(ScannedWindow::finish_overflowed(window, verification, total, requests))
    }

    /// Tests whether the service supports fractions of a second, and reads a second in parts if it does.
    /// `distinct_events` is the number of distinct events that scans of the whole second returned. The parts are
    /// accepted only if together they have at least that many events: a service that cuts off fractions returns no
    /// events for one part and the whole second for another. Returns the result, which is `None` if the parts are not
    /// accepted, and the number of requests.
    async fn read_finer(
        self,
        whole: PlannedWindow,
        distinct_events: u64,
    ) -> Result<(Option<WindowResult<ScannedWindow>>, u64), Error> {
        let mut requests = 0;
        let page_size = self.scanner.current_page_size();
        let _reserved = self.budget().reserve_up_to(PARTS_WITHOUT_TOTAL, page_size);
        let mut planned = whole.split(PARTS_WITHOUT_TOTAL, Resolution::Millisecond, 0);
        planned.reverse();
        let mut parts: Vec<ScannedWindow> = Vec::new();
        while let Some(part) = planned.pop() {
            let is_refused = match self.scan_part(part).await {
                Ok(WindowResult::Split { windows, requests: own }) => {
                    requests += own;
                    planned.extend(windows.into_iter().rev());
                    continue;
                }
                Ok(WindowResult::Verified(part) | WindowResult::Unverified(part)) => {
                    let has_other_times = part.verification.events.out_of_window > 0;
                    parts.push(part);
                    has_other_times
                }
                Err(error) if may_be_about_the_date(error.kind()) => true,
                Err(error) => return Err(error),
            };
            if is_refused {
                break;
            }
        }
        requests += parts.iter().map(|part| part.requests).sum::<u64>();
        let has_other_times = parts.iter().any(|part| part.verification.events.out_of_window > 0);
        let distinct_in_parts: u64 = parts.iter().map(ScannedWindow::distinct_events).sum();
        let is_supported = planned.is_empty() && !has_other_times && distinct_in_parts >= distinct_events;
        self.limits().record_fraction_support(is_supported);
        Ok((is_supported.then(|| ScannedWindow::join(whole, parts)), requests))
    }

    /// [`Self::scan_until_verified`] for a part of a second, boxed because the two functions call each other.
    fn scan_part<'a>(self, part: PlannedWindow) -> BoxFuture<'a, Result<WindowResult<ScannedWindow>, Error>>
    where
        Self: 'a,
    {
        Box::pin(self.scan_until_verified(part, Resolution::Millisecond))
    }
}

/// Whether a fraction in a date may have caused an error.
fn may_be_about_the_date(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server)
}

/// A window with the events of its scans.
#[derive(Debug)]
struct ScannedWindow {
    window: PlannedWindow,
    verification: Verification,
    /// `None` if the window has a gap.
    proof: Option<Proof>,
    /// Reason and reported total of a gap. `None` if the window is verified.
    gap: Option<(GapReason, Option<Total>)>,
    requests: u64,
    /// Whether parts of this window that are shorter than a second may be verified although the window is not.
    finer_may_help: bool,
    /// Parts that were read instead of the window. Empty if the window was read as a whole.
    parts: Vec<ScannedWindow>,
}

impl ScannedWindow {
    fn finish_verified(window: PlannedWindow, verification: Verification, proof: Proof, requests: u64) -> Self {
        let proof = Some(proof);
        Self { window, verification, proof, gap: None, requests, finer_may_help: false, parts: Vec::new() }
    }

    /// A window whose events do not match the reported total, or lie outside of the window.
    fn finish_mismatched(
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
        let gap = Some((reason, verification.highest_total));
        Self { window, verification, proof: None, gap, requests, finer_may_help, parts: Vec::new() }
    }

    /// A window that has more events than can be reached.
    fn finish_overflowed(
        window: PlannedWindow,
        verification: Verification,
        total: Option<Total>,
        requests: u64,
    ) -> Self {
        let gap = Some((GapReason::Overflow, total));
        Self { window, verification, proof: None, gap, requests, finer_may_help: true, parts: Vec::new() }
    }

    /// Joins parts to the whole window. The caller counts the requests of the parts.
    fn join(whole: PlannedWindow, mut parts: Vec<Self>) -> WindowResult<Self> {
        parts.iter_mut().for_each(|part| part.requests = 0);
        let proofs = parts.iter().map(|part| part.proof);
        let proof = proofs.reduce(|one, two| Some(one?.weaker(two?))).flatten();
        let verification = Verification::new(whole.range);
        let joined = Self { window: whole, verification, proof, gap: None, requests: 0, finer_may_help: false, parts };
        match proof {
            Some(_) => WindowResult::Verified(joined),
            None => WindowResult::Unverified(joined),
        }
    }

    fn distinct_events(&self) -> u64 {
        self.verification.events.distinct()
    }

    /// Converts to a [`Window`] with only the events that lie in `requested`. `earlier_requests` is added to the number
    /// of requests.
    fn into_window(self, requested: DateRange, earlier_requests: u64) -> Window {
        let Self { window, mut verification, proof, gap, requests, parts, .. } = self;
        let seen = verification.events.distinct();
        let gap = gap.map(|(reason, total)| Gap { range: window.range, seen, total, reason });
        let reported_total = match parts.is_empty() {
            true => verification.reported_total(),
            false => Some(0),
        };
        let (events, out_of_window) = verification.take_events(requested);
        let mut whole = Window {
            range: window.range.intersection(&requested).unwrap_or(window.range),
            events,
            out_of_window,
            unreadable: verification.unreadable,
            reported_total,
            proof,
            gaps: gap.into_iter().collect(),
            scans: verification.scans,
            requests: requests + earlier_requests,
            duplicates: verification.duplicates,
            amended: verification.events.amended,
            filtered: 0,
            bytes: verification.events.bytes,
        };
        for part in parts {
            add_part(&mut whole, part.into_window(requested, 0));
        }
        whole
    }
}

/// Adds a part that was read with separate requests. The proof of the whole window is already known.
fn add_part(whole: &mut Window, part: Window) {
    whole.events.extend(part.events);
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
