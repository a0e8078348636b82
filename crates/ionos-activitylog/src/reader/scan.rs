//! Reads all pages of a window once. The first page reports the total, which gives the offsets of the other pages.
//! These pages are fetched concurrently. An unreadable page is requested again here, not by a new scan: if one page in
//! five fails, a scan of ten pages would rarely succeed.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::api::Api;
use crate::api::limits::ServiceLimits;
use crate::api::page::{Page, PageSize, Total, UnreadableRecord};
use crate::api::response::Response;
use crate::contract::ContractNumber;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::read_ahead_gate::ReadAheadGate;
use crate::runtime::clock::Clock;

/// Maximum repeats of a request for a page that is unreadable, of a partial search, or empty although it reports events.
const MAX_PAGE_REPEATS: u32 = 5;

/// Maximum pages of one window that are requested concurrently: enough for a full window of pages of the default size.
/// A page that is requested later would be queued behind the pages of other windows and delay its window. The client
/// limits the requests in flight separately.
const CONCURRENT_PAGES: usize = 16;

/// Page sizes to try if the service refuses the requested one. The last is the service's default.
const SMALLER_PAGE_SIZES: [u64; 5] = [500, 250, 100, 50, 20];

/// A total that may be a cap: Elasticsearch stops counting at 10 000 by default.
const SUSPICIOUS_TOTAL: u64 = 10_000;

/// The events of one scan, and the totals that its pages reported.
#[derive(Debug)]
pub(super) struct Scan {
    /// All hits in the order of the pages, including repeats.
    pub(super) events: Vec<Event>,
    /// The hits that are not JSON.
    pub(super) unreadable: Vec<UnreadableRecord>,
    /// Whether the service searched only a part of the log for a page.
    pub(super) has_partial_search: bool,
    /// The exact total that all pages reported. `None` if the totals differ or if a page has no exact total.
    pub(super) agreed_total: Option<u64>,
    /// Highest total that a page reported. `None` if no page reported a total.
    pub(super) highest_total: Option<Total>,
    /// Whether the hits of a page reach beyond the offset of the next page. Repeats are expected then.
    pub(super) has_overlapping_pages: bool,
    /// Number of pages with hits, at least 1.
    pub(super) pages: u64,
    /// Whether the last page had room for more hits, so that no hit follows it.
    pub(super) reached_end: bool,
    pub(super) requests: u64,
}

/// The result of a scan.
#[derive(Debug)]
pub(super) enum ScanResult {
    /// All pages were read.
    Complete(Scan),
    /// The window has, or may have, more events than a scan can reach. `total` is the number of events; `None` if it is
    /// unknown.
    OverLimit { total: Option<u64>, requests: u64 },
}

/// Scans windows of one contract.
#[derive(Clone, Copy)]
pub(super) struct WindowScanner<'a> {
    pub(super) api: &'a Api,
    pub(super) contract: &'a ContractNumber,
    pub(super) page_size: PageSize,
    /// Opens when the window may read more than its first page.
    pub(super) gate: &'a ReadAheadGate,
}

impl WindowScanner<'_> {
    fn limits(&self) -> &ServiceLimits {
        &self.api.limits
    }

    /// Number of hits to request per page.
    pub(super) fn current_page_size(&self) -> u64 {
        self.limits().page_size(self.page_size)
    }

    /// Scans a window, or returns [`ScanResult::OverLimit`] if it may have more than `max_events` events.
    pub(super) async fn scan(&self, range: DateRange, max_events: u64) -> Result<ScanResult, Error> {
        let (first, requests) = self.first_page(range).await?;
        let page_size = self.current_page_size();
        let received = first.hits();
        let has_room = received < page_size;
        let Some(total) = first.total else {
            return self.scan_to_end(range, first, requests).await;
        };
        if !total.exact && has_room && total.count < max_events {
            // The total is a lower bound, and the page has room for more hits, so only reading to the end shows the
            // number of events.
            return self.scan_to_end(range, first, requests).await;
        }
        let may_be_capped = total.count == SUSPICIOUS_TOTAL && received < SUSPICIOUS_TOTAL;
        if !total.exact || total.count > max_events || may_be_capped {
            let is_known = total.exact && total.count != SUSPICIOUS_TOTAL;
            return Ok(ScanResult::OverLimit { total: is_known.then_some(total.count), requests });
        }
        let mut scan = PartialScan { pages: vec![first], requests, page_size, next_offset: page_size };
        if received == 0 {
            // If the page reported events, `first_page` has already requested it several times.
            return Ok(scan.complete(true));
        }
        self.gate.wait().await;
        if has_room && received < total.count && !self.detect_page_size(range, &mut scan).await? {
            return Ok(scan.complete(true));
        }
        if let Some(unreachable) = self.fetch_remaining(range, total.count, &mut scan).await? {
            self.limits().record_max_offset(unreachable);
            return Ok(ScanResult::OverLimit { total: Some(total.count), requests: scan.requests });
        }
        // A total that is reached with a full last page may be a cap, so the page after the last one is requested too.
        let is_full = scan.next_offset == total.count && !scan.last_page_has_room();
        if is_full && scan.next_offset + scan.page_size <= self.limits().max_window(scan.page_size) {
            self.fetch_after_end(range, &mut scan).await?;
        }
        let reached_end = scan.last_page_has_room();
        Ok(scan.complete(reached_end))
    }

    /// Fetches the second page after a short first page, to learn whether the service limits the page size or has no
    /// more hits. Returns `false` if there are no more hits. Otherwise sets the page size to the length of the longer
    /// of the two pages.
    async fn detect_page_size(&self, range: DateRange, scan: &mut PartialScan) -> Result<bool, Error> {
        let received = scan.pages.iter().map(Page::hits).sum();
        let second = match self.page(range, received, scan.page_size).await {
            // The offset may be too deep for a page of this size, but not for a page of the received size.
            Err(error) if may_be_too_deep(error.kind()) => self.page(range, received, received).await?,
            second => second?,
        };
        // The longer page counts, so that a single short page does not shorten all later pages.
        let page_size = received.max(second.page.hits());
        let has_hits = second.page.hits() > 0;
        scan.requests += second.requests;
        scan.pages.push(second.page);
        if has_hits {
            if page_size < scan.page_size {
                self.limits().record_max_page(page_size);
            }
            scan.page_size = page_size;
            scan.next_offset = received + page_size;
        }
        Ok(has_hits)
    }

    /// Fetches the pages up to `total`. Returns the first offset that the service refuses, or whose page is empty
    /// although it should be full; `None` if all pages were fetched.
    async fn fetch_remaining(
        &self,
        range: DateRange,
        total: u64,
        scan: &mut PartialScan,
    ) -> Result<Option<u64>, Error> {
        let (start, size) = (scan.next_offset, scan.page_size);
        let offsets = (0..).map(|page| start + page * size).take_while(|offset| *offset < total);
        let fetched: Vec<Result<FetchedPage, Error>> = stream::iter(offsets)
            .map(|offset| self.page(range, offset, size))
            .buffered(CONCURRENT_PAGES)
            .collect()
            .await;
        for fetched in fetched {
            let offset = scan.next_offset;
            let fetched = match fetched {
                Err(error) if may_be_too_deep(error.kind()) => return Ok(Some(offset)),
                fetched => fetched?,
            };
            scan.requests += fetched.requests;
            if fetched.page.hits() == 0 && offset + size <= total {
                return Ok(Some(offset));
            }
            scan.pages.push(fetched.page);
            scan.next_offset += size;
        }
        Ok(None)
    }

    /// Fetches the page after the last one. A refusal of the offset is not an error.
    async fn fetch_after_end(&self, range: DateRange, scan: &mut PartialScan) -> Result<(), Error> {
        match self.page(range, scan.next_offset, scan.page_size).await {
            Ok(fetched) => {
                scan.requests += fetched.requests;
                scan.pages.push(fetched.page);
                Ok(())
            }
            Err(error) if may_be_too_deep(error.kind()) => {
                scan.requests += 1;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the first `max_events` events of a window that has more.
    pub(super) async fn scan_beginning(&self, range: DateRange, max_events: u64) -> Result<Scan, Error> {
        let size = self.current_page_size();
        let offsets = (0..).map(|page| page * size).take_while(|offset| offset + size <= max_events);
        let fetched: Vec<FetchedPage> = stream::iter(offsets)
            .map(|offset| self.page(range, offset, size))
            .buffered(CONCURRENT_PAGES)
            .try_collect()
            .await?;
        let requests = fetched.iter().map(|fetched| fetched.requests).sum();
        let pages = fetched.into_iter().map(|fetched| fetched.page).collect();
        Ok(Scan::from_pages(pages, false, requests))
    }

    /// Reads pages until a page has no hits, for a range without an exact total. A page with fewer hits than requested
    /// is not the end: the service may limit the page size.
    async fn scan_to_end(&self, range: DateRange, first: Page, mut requests: u64) -> Result<ScanResult, Error> {
        let size = first.hits();
        let mut read = size;
        let mut pages = vec![first];
        if size == 0 {
            return Ok(ScanResult::Complete(Scan::from_pages(pages, true, requests)));
        }
        self.gate.wait().await;
        loop {
            if read + size > self.limits().max_window(size) {
                return Ok(ScanResult::OverLimit { total: None, requests });
            }
            let next = self.page(range, read, self.current_page_size()).await?;
            requests += next.requests;
            let received = next.page.hits();
            if received == 0 {
                return Ok(ScanResult::Complete(Scan::from_pages(pages, true, requests)));
            }
            if pages.last().is_some_and(|last| has_same_ends(last, &next.page)) {
                // The service ignores the offset, so the pages would never end.
                pages.push(next.page);
                return Ok(ScanResult::Complete(Scan::from_pages(pages, false, requests)));
            }
            if pages.len() == 1 && size < self.current_page_size() {
                self.limits().record_max_page(size);
            }
            read += received;
            pages.push(next.page);
        }
    }

    /// The first page, in the largest size that the service accepts, and the number of requests.
    async fn first_page(&self, range: DateRange) -> Result<(Page, u64), Error> {
        let size = self.current_page_size();
        let refused = match self.page(range, 0, size).await {
            Err(error) if error.kind() == ErrorKind::BadRequest => error,
            other => return other.map(|fetched| (fetched.page, fetched.requests)),
        };
        let mut requests = 1;
        for smaller in SMALLER_PAGE_SIZES.into_iter().filter(|smaller| *smaller < size) {
            match self.page(range, 0, smaller).await {
                Err(error) if error.kind() == ErrorKind::BadRequest => requests += 1,
                Ok(fetched) => {
                    self.limits().record_max_page(smaller);
                    return Ok((fetched.page, requests + fetched.requests));
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// Requests one page, and again if the page is unreadable, of a partial search, or empty although it reports events.
    async fn page(&self, range: DateRange, offset: u64, size: u64) -> Result<FetchedPage, Error> {
        let mut requests = 0;
        loop {
            requests += 1;
            let may_repeat = requests <= MAX_PAGE_REPEATS;
            let page = self.api.page(self.contract, range, offset, size).await.map(Response::into_inner);
            match page {
                Ok(page) if may_repeat && (page.partial_search.is_some() || reports_missing_events(&page)) => {}
                Ok(page) => {
                    let requests = requests.into();
                    return Ok(FetchedPage { page, requests });
                }
                Err(error) if may_repeat && may_be_transient(error.kind()) => {}
                Err(error) => return Err(error),
            }
            pause(&*self.api.clock, requests).await;
        }
    }
}

/// Waits a random time before a repeat: less than 100 ms before the first one, less than 1.6 s from the fifth on.
pub(super) async fn pause(clock: &dyn Clock, repeats: u32) {
    let longest = 0.1 * f64::from(1_u32 << repeats.clamp(1, 5) >> 1);
    clock.sleep(Duration::from_secs_f64(clock.chance() * longest)).await;
}

/// The pages of a scan so far.
struct PartialScan {
    pages: Vec<Page>,
    requests: u64,
    /// Number of hits to request per page.
    page_size: u64,
    /// Offset of the page after the last one.
    next_offset: u64,
}

impl PartialScan {
    fn last_page_has_room(&self) -> bool {
        self.pages.last().is_some_and(|last| last.hits() < self.page_size)
    }

    fn complete(self, reached_end: bool) -> ScanResult {
        ScanResult::Complete(Scan::from_pages(self.pages, reached_end, self.requests))
    }
}

/// A page with the number of requests for it.
struct FetchedPage {
    page: Page,
    requests: u64,
}

/// Whether a page has no events although its total is above its offset.
fn reports_missing_events(page: &Page) -> bool {
    page.hits() == 0 && page.total.is_some_and(|total| total.count > page.offset)
}

/// Whether two pages begin and end with the same records.
fn has_same_ends(one: &Page, other: &Page) -> bool {
    fn ends(page: &Page) -> [Option<&str>; 2] {
        [page.events.first(), page.events.last()].map(|event| event.map(Event::raw))
    }
    ends(one) == ends(other)
}

/// Whether an error for a page after the first one may mean that the offset is above the service's maximum.
fn may_be_too_deep(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server)
}

/// Whether a proxy on the way may have caused an error that does not occur again. The retry loop does not retry these
/// errors, except for status 408.
fn may_be_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Decode | ErrorKind::TooLarge | ErrorKind::RedirectRefused | ErrorKind::UnexpectedStatus)
}

impl Scan {
    fn from_pages(pages: Vec<Page>, reached_end: bool, requests: u64) -> Self {
        let exact_total = |page: &Page| page.total.filter(|total| total.exact).map(|total| total.count);
        let first = pages.first().and_then(exact_total);
        // An answer without content (204) after the end has no total and needs none.
        let is_after_end = |page: &Page| {
            let is_blank = page.hits() == 0 && page.total.is_none();
            is_blank && first.is_some_and(|total| page.offset >= total)
        };
        let agreed_total = first.filter(|first| {
            let mut pages = pages.iter();
            pages.all(|page| exact_total(page) == Some(*first) || is_after_end(page))
        });
        let pages_with_hits = pages.iter().filter(|page| page.hits() > 0).count();
        let end_of = |page: &Page| page.offset + page.hits();
        let has_overlapping_pages =
            pages.windows(2).any(|pair| matches!(pair, [page, next] if end_of(page) > next.offset));
        let highest_total = pages.iter().filter_map(|page| page.total).max_by_key(|total| total.count);
        let mut events = Vec::with_capacity(pages.iter().map(|page| page.events.len()).sum());
        let has_partial_search = pages.iter().any(|page| page.partial_search.is_some());
        let mut unreadable = Vec::new();
        for page in pages {
            events.extend(page.events);
            unreadable.extend(page.unreadable);
        }
        Self {
            unreadable,
            has_partial_search,
            has_overlapping_pages,
            agreed_total,
            highest_total,
            pages: pages_with_hits.max(1) as u64,
            reached_end,
            requests,
            events,
        }
    }
}
