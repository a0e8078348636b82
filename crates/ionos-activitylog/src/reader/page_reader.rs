//! Reads one page of a window. If a page is unreadable, or is the result of a search of only a part of the log, only
//! this page is requested again. Repeating the whole scan would not help: if one page in five fails, a scan of ten
//! pages rarely succeeds. A page that stays unreadable, or is larger than the client's limit, is requested in smaller
//! pieces, so that one record does not make the other records of the page unreadable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::lock::Mutex;

use crate::api::Api;
use crate::api::page::{Page, Total, UnreadableRecord};
use crate::api::response::Response;
use crate::contract::ContractNumber;
use crate::defaults::MAX_PIECE_REQUESTS;
use crate::error::{Error, ErrorKind};
use crate::range::DateRange;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::received_events::ReceivedEvents;
use crate::reader::split_totals::SplitTotals;
use crate::runtime::clock::Clock;

/// Number of unreadable hits at the start of a page after which the rest of the page is not requested.
const HOPELESS_SKIPS: usize = 16;

/// Reads pages of one window.
#[derive(Clone, Copy)]
pub(super) struct PageReader<'a> {
    pub(super) api: &'a Api,
    pub(super) contract: &'a ContractNumber,
    pub(super) extra: &'a ExtraRequests,
    /// Receives the events of pages that are requested again.
    pub(super) received: &'a ReceivedEvents,
    /// Number of requests for pieces of pages of the window so far.
    pub(super) piece_requests: &'a AtomicU64,
    /// Locked while a window of the reading is compared with its parts.
    pub(super) part_checks: &'a Mutex<()>,
    /// Receives the total of a part that contradicts its window.
    pub(super) split_totals: &'a SplitTotals,
}

/// A page with the number of requests for it.
pub(super) struct FetchedPage {
    pub(super) page: Page,
    pub(super) requests: u64,
}

impl PageReader<'_> {
    /// Requests one page. Requests the page again if it is empty although its total reports events.
    pub(super) async fn read(&self, range: DateRange, offset: u64, size: u64) -> Result<FetchedPage, Error> {
        self.read_up_to(range, offset, size, size).await
    }

    /// Requests one page as [`Self::read`] does. If the page has to be read in pieces, the pieces have at most `hits`
    /// hits together, because the service may limit its pages to `hits`, and the joined pieces must not look like a
    /// longer page.
    pub(super) async fn read_up_to(
        &self,
        range: DateRange,
        offset: u64,
        size: u64,
        hits: u64,
    ) -> Result<FetchedPage, Error> {
        let fetched = self.read_or_empty(range, offset, size, hits).await?;
        self.repeat_empty(range, size, fetched).await
    }

    /// Requests one page. If the page is unreadable, or is the result of a search of only a part of the log, requests
    /// the page again, as often as the retry policy allows. `hits`: see [`Self::read_up_to`].
    pub(super) async fn read_or_empty(
        &self,
        range: DateRange,
        offset: u64,
        size: u64,
        hits: u64,
    ) -> Result<FetchedPage, Error> {
        let mut requests = 0;
        let mut attempts = 0;
        loop {
            requests += 1;
            let page = self.api.page(self.contract, range, offset, size).await;
            attempts += match &page {
                Ok(response) => response.meta().attempts,
                Err(error) => error.attempts().max(1),
            };
            let may_repeat = attempts < self.api.retry.attempts();
            match page.map(Response::into_inner) {
                Ok(page) if may_repeat && page.partial_search.is_some() && self.extra.try_spend(1, size) => {
                    self.received.keep(range, page.events);
                }
                Ok(page) => return Ok(FetchedPage { page, requests }),
                Err(error) if may_repeat && may_be_transient(error.kind()) => {}
                Err(error) if may_be_read_in_pieces(&error) && size > 1 => {
                    let fetched = self.read_in_pieces(range, offset, size.min(hits), error).await?;
                    return Ok(FetchedPage { requests: requests + fetched.requests, ..fetched });
                }
                Err(error) => return Err(error),
            }
            pause(&*self.api.clock, attempts).await;
        }
    }

    /// If a page is empty although its total reports events, requests the page again, as often as the retry policy
    /// allows.
    pub(super) async fn repeat_empty(
        &self,
        range: DateRange,
        size: u64,
        mut fetched: FetchedPage,
    ) -> Result<FetchedPage, Error> {
        let mut repeats = 0;
        while reports_missing_events(&fetched.page)
            && repeats + 1 < self.api.retry.attempts()
            && self.extra.try_spend(1, size)
        {
            repeats += 1;
            pause(&*self.api.clock, repeats).await;
            let next = self.read_or_empty(range, fetched.page.offset, size, size).await?;
            fetched = FetchedPage { page: next.page, requests: fetched.requests + next.requests };
            if fetched.page.hits() > 0 {
                // The hits were only late, and the total is right. So even an honest service needs this repeat.
                self.extra.refund(1);
            }
        }
        Ok(fetched)
    }

    /// Requests the two halves of a page that failed with `error`. If a half fails too, requests its halves, and so on
    /// down to single hits. A single hit that cannot be read becomes an [`UnreadableRecord`] without bytes. Fails with
    /// `error` if too many requests are needed. Also fails with `error` if no hit can be read and the page is the first
    /// one or has more than [`HOPELESS_SKIPS`] hits.
    async fn read_in_pieces(
        &self,
        range: DateRange,
        offset: u64,
        size: u64,
        error: Error,
    ) -> Result<FetchedPage, Error> {
        let mut pieces = Pieces::default();
        self.read_halves(range, offset, size, &mut pieces).await?;
        // A page after the first one may consist only of records that cannot be read.
        let is_readable = !pieces.pages.is_empty() || offset > 0 && pieces.skipped.len() as u64 == size;
        match is_readable {
            true => Ok(pieces.into_page(offset)),
            false => Err(error),
        }
    }

    /// Requests both halves of a page and adds them to `pieces`. The future is boxed, because the function calls
    /// itself.
    fn read_halves<'b>(
        &'b self,
        range: DateRange,
        offset: u64,
        size: u64,
        pieces: &'b mut Pieces,
    ) -> BoxFuture<'b, Result<(), Error>> {
        Box::pin(async move {
            let half = size.div_ceil(2);
            for (offset, size) in [(offset, half), (offset + half, size - half)] {
                let (mut offset, mut size) = (offset, size);
                while size > 0 {
                    if pieces.has_ended || pieces.is_hopeless() {
                        return Ok(());
                    }
                    if self.piece_requests.fetch_add(1, Ordering::Relaxed) >= MAX_PIECE_REQUESTS {
                        pieces.pages.clear();
                        pieces.has_ended = true;
                        return Ok(());
                    }
                    pieces.requests += 1;
                    match self.api.page(self.contract, range, offset, size).await.map(Response::into_inner) {
                        // The service may limit the page size.
                        Ok(page) if page.hits() > 0 && ends_too_early(&page, size) => {
                            offset += page.hits();
                            size -= page.hits();
                            pieces.pages.push(page);
                            continue;
                        }
                        Ok(page) => pieces.add(page, size),
                        Err(error) if may_be_read_in_pieces(&error) && size == 1 => pieces.skip(range, offset, &error),
                        Err(error) if may_be_read_in_pieces(&error) => {
                            self.read_halves(range, offset, size, pieces).await?;
                        }
                        Err(error) => return Err(error),
                    }
                    size = 0;
                }
            }
            Ok(())
        })
    }
}

/// The pieces of a page that could not be read as a whole.
#[derive(Default)]
struct Pieces {
    pages: Vec<Page>,
    skipped: Vec<UnreadableRecord>,
    requests: u64,
    /// Whether no further piece is requested: a piece had fewer hits than requested, or too many pieces were requested.
    has_ended: bool,
}

impl Pieces {
    fn add(&mut self, page: Page, size: u64) {
        self.has_ended = page.hits() < size;
        self.pages.push(page);
    }

    fn skip(&mut self, range: DateRange, position: u64, error: &Error) {
        let reason = match error.kind() {
            ErrorKind::TooLarge => "the record is larger than the client's limit",
            _ => "the answer to a request for only this record is not JSON",
        };
        let reason = reason.to_owned();
        self.skipped.push(UnreadableRecord { range, position, bytes: Vec::new(), reason });
    }

    /// Whether no piece was readable so far, and at least [`HOPELESS_SKIPS`] hits were unreadable one by one: the
    /// service probably sends no pages at all.
    fn is_hopeless(&self) -> bool {
        self.pages.is_empty() && self.skipped.len() >= HOPELESS_SKIPS
    }

    fn into_page(self, offset: u64) -> FetchedPage {
        let Self { pages, mut skipped, requests, .. } = self;
        let totals = || pages.iter().filter_map(|page| page.total);
        let highest = totals().max_by_key(|total| total.count);
        let is_agreed = totals().all(|total| Some(total) == highest);
        let total = highest.map(|total| Total { exact: total.exact && is_agreed, ..total });
        let mut page = Page::empty(offset);
        page.total = total;
        page.partial_search = pages.iter().find_map(|page| page.partial_search.clone());
        for piece in pages {
            page.events.extend(piece.events);
            skipped.extend(piece.unreadable);
        }
        skipped.sort_by_key(|record| record.position);
        page.unreadable = skipped;
        FetchedPage { page, requests }
    }
}

/// Waits a random time before a repeat: less than 100 ms before the first one, less than 1.6 s from the fifth on.
pub(super) async fn pause(clock: &dyn Clock, repeats: u32) {
    let longest = 0.1 * f64::from(1_u32 << repeats.clamp(1, 5) >> 1);
    clock.sleep(Duration::from_secs_f64(clock.chance() * longest)).await;
}

/// Whether a page has fewer hits than requested although its total says that more hits follow.
fn ends_too_early(page: &Page, size: u64) -> bool {
    page.hits() < size && page.total.is_some_and(|total| total.count > page.offset + page.hits())
}

/// Whether a page has no events although its total is above its offset.
pub(super) fn reports_missing_events(page: &Page) -> bool {
    page.hits() == 0 && page.total.is_some_and(|total| total.count > page.offset)
}

/// Whether a proxy on the way may have caused an error that does not occur again. The retry loop in `api` does not
/// retry these errors, so the page is requested again here.
fn may_be_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Decode | ErrorKind::RedirectRefused | ErrorKind::UnexpectedStatus)
}

/// Whether smaller pieces of the page may be readable: the page is too large, or the borders between its hits cannot be
/// found.
pub(super) fn may_be_read_in_pieces(error: &Error) -> bool {
    error.kind() == ErrorKind::TooLarge || error.is_damaged_page()
}
