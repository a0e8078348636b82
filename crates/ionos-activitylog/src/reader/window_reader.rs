//! Reads one window until it is verified. A window that has too many events, or is not verified after several scans, is
//! split. A window that cannot be split any further and has no proof becomes a gap.

mod parts_of_second;

use std::pin::pin;
use std::sync::atomic::Ordering;

use futures_util::future::{Either, select};

use crate::api::limits::{FractionSupport, ServiceLimits};
use crate::api::page::Total;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;
use crate::reader::log_answer::LogAnswer;
use crate::reader::page_reader::pause;
use crate::reader::plan::{PlannedWindow, Resolution};
use crate::reader::proof_check::{ProofCheck, check_proof};
use crate::reader::reading_progress::ReadingProgress;
use crate::reader::refused_range::split_refused;
use crate::reader::scan::{SUSPICIOUS_TOTAL, ScanOptions, WindowScanner};
use crate::reader::scanned_pages::{Scan, ScanResult};
use crate::reader::scanned_window::ScannedWindow;
use crate::reader::start_check::StartCheck;
use crate::reader::suspected_limit::limit_of_parts;
use crate::reader::verification::{Proof, Verification};
use crate::reader::window::Window;

/// Number of scans in a row without a new event after which the total of a window counts as wrong. Applies to windows
/// that fit on one page.
const SINGLE_PAGE_SCANS: u32 = 5;

/// As [`SINGLE_PAGE_SCANS`], but for one half of a window that was halved because its total is wrong.
const SCANS_OF_HALF: u32 = 2;

/// Number of scans after which a window of several pages is split, because splitting costs fewer requests than further
/// scans.
const SCANS_BEFORE_SPLIT: u32 = 2;

/// Number of scans after which a record that is not JSON counts as damaged in the log. After fewer scans, the record
/// may have been damaged on its way.
const UNREADABLE_SCANS: u32 = 2;

/// Maximum number of scans of a window, even if the scans still return new events.
const MAX_SCANS: u32 = 40;

/// Number of scans in a row without a new event after which scanning stops. If hits change places at random, the
/// probability that these scans and the scan before them all missed the same event is at most about 1 in 1000.
const SCANS_WITHOUT_NEW: u32 = 6;

/// Maximum number of times that a window with a wrong total is halved to locate the mismatch.
const MAX_MISMATCH_SPLITS: u32 = 6;

/// Number of windows with a wrong total after which a reading halves no further window. If there are that many, the
/// service probably reports wrong totals everywhere, and halving would turn each window into about a hundred windows.
const MAX_MISMATCHES: u32 = 8;

/// Planned number of events of a window, as a fraction of the maximum number. Activity follows office hours and is
/// uneven. With a higher fraction, more windows exceed the maximum and must be split, which wastes one request each.
/// With a lower fraction, more pages are only partly filled. Fractions from 0.6 to 0.8 need the fewest requests: 10 %
/// more than if every page of the range were full.
const WINDOW_FILL: (u64, u64) = (7, 10);

/// Planned number of events of a window, as a fraction of a page. Applies if hits change places, because a window then
/// has to fit on one page.
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
    /// The state that all windows of the reading share.
    pub(super) progress: &'a ReadingProgress,
}

impl WindowReader<'_> {
    /// Reads one window. `requested` is the range that the caller asked for. Events outside of this range are dropped.
    pub(super) async fn read(self, window: PlannedWindow, requested: DateRange) -> Result<WindowResult<Window>, Error> {
        let mut requests = window.earlier_requests;
        // The loop repeats at most twice: once after the limits were reset, and once after fractions turned out to be
        // unsupported.
        loop {
            let had_profile = self.limits().has_profile();
            let result = match self.scan_until_verified(window, Resolution::Second).await? {
                WindowResult::Unverified(mut scanned)
                    if scanned.finer_may_help
                        && !window.is_splittable(Resolution::Second)
                        && !self.is_finest(window) =>
                {
                    requests += scanned.requests;
                    let total = scanned.verification.highest_total_inside();
                    let events = scanned.verification.events.take_all();
                    let (finer, finer_requests) = self.read_finer(scanned.window, events, total).await?;
                    requests += finer_requests;
                    match finer {
                        Some(result) => result,
                        None => {
                            // The parts may be unusable because of a wrong limit in the profile of the service.
                            if had_profile {
                                self.limits().reset();
                            }
                            continue;
                        }
                    }
                }
                result => result,
            };
            return Ok(match result {
                // A wrong limit of the profile must not cause a gap.
                WindowResult::Unverified(scanned) if had_profile => {
                    self.limits().reset();
                    requests += scanned.requests;
                    self.keep(scanned);
                    continue;
                }
                WindowResult::Split { windows, requests: own } => {
                    WindowResult::Split { windows, requests: requests + own }
                }
                result => result.map(|scanned| scanned.into_window(requested, requests, &self.progress.id_hasher)),
            });
        }
    }

    fn limits(&self) -> &ServiceLimits {
        &self.scanner.pages.api.limits
    }

    /// Keeps the events of a window that is read again or in parts.
    fn keep(self, mut scanned: ScannedWindow) {
        let range = scanned.window.range;
        self.progress.received.keep(range, scanned.verification.events.take_all());
        scanned.parts.into_iter().for_each(|part| self.keep(part));
    }

    /// Keeps the events and the highest total of the scans of a window that is read in parts.
    fn keep_results(self, verification: &mut Verification) {
        self.progress.received.keep(verification.range(), verification.events.take_all());
        self.keep_total(verification.range(), verification.highest_total);
    }

    /// Keeps the total of a window that is read in parts, unless totals are wrong everywhere.
    fn keep_total(self, range: DateRange, total: Option<Total>) {
        let is_known = |total: &Total| total.exact && total.count != SUSPICIOUS_TOTAL;
        // Parts of a second are returned together as one window, so the total of a part is not compared.
        let is_whole_seconds = range == range.to_whole_seconds();
        if let Some(total) = total.filter(is_known)
            && is_whole_seconds
            && self.progress.extra.trusts_totals()
        {
            self.progress.split_totals.add(range, total.count);
        }
    }

    /// Adds a scan to `verification`. Also adds the events of the window that `received` holds, because other answers
    /// contained them. Returns the proof, if there is one. Keeps the events at the end of the window for the next
    /// window.
    fn add(self, verification: &mut Verification, scan: Scan, is_finest: bool) -> Option<Proof> {
        let range = verification.range();
        let excludes_start = self.progress.excludes_start.load(Ordering::Relaxed);
        verification.receive(self.progress.received.take(range), excludes_start);
        let proof = verification.add(scan, is_finest);
        self.progress.received.keep(range, verification.events.take_new_at_end());
        proof
    }

    /// Whether a window of at most one second cannot be split any further.
    fn is_finest(self, window: PlannedWindow) -> bool {
        self.limits().fraction_support() == FractionSupport::Unsupported
            || !window.is_splittable(Resolution::Millisecond)
    }

    /// Scans a window. If the window is the first one of the reading, also checks its start, and adds the requests of
    /// this check to `requests`. If the window has to be split, the scan of its first part makes this check instead.
    async fn scan_and_check_start(
        self,
        range: DateRange,
        options: ScanOptions,
        requests: &mut u64,
    ) -> Result<ScanResult, Error> {
        let scan = self.scanner.scan(range, options);
        if !self.progress.takes_unchecked_start(range) {
            return scan.await;
        }
        let result = self.scan_beside_check(scan, range).await;
        if !matches!(result, Ok((_, Some(_)))) {
            self.progress.return_unchecked_start(range);
        }
        let (scan, check) = result?;
        if let Some(check) = check {
            *requests += check.requests;
            self.progress.excludes_start.fetch_or(check.excludes_start, Ordering::Relaxed);
        }
        Ok(scan)
    }

    /// Scans a window, and checks its start meanwhile unless the window has to be split.
    async fn scan_beside_check(
        self,
        scan: impl Future<Output = Result<ScanResult, Error>>,
        range: DateRange,
    ) -> Result<(ScanResult, Option<StartCheck>), Error> {
        let gate = self.scanner.start_check_gate;
        match select(pin!(scan), pin!(StartCheck::read(self.scanner, range))).await {
            Either::Right((check, scan)) => {
                let check = check?;
                Ok((scan.await?, Some(check)))
            }
            Either::Left((scan, check)) => {
                let scan = scan?;
                if !gate.is_open() && matches!(scan, ScanResult::OverLimit { .. }) {
                    return Ok((scan, None));
                }
                gate.open();
                Ok((scan, Some(check.await?)))
            }
        }
    }

    /// Scans a window until it is verified or has to be split, or until no further scan helps.
    async fn scan_until_verified(
        self,
        window: PlannedWindow,
        resolution: Resolution,
    ) -> Result<WindowResult<ScannedWindow>, Error> {
        let is_splittable = window.is_splittable(resolution);
        let extra = &self.progress.extra;
        let mut verification = Verification::new(window.range);
        let mut requests = 0;
        let mut ends_before_total = false;
        // Whether the answer for the whole log had a hit or a total. The whole log is requested only if the answers for
        // the window have neither.
        let mut is_log_visible = false;
        if extra.has_refused_range(window.range) && is_splittable {
            return Ok(WindowResult::Split { windows: window.split_by_length(), requests });
        }
        loop {
            let page_size = self.scanner.current_page_size();
            let max_events = match self.limits().is_unstable() && is_splittable {
                true => page_size,
                false => self.limits().max_window(page_size),
            };
            let options = ScanOptions {
                is_splittable,
                max_events,
                ends_before_total,
                part_of: window.part_of,
                must_confirm_end: verification.scans == 0,
            };
            let scan = match self.scan_and_check_start(window.range, options, &mut requests).await {
                Err(error) if error.kind() == ErrorKind::BadRequest && is_splittable => {
                    let windows = split_refused(window, error, self.scanner.pages, page_size).await?;
                    return Ok(WindowResult::Split { windows, requests: requests + 2 });
                }
                scan => scan?,
            };
            let scan = match scan {
                ScanResult::Complete(scan) => scan,
                ScanResult::OverLimit { total, scan } => {
                    requests += scan.requests;
                    self.compare_totals(window, &scan);
                    if !is_splittable && !extra.is_endless() {
                        self.progress.received.keep(window.range, scan.events);
                        return self.read_beginning(window, total, requests).await.map(WindowResult::Unverified);
                    }
                    if scan.is_mostly_outside(window.range) || !extra.try_split(page_size) {
                        self.add(&mut verification, Scan { agreed_total: None, ..scan }, false);
                        let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                        return Ok(WindowResult::Unverified(scanned));
                    }
                    let suspected_limit = limit_of_parts(window, &verification, Some(&scan));
                    self.keep_results(&mut verification);
                    self.keep_total(window.range, scan.highest_total);
                    self.progress.received.keep(window.range, scan.events);
                    if scan.pages > 1 {
                        // The parts of the window request the events of these pages again.
                        extra.spend(scan.pages);
                    }
                    let window = PlannedWindow { suspected_limit, ..window };
                    return Ok(self.split_by_total(window, total, resolution, requests));
                }
            };
            // The scan may have found that the service limits the page size.
            let page_size = self.scanner.current_page_size();
            requests += scan.requests;
            ends_before_total |= scan.ends_before_total;
            let (pages, total) = (scan.pages, scan.agreed_total.or(scan.highest_total.map(|total| total.count)));
            let is_finest = !is_splittable && (resolution == Resolution::Millisecond || self.is_finest(window));
            self.compare_totals(window, &scan);
            let says_nothing = scan.says_nothing;
            if says_nothing && !is_log_visible {
                let log = LogAnswer::read(self.scanner.pages, window.range).await?;
                is_log_visible = log.is_visible;
                requests += log.requests;
            }
            let proof = self.add(&mut verification, scan, is_finest);
            extra.record_scan(verification.last_distinct);
            if verification.scans == 1 && !window.was_scanned {
                // Events outside of the window are not counted, because every window may return the same events.
                let outside = verification.events.out_of_window;
                extra.add_events(verification.events.distinct().saturating_sub(outside));
            }
            let mut is_to_be_confirmed = false;
            if let Some(proof) = proof {
                let says_nothing = says_nothing && !is_log_visible;
                let pages = self.scanner.pages;
                let (check, own) =
                    check_proof(proof, window, &verification, says_nothing, resolution, pages, page_size).await?;
                requests += own;
                match check {
                    ProofCheck::Accepted => {
                        let scanned = ScannedWindow::finish_verified(window, verification, proof, requests);
                        return Ok(WindowResult::Verified(scanned));
                    }
                    ProofCheck::NeedsScan => is_to_be_confirmed = true,
                    ProofCheck::NeedsSplit(windows) => {
                        self.keep_results(&mut verification);
                        return Ok(WindowResult::Split { windows, requests });
                    }
                    ProofCheck::Limited(limit) => {
                        let total = verification.highest_total;
                        let window = PlannedWindow { suspected_limit: Some(limit), ..window };
                        let scanned = ScannedWindow::finish_overflowed(window, verification, total, requests);
                        return Ok(WindowResult::Unverified(scanned));
                    }
                    ProofCheck::Refuted => {
                        let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                        return Ok(WindowResult::Unverified(scanned));
                    }
                }
            }
            let is_all = total.is_none_or(|total| total <= verification.events.distinct());
            let is_outside = verification.events.out_of_window > 0;
            if extra.is_endless() || is_outside && (is_all || verification.scans >= SCANS_BEFORE_SPLIT) {
                // Events outside of the window prevent every proof, and so does a log that grows while it is read.
                self.progress.mismatches.fetch_add(1, Ordering::Relaxed);
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                return Ok(WindowResult::Unverified(scanned));
            }
            if verification.is_unstable {
                self.limits().record_unstable();
            }
            // If the total could prove the window, further scans spend extra requests. Otherwise, they spend none,
            // because further scans are needed even with an honest service.
            let is_unclear = self.limits().is_unstable() || !verification.has_usable_total || is_to_be_confirmed;
            let needs_scans = is_unclear && verification.events.out_of_window == 0;
            let may_spend = |requests: u64| needs_scans || extra.try_spend(requests, page_size);
            let suspected_limit = limit_of_parts(window, &verification, None);
            let again = PlannedWindow { was_scanned: true, suspected_limit, ..window };
            if pages > 1 && is_splittable && verification.scans >= SCANS_BEFORE_SPLIT && may_spend(pages) {
                self.keep_results(&mut verification);
                return Ok(self.split_by_total(again, total, resolution, requests));
            }
            let to_locate = PlannedWindow { mismatch_splits: window.mismatch_splits + 1, part_of: None, ..again };
            if verification.has_partial_search {
                // The pages of the partial search were already requested several times. A search of a shorter range may
                // succeed.
                if is_splittable && self.may_locate_mismatch(window, &verification) && may_spend(pages.max(2)) {
                    self.keep_results(&mut verification);
                    return Ok(WindowResult::Split { windows: to_locate.split(2, resolution), requests });
                }
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                return Ok(WindowResult::Unverified(scanned));
            }
            if !verification.unreadable.is_empty() && verification.scans >= UNREADABLE_SCANS {
                let windows = again.split_by_day();
                if windows.len() > 1 {
                    self.keep_results(&mut verification);
                    return Ok(WindowResult::Split { windows, requests });
                }
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, false);
                return Ok(WindowResult::Unverified(scanned));
            }
            let may_locate = is_splittable && self.may_locate_mismatch(window, &verification);
            let is_exhausted = match pages {
                // A half needs fewer scans, because scans of the longer window have shown that the total stays wrong.
                1 if may_locate && window.mismatch_splits > 0 => {
                    verification.scans >= SCANS_OF_HALF && verification.scans_without_new + 1 >= SCANS_OF_HALF
                }
                1 => verification.scans >= SINGLE_PAGE_SCANS && verification.scans_without_new >= SINGLE_PAGE_SCANS,
                // Parts of a second, if the service supports them, cost fewer requests than many scans.
                _ if resolution == Resolution::Second && !self.is_finest(window) => {
                    verification.scans >= SCANS_BEFORE_SPLIT
                }
                _ => verification.scans_without_new >= SCANS_WITHOUT_NEW,
            };
            if is_exhausted && may_locate && may_spend(pages.max(2)) {
                self.keep_results(&mut verification);
                return Ok(WindowResult::Split { windows: to_locate.split(2, resolution), requests });
            }
            if is_exhausted || verification.scans >= MAX_SCANS || !may_spend(pages) {
                self.progress.mismatches.fetch_add(1, Ordering::Relaxed);
                let finer_may_help = !is_splittable && pages != 1;
                let scanned = ScannedWindow::finish_mismatched(window, verification, requests, finer_may_help);
                return Ok(WindowResult::Unverified(scanned));
            }
            pause(&*self.scanner.pages.api.clock, verification.scans).await;
        }
    }

    /// If the window is a part of a longer window, compares the total of a scan with the total of the longer window.
    fn compare_totals(self, window: PlannedWindow, scan: &Scan) {
        if let (Some(whole), Some(total)) = (window.part_of, scan.highest_total) {
            self.progress.extra.compare_totals(total.count, whole);
        }
    }

    /// Whether halving a window with a wrong total is worth its requests.
    fn may_locate_mismatch(self, window: PlannedWindow, verification: &Verification) -> bool {
        window.mismatch_splits < MAX_MISMATCH_SPLITS
            && self.progress.mismatches.load(Ordering::Relaxed) < MAX_MISMATCHES
            && verification.events.out_of_window == 0
    }

    /// Splits a window so that its parts probably do not exceed the maximum number of events.
    fn split_by_total(
        self,
        window: PlannedWindow,
        total: Option<u64>,
        resolution: Resolution,
        requests: u64,
    ) -> WindowResult<ScannedWindow> {
        let page_size = self.scanner.current_page_size();
        let (max_events, (numerator, denominator)) = match self.limits().is_unstable() {
            true => (page_size, PAGE_FILL),
            false => (self.limits().max_window(page_size), WINDOW_FILL),
        };
        let fill = (max_events * numerator / denominator).max(1);
        WindowResult::Split { windows: window.split_by_total(total, fill, resolution), requests }
    }

    /// Reads the first events of a window that has too many events and cannot be split.
    async fn read_beginning(
        self,
        window: PlannedWindow,
        total: Option<u64>,
        requests: u64,
    ) -> Result<ScannedWindow, Error> {
        let max_events = self.limits().max_offset().max(self.scanner.current_page_size());
        let scan = self.scanner.scan_beginning(window.range, max_events).await?;
        let requests = requests + scan.requests;
        let total = total.map(|count| Total { count, exact: true }).or(scan.highest_total);
        let mut verification = Verification::new(window.range);
        self.add(&mut verification, Scan { agreed_total: None, ..scan }, false);
        Ok(ScannedWindow::finish_overflowed(window, verification, total, requests))
    }
}
