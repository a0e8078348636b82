//! One scan of a window: its pages, all of one size, from the first to the last. The first page tells how many events
//! there are, and so where the others begin; they are fetched at the same time.
//!
//! A page that cannot be read is asked for again here and not by starting anew, because a window of ten pages would
//! otherwise seldom come through where one page in five fails.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::clock::Clock;
use crate::reading::gate::Gate;
use crate::reading::learned::Learned;
use crate::{Client, ContractNumber, DateRange, Error, ErrorKind, Event, Page, PageSize, Total};

/// How often a page is asked for again that cannot be read, or is empty where it cannot be the end.
const PATIENCE: u32 = 5;

/// Pages of one window that are asked for at the same time: all of a full window's, because one that is asked for later
/// stands behind those of other windows, and everybody waits for it. The client has a limit of its own for all requests.
const PAGES_AT_ONCE: usize = 16;

/// Sizes that are tried when the service refuses the one that was wished. The last is its own default.
const SMALLER: [u64; 5] = [500, 250, 100, 50, 20];

/// A count that is suspected to be a cap, because engines count to it by default and no further.
const SUSPICIOUS: u64 = 10_000;

/// What one scan brought.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) events: Vec<Event>,
    /// What all pages counted, if all of them counted the same, exactly.
    pub(super) agreed: Option<u64>,
    /// The most that any page counted.
    pub(super) total: Option<Total>,
    /// Whether a page had more hits than there were places before the next one, so that some had to come twice.
    pub(super) oversized: bool,
    /// How many pages there were.
    pub(super) pages: u64,
    /// Whether the last page had room for more, so that there was nothing behind it.
    pub(super) ended: bool,
    pub(super) requests: u64,
}

/// How a scan ended.
#[derive(Debug)]
pub(super) enum Scanned {
    All(Scan),
    /// There are more events than a window may have: so many, if the service says.
    TooFull {
        total: Option<u64>,
        requests: u64,
    },
}

/// What a scan needs to know.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) client: &'a Client,
    pub(super) contract: &'a ContractNumber,
    pub(super) page_size: PageSize,
    /// Opens when there is room for more than the first page of the window.
    pub(super) gate: &'a Gate,
    /// Windows of the whole reading whose count disagrees in the end.
    pub(super) disagreements: &'a AtomicU32,
}

impl Source<'_> {
    pub(super) fn learned(&self) -> &Learned {
        self.client.learned()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.client.clock()
    }

    /// Hits of a page.
    pub(super) fn page_hits(&self) -> u64 {
        self.learned().page_size(self.page_size)
    }

    /// Reads a window once. `most` is how many events it may have; more are not read.
    pub(super) async fn scan(&self, range: DateRange, most: u64) -> Result<Scanned, Error> {
        let (first, mut requests) = self.first_page(range).await?;
        let received = first.events.len() as u64;
        let mut size = self.page_hits();
        let Some(total) = first.total else {
            return self.uncounted(range, first, requests).await;
        };
        if !total.exact && received < size && total.count < most {
            // "At least so many", and room for more on the page: only the end can tell.
            return self.uncounted(range, first, requests).await;
        }
        if !total.exact || total.count > most || (total.count == SUSPICIOUS && received < SUSPICIOUS) {
            let known = total.exact && total.count != SUSPICIOUS;
            let total = known.then_some(total.count);
            return Ok(Scanned::TooFull { total, requests });
        }
        let mut pages = vec![first];
        let mut next = size;
        if received == 0 {
            // If it counts more, it was asked for again often enough.
            return Ok(Scanned::All(Scan::of(pages, true, requests)));
        }
        self.gate.passed().await;
        if received < size && received < total.count {
            // Either the service sends fewer than it is asked for, or there are no more than these.
            let second = match self.page(range, received, size).await {
                // So far may be too far for a page of this size, and not for one of the size that came.
                Err(error) if may_be_too_deep(error.kind()) => self.page(range, received, received).await?,
                second => second?,
            };
            requests += second.requests;
            if second.page.events.is_empty() {
                pages.push(second.page);
                return Ok(Scanned::All(Scan::of(pages, true, requests)));
            }
            // One page that is short by accident must not make all others as short.
            let most_received = received.max(second.page.events.len() as u64);
            if most_received < size {
                self.learned().pages_end_at(most_received);
            }
            size = most_received;
            next = received + size;
            pages.push(second.page);
        }
        let offsets = (0..).map(|page| next + page * size).take_while(|at| *at < total.count);
        let fetched: Vec<Result<Fetched, Error>> =
            stream::iter(offsets).map(|offset| self.page(range, offset, size)).buffered(PAGES_AT_ONCE).collect().await;
        let mut rest = Vec::with_capacity(fetched.len());
        for (fetched, number) in fetched.into_iter().zip(0..) {
            let offset = next + number * size;
            let reached = match fetched {
                Ok(fetched) => {
                    requests += fetched.requests;
                    // A whole page is missing.
                    let missing = fetched.page.events.is_empty() && offset + size <= total.count;
                    rest.push(fetched);
                    !missing
                }
                Err(error) if may_be_too_deep(error.kind()) => false,
                Err(error) => return Err(error),
            };
            if !reached {
                self.learned().offsets_end_at(offset);
                let total = Some(total.count);
                return Ok(Scanned::TooFull { total, requests });
            }
        }
        let end = next + rest.len() as u64 * size;
        pages.extend(rest.into_iter().map(|fetched| fetched.page));
        let has_room = |pages: &[Page]| {
            let last = pages.last();
            last.is_some_and(|last| (last.events.len() as u64) < size)
        };
        // A count that is just what the pages hold may be capped.
        if end == total.count && !has_room(&pages) && end + size <= self.learned().window_size(size) {
            let (behind, own) = self.behind(range, end, size).await?;
            requests += own;
            pages.extend(behind);
        }
        let ended = has_room(&pages);
        Ok(Scanned::All(Scan::of(pages, ended, requests)))
    }

    /// The page behind the last one, unless the service refuses to look there, and how many requests it took.
    async fn behind(&self, range: DateRange, end: u64, size: u64) -> Result<(Option<Page>, u64), Error> {
        match self.page(range, end, size).await {
            Ok(fetched) => Ok((Some(fetched.page), fetched.requests)),
            Err(error) if may_be_too_deep(error.kind()) => Ok((None, 1)),
            Err(error) => Err(error),
        }
    }

    /// Reads at most `most` events of a window, however many it has.
    pub(super) async fn scan_beginning(&self, range: DateRange, most: u64) -> Result<Scan, Error> {
        let size = self.page_hits();
        let offsets = (0..).map(|page| page * size).take_while(|at| at + size <= most);
        let fetched: Vec<Fetched> = stream::iter(offsets)
            .map(|offset| self.page(range, offset, size))
            .buffered(PAGES_AT_ONCE)
            .try_collect()
            .await?;
        let requests = fetched.iter().map(|fetched| fetched.requests).sum();
        let pages = fetched.into_iter().map(|fetched| fetched.page).collect();
        Ok(Scan::of(pages, false, requests))
    }

    /// Follows the pages of a service that does not count, or not to the end, to one without hits: a page with room for
    /// more may be as full as this service sends them.
    async fn uncounted(&self, range: DateRange, first: Page, mut requests: u64) -> Result<Scanned, Error> {
        let size = first.events.len() as u64;
        let mut read = size;
        let mut pages = vec![first];
        if size == 0 {
            return Ok(Scanned::All(Scan::of(pages, true, requests)));
        }
        self.gate.passed().await;
        loop {
            if read + size > self.learned().window_size(size) {
                let total = None;
                return Ok(Scanned::TooFull { total, requests });
            }
            let next = self.page(range, read, self.page_hits()).await?;
            requests += next.requests;
            let received = next.page.events.len() as u64;
            if received == 0 {
                return Ok(Scanned::All(Scan::of(pages, true, requests)));
            }
            if pages.last().is_some_and(|last| is_same(last, &next.page)) {
                // The offset is ignored: these pages would go on for ever.
                pages.push(next.page);
                return Ok(Scanned::All(Scan::of(pages, false, requests)));
            }
            if pages.len() == 1 && size < self.page_hits() {
                self.learned().pages_end_at(size);
            }
            read += received;
            pages.push(next.page);
        }
    }

    /// The first page, with as many hits as the service is willing to send.
    async fn first_page(&self, range: DateRange) -> Result<(Page, u64), Error> {
        let size = self.page_hits();
        let refused = match self.page(range, 0, size).await {
            Err(error) if error.kind() == ErrorKind::BadRequest => error,
            other => return other.map(|fetched| (fetched.page, fetched.requests)),
        };
        let mut requests = 1;
        for smaller in SMALLER.into_iter().filter(|smaller| *smaller < size) {
            match self.page(range, 0, smaller).await {
                Err(error) if error.kind() == ErrorKind::BadRequest => requests += 1,
                Ok(fetched) => {
                    self.learned().pages_end_at(smaller);
                    return Ok((fetched.page, requests + fetched.requests));
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// One page. An answer that cannot be read is asked for again, and so is an empty one that counts more itself.
    async fn page(&self, range: DateRange, offset: u64, size: u64) -> Result<Fetched, Error> {
        let mut requests = 0;
        loop {
            requests += 1;
            let patient = requests <= PATIENCE;
            let page =
                self.client.exact_page(self.contract, range, offset, size).await.map(crate::Response::into_inner);
            match page {
                Ok(page) if patient && counts_more(&page) => {}
                Ok(page) => {
                    let requests = requests.into();
                    return Ok(Fetched { page, requests });
                }
                Err(error) if patient && may_be_an_accident(error.kind()) => {}
                Err(error) => return Err(error),
            }
            pause(self.clock(), requests).await;
        }
    }
}

/// Waits a random time before something is tried again: below 100 ms the first time, and below 1.6 s in the end.
pub(super) async fn pause(clock: &dyn Clock, times: u32) {
    let most = 0.1 * f64::from(1_u32 << times.clamp(1, 5) >> 1);
    clock.sleep(Duration::from_secs_f64(clock.chance() * most)).await;
}

/// A page, and how many requests it took.
struct Fetched {
    page: Page,
    requests: u64,
}

/// Whether a page has no events and says itself that there are some.
fn counts_more(page: &Page) -> bool {
    page.events.is_empty() && page.total.is_some_and(|total| total.count > page.offset)
}

/// Whether two pages begin and end with the same records.
fn is_same(one: &Page, other: &Page) -> bool {
    fn ends(page: &Page) -> [Option<&str>; 2] {
        [page.events.first(), page.events.last()].map(|event| event.map(Event::raw))
    }
    ends(one) == ends(other)
}

/// Failures of a page behind the first one that may mean that the service lets nobody reach as far.
fn may_be_too_deep(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server)
}

/// Failures that something between the service and here may cause, once. Those that a call tries again by itself are
/// not among them.
fn may_be_an_accident(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Decode | ErrorKind::TooLarge | ErrorKind::RedirectRefused | ErrorKind::UnexpectedStatus)
}

impl Scan {
    fn of(pages: Vec<Page>, ended: bool, requests: u64) -> Self {
        let count = |page: &Page| page.total.filter(|total| total.exact).map(|total| total.count);
        let first = pages.first().and_then(count);
        // Success without content (204) behind the end has no count, and none is needed there.
        let behind = |page: &Page| {
            let nothing = page.events.is_empty() && page.total.is_none();
            nothing && first.is_some_and(|count| page.offset >= count)
        };
        let agreed = first.filter(|first| {
            let mut pages = pages.iter();
            pages.all(|page| count(page) == Some(*first) || behind(page))
        });
        let filled = pages.iter().filter(|page| !page.events.is_empty()).count();
        let reaches = |page: &Page| page.offset + page.events.len() as u64;
        let oversized = pages.windows(2).any(|pair| matches!(pair, [page, next] if reaches(page) > next.offset));
        Self {
            oversized,
            agreed,
            total: pages.iter().filter_map(|page| page.total).max_by_key(|total| total.count),
            pages: filled.max(1) as u64,
            ended,
            requests,
            events: pages.into_iter().flat_map(|page| page.events).collect(),
        }
    }
}
