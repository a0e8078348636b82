//! Reads all pages of a window once. The first page reports the total, which gives the offsets of the other pages.
//! These pages are fetched concurrently.

mod first_page;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};

use crate::api::limits::{SERVICE_PAGE_SIZE, ServiceLimits};
use crate::api::page::{Page, PageSize};
use crate::error::Error;
use crate::range::DateRange;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::page_end::{
    PageEnd, SecondPage, confirms_end, detect_page_size, ignores_offset, may_be_refusal, probe_end,
};
use crate::reader::page_reader::{FetchedPage, PageReader};
use crate::reader::plan::SplitWindow;
use crate::reader::read_ahead_gate::ReadAheadGate;
use crate::reader::scanned_pages::{PartialScan, Scan, ScanResult, has_same_ends, is_mostly_outside};

/// Maximum number of pages of one window that are requested concurrently. This is enough to request all pages of a full
/// window at once, if the pages have the default size. A page that is requested later would be queued behind the pages
/// of other windows and delay its window. The client limits the requests in flight separately.
const CONCURRENT_PAGES: usize = 16;

/// A total that may be a cap: Elasticsearch stops counting at 10 000 by default.
pub(super) const SUSPICIOUS_TOTAL: u64 = 10_000;

/// How to scan a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanOptions {
    pub(super) is_splittable: bool,
    /// Maximum number of events of a window that is read as a whole.
    pub(super) max_events: u64,
    /// Whether an earlier scan found that the pages of the window end before its total; see
    /// [`Scan::ends_before_total`].
    pub(super) ends_before_total: bool,
    /// See [`PlannedWindow::part_of`](crate::reader::plan::PlannedWindow).
    pub(super) part_of: Option<SplitWindow>,
    /// Whether the end of a window without a total must be confirmed. If so, an empty page after the first page counts
    /// as the end only if the page that begins at the last hit has exactly one hit. `true` only in the first scan of
    /// the window.
    pub(super) must_confirm_end: bool,
}

/// Scans windows of one contract.
#[derive(Clone, Copy)]
pub(super) struct WindowScanner<'a> {
    pub(super) pages: PageReader<'a>,
    pub(super) page_size: PageSize,
    /// Opens when the window may read more than its first page.
    pub(super) gate: &'a ReadAheadGate,
    /// The scan opens this gate once its first page shows that the window does not have to be split. Then the start of
    /// the window may be checked.
    pub(super) start_check_gate: &'a ReadAheadGate,
}

impl WindowScanner<'_> {
    fn limits(&self) -> &ServiceLimits {
        &self.pages.api.limits
    }

    fn extra(&self) -> &ExtraRequests {
        self.pages.extra
    }

    /// Number of hits to request per page.
    pub(super) fn current_page_size(&self) -> u64 {
        self.limits().page_size(self.page_size)
    }

    /// Scans a window, or returns [`ScanResult::OverLimit`] if it may have more than `max_events` events.
    pub(super) async fn scan(&self, range: DateRange, options: ScanOptions) -> Result<ScanResult, Error> {
        let ScanOptions { is_splittable, max_events, ends_before_total, part_of, must_confirm_end } = options;
        let (first, requests) = self.first_page(range).await?;
        self.extra().record_count(&first);
        let page_size = self.current_page_size();
        let received = first.hits();
        let has_room = received < page_size;
        let is_over_limit = first.total.is_some_and(|total| {
            let may_be_capped = total.count == SUSPICIOUS_TOTAL && received < SUSPICIOUS_TOTAL;
            !total.exact || total.count > max_events || may_be_capped
        });
        if !is_over_limit {
            self.start_check_gate.open();
        }
        let Some(total) = first.total else {
            return self.scan_to_end(range, first, requests, must_confirm_end).await;
        };
        if !total.exact && has_room && total.count < max_events {
            // The total is a lower bound, and the page has room for more hits, so only reading to the end shows the
            // number of events.
            return self.scan_to_end(range, first, requests, must_confirm_end).await;
        }
        let mut scan = PartialScan { pages: vec![first], requests, page_size, next_offset: page_size };
        if self.extra().is_endless() {
            return Ok(scan.complete(false));
        }
        if received == 0 {
            // If the total of this empty page is above 0, the page was already requested several times.
            return Ok(scan.complete(true));
        }
        if has_room && total.exact && total.count == received && self.extra().needs_end_probe(received) {
            self.gate.wait().await;
            if probe_end(self.pages, range, &mut scan).await? == PageEnd::Unknown {
                return Ok(scan.over_limit(None));
            }
        }
        if !has_room {
            self.extra().record_full_page();
        }
        let may_be_reduced = !self.extra().has_full_page();
        let is_plausible = is_over_limit
            && may_be_reduced
            && part_of.is_none_or(|whole| whole.total.is_some_and(|whole| total.count < whole));
        if has_room && received < total.count && !is_plausible {
            // The total contradicts the page, unless the service limits the page size.
            if ends_before_total {
                return Ok(scan.complete(true));
            }
            self.gate.wait().await;
            match detect_page_size(self.pages, range, &mut scan).await? {
                SecondPage::HasHits => {}
                SecondPage::Empty => {
                    self.extra().record_early_end();
                    return Ok(scan.end_before_total());
                }
                SecondPage::Refused => return Ok(scan.over_limit(Some(total.count))),
            }
        }
        if is_over_limit {
            let is_known = total.exact && total.count != SUSPICIOUS_TOTAL;
            if is_known && scan.pages.len() == 1 && !self.extra().trusts_totals() {
                let first = scan.pages.remove(0);
                return self.scan_to_end(range, first, scan.requests, must_confirm_end).await;
            }
            return Ok(scan.over_limit(is_known.then_some(total.count)));
        }
        self.gate.wait().await;
        match self.fetch_remaining(range, total.count, &mut scan).await? {
            RemainingPages::All => {}
            RemainingPages::Endless => return Ok(scan.complete(false)),
            RemainingPages::EndedEarly => {
                self.extra().record_early_end();
                return Ok(scan.complete(true));
            }
            RemainingPages::Unreachable(offset) => {
                self.limits().record_max_offset(offset);
                return Ok(scan.over_limit(Some(total.count)));
            }
        }
        if !scan.last_page_has_room() && !scan.repeats_a_page() {
            self.fetch_after_end(range, &mut scan).await?;
            let is_confirmed = !is_splittable && self.confirms_total(&scan);
            if !is_confirmed && !scan.last_page_has_room() && !scan.repeats_a_page() {
                // No page shows the end, so the total may be the number of events that offsets can reach.
                return Ok(scan.over_limit(None));
            }
        }
        let reached_end = scan.last_page_has_room();
        Ok(scan.complete(reached_end))
    }

    /// Whether other answers show that the total is not merely the maximum number of hits of one answer. Called for a
    /// scan whose last page has no room for more hits. True if several pages have hits, or if another answer had or
    /// reported more events.
    fn confirms_total(&self, scan: &PartialScan) -> bool {
        let with_hits = scan.pages.iter().filter(|page| page.hits() > 0).count();
        with_hits > 1 || self.extra().has_higher_count(scan.received())
    }

    /// Whether reading the pages of a scan would never end.
    fn is_endless(&self, scan: &PartialScan) -> bool {
        if scan.grows_faster_than_read() {
            self.extra().record_endless_range();
        }
        self.extra().is_endless()
    }

    /// Fetches the pages up to `total`, or to the first page that is empty or refused.
    async fn fetch_remaining(
        &self,
        range: DateRange,
        total: u64,
        scan: &mut PartialScan,
    ) -> Result<RemainingPages, Error> {
        loop {
            let size = scan.page_size;
            // Each page begins with the last hit of the page before it. If a page begins with another hit, hits have
            // moved between the two requests, and one hit may be on neither page.
            let overlap = u64::from(size >= SERVICE_PAGE_SIZE);
            let start = scan.next_offset - overlap;
            let offsets =
                (0..).map(|page| start + page * (size - overlap)).take_while(|offset| offset + overlap < total);
            // A group of pages is fetched at the same time. No group is requested after an empty page. Within a group,
            // all pages are fetched, so that the number of requests does not depend on which page of the group arrives
            // first.
            let concurrent_pages = if self.extra().has_early_end() { 1 } else { CONCURRENT_PAGES };
            let group: Vec<u64> = offsets.take(concurrent_pages).collect();
            if group.is_empty() {
                return Ok(RemainingPages::All);
            }
            let group = group.into_iter().map(|offset| async move {
                match offset == start {
                    true => self.read_longer(range, offset, size).await,
                    false => self.pages.read_or_empty(range, offset, size, size).await,
                }
            });
            let mut end = None;
            for fetched in join_all(group).await {
                // Two kinds of pages are not added to the scan: pages after the end, and pages after an unexpectedly
                // long page, because their offsets assume a shorter page.
                if end.is_none() && scan.page_size == size {
                    end = self.add_page(range, total, overlap, fetched, scan).await?;
                } else if let Ok(other) = fetched {
                    scan.requests += other.requests;
                    self.pages.received.keep(range, other.page.events);
                }
            }
            if let Some(end) = end {
                return Ok(end);
            }
            if self.is_endless(scan) {
                return Ok(RemainingPages::Endless);
            }
        }
    }

    /// Fetches a page of `size` hits, or a longer page if the maximum page size was only inferred from a short page:
    /// see [`ServiceLimits::first_page_size`].
    async fn read_longer(&self, range: DateRange, offset: u64, size: u64) -> Result<FetchedPage, Error> {
        let reachable = self.limits().max_offset().saturating_sub(offset);
        let longer = self.limits().first_page_size(self.page_size).min(reachable);
        if longer <= size {
            return self.pages.read_or_empty(range, offset, size, size).await;
        }
        match self.pages.read_or_empty(range, offset, longer, size).await {
            Err(error) if may_be_refusal(error.kind()) => {
                let fetched = self.pages.read_or_empty(range, offset, size, size).await?;
                Ok(FetchedPage { requests: fetched.requests + 1, ..fetched })
            }
            fetched => fetched,
        }
    }

    /// Adds the next page to `scan`. This page begins `overlap` hits before the end of the page before it. If no
    /// further page is to be requested, returns the reason.
    async fn add_page(
        &self,
        range: DateRange,
        total: u64,
        overlap: u64,
        fetched: Result<FetchedPage, Error>,
        scan: &mut PartialScan,
    ) -> Result<Option<RemainingPages>, Error> {
        let (offset, size) = (scan.next_offset - overlap, scan.page_size);
        let mut fetched = match fetched {
            Err(error) if may_be_refusal(error.kind()) => return Ok(Some(RemainingPages::Unreachable(offset))),
            fetched => fetched?,
        };
        if fetched.page.hits() == 0 {
            fetched = self.pages.repeat_empty(range, size, fetched).await?;
        }
        scan.requests += fetched.requests;
        if fetched.page.hits() == 0 {
            if scan.last_page_has_room() {
                let end = scan.end_offset();
                scan.pages.push(fetched.page);
                return Ok(Some(if is_window_limit(end) {
                    RemainingPages::Unreachable(end)
                } else {
                    RemainingPages::EndedEarly
                }));
            }
            if offset + size <= total {
                return Ok(Some(RemainingPages::Unreachable(offset)));
            }
        }
        if scan.next_offset < total
            && scan.pages.len() == 1
            && scan.pages.iter().any(|first| ignores_offset(first, &fetched.page))
        {
            // The service ignores the offset, so only the first page of a window can be read.
            return Ok(Some(RemainingPages::Unreachable(scan.received())));
        }
        self.limits().record_page(fetched.page.hits(), self.page_size);
        scan.page_size = size.max(fetched.page.hits().min(self.page_size.get()));
        scan.next_offset = offset + scan.page_size;
        scan.pages.push(fetched.page);
        if scan.last_page_has_room() && scan.next_offset < total && !self.extra().trusts_totals() {
            return Ok(Some(RemainingPages::EndedEarly));
        }
        Ok(None)
    }

    /// Fetches the pages after a full last page, because a total that is reached with a full page may be a cap. A
    /// refusal of the offset is not an error.
    async fn fetch_after_end(&self, range: DateRange, scan: &mut PartialScan) -> Result<(), Error> {
        let max_events = self.limits().max_offset();
        while !scan.last_page_has_room() && scan.next_offset + scan.page_size <= max_events {
            match self.pages.read(range, scan.next_offset, scan.page_size).await {
                Ok(fetched) => {
                    scan.requests += fetched.requests;
                    let (offset, size) = (scan.next_offset, scan.page_size);
                    let is_doubtful = fetched.page.hits() == 0 && scan.may_lack_offsets();
                    if is_doubtful && !confirms_end(self.pages, range, offset, size, scan).await? {
                        return Ok(());
                    }
                    scan.next_offset += scan.page_size;
                    let is_repeated = scan.pages.last().is_some_and(|last| has_same_ends(last, &fetched.page));
                    scan.pages.push(fetched.page);
                    if is_repeated {
                        // The service ignores the offset.
                        return Ok(());
                    }
                }
                Err(error) if may_be_refusal(error.kind()) => {
                    scan.requests += 1;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads the first `max_events` events of a window that has more than `max_events` events.
    pub(super) async fn scan_beginning(&self, range: DateRange, max_events: u64) -> Result<Scan, Error> {
        let size = self.current_page_size();
        let offsets = (0..).map(|page| page * size).take_while(|offset| offset + size <= max_events);
        let mut pages = stream::iter(offsets)
            .map(|offset| async move { (offset, self.pages.read(range, offset, size).await) })
            .buffered(CONCURRENT_PAGES);
        let mut fetched: Vec<FetchedPage> = Vec::new();
        let mut requests = 0;
        while let Some((offset, page)) = pages.next().await {
            match page {
                // The service refuses this offset, so only the pages before this offset are returned.
                Err(error) if offset > 0 && may_be_refusal(error.kind()) => {
                    requests += 1;
                    break;
                }
                page => fetched.push(page?),
            }
        }
        requests += fetched.iter().map(|fetched| fetched.requests).sum::<u64>();
        let pages = fetched.into_iter().map(|fetched| fetched.page).collect();
        Ok(Scan::from_pages(pages, false, requests))
    }

    /// Reads pages until a page has no hits, for a range without a usable total. A page with fewer hits than requested
    /// is not the end: the service may limit the page size.
    async fn scan_to_end(
        &self,
        range: DateRange,
        first: Page,
        requests: u64,
        must_confirm: bool,
    ) -> Result<ScanResult, Error> {
        let size = first.hits();
        let mut read = size;
        let mut scan =
            PartialScan { pages: vec![first], requests, page_size: self.current_page_size(), next_offset: size };
        if size == 0 {
            return Ok(scan.complete(true));
        }
        self.gate.wait().await;
        loop {
            if read + size > self.limits().max_offset().max(size) {
                self.extra().record_scan_without_total(false);
                return Ok(scan.over_limit(None));
            }
            let next = match self.pages.read_up_to(range, read, self.current_page_size(), size).await {
                // The offset may be too deep for a page of this size, but not for a page as long as the first one.
                Err(error) if may_be_refusal(error.kind()) => {
                    scan.requests += 1;
                    self.pages.read(range, read, size).await
                }
                next => next,
            };
            let next = match next {
                Err(error) if may_be_refusal(error.kind()) => {
                    self.limits().record_max_offset(read);
                    scan.requests += 1;
                    return Ok(scan.over_limit(None));
                }
                next => next?,
            };
            scan.requests += next.requests;
            let received = next.page.hits();
            if received == 0 {
                // If another answer had more hits, no confirmation is needed, because the service does not limit its
                // pages to the length of the first page.
                if must_confirm && scan.may_lack_offsets() && !self.extra().has_higher_count(size) {
                    let page_size = self.current_page_size();
                    // The confirming page begins at the last hit. If the first page is short, the limit is chosen so
                    // that offset plus limit is the page size, which the service supports.
                    let limit = if size < page_size { page_size - size + 1 } else { page_size };
                    if !confirms_end(self.pages, range, read, limit, &mut scan).await? {
                        return Ok(scan.over_limit(None));
                    }
                }
                self.extra().record_scan_without_total(true);
                return Ok(scan.complete(true));
            }
            if scan.pages.last().is_some_and(|last| has_same_ends(last, &next.page)) {
                // The service ignores the offset, so the pages would never end. If the service is known to send longer
                // pages, the first page has all hits.
                if scan.pages.len() == 1 && (size == 1 || self.extra().has_higher_count(size)) {
                    return Ok(scan.complete(true));
                }
                scan.pages.push(next.page);
                return Ok(scan.complete(false));
            }
            if !self.extra().trusts_totals() && is_mostly_outside(&next.page.events, range) {
                scan.pages.push(next.page);
                return Ok(scan.complete(false));
            }
            if scan.pages.len() == 1 && size < self.current_page_size() {
                self.limits().infer_max_page(size);
            }
            read += received;
            scan.pages.push(next.page);
            if self.is_endless(&scan) {
                return Ok(scan.complete(false));
            }
        }
    }
}

/// Whether this offset is probably the maximum offset of the service. Services usually choose a multiple of 500.
fn is_window_limit(offset: u64) -> bool {
    offset >= 1_000 && offset.is_multiple_of(500)
}

/// Which of the remaining pages of a window were fetched.
enum RemainingPages {
    All,
    /// The total grows faster than pages are read.
    Endless,
    /// The pages end before the total. Either an empty page follows a short page, and the end is probably not the
    /// maximum offset of the service. Or a page is short, and totals are not trusted.
    EndedEarly,
    /// No hit can be read from this offset on. The service refuses the offset, ignores all offsets, or sends an empty
    /// page after a full page. Or the pages end at this offset, and it is probably the maximum offset of the service.
    Unreachable(u64),
}
