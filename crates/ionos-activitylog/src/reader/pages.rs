//! Follows the pages of a range one after another, as the service sends them. An early end is not trusted: if the
//! service sends fewer events than it reports, or the same page twice, the stream ends in an error. Overlapping pages
//! are not detected here, but they are detected when a range is read by windows.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream;

use crate::api::limits::SERVICE_PAGE_SIZE;
use crate::api::page::Page;
use crate::api::response::Response;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::reader::page_end::may_be_after_end;
use crate::reader::request::EventsRequest;

/// The pages of a range. See [`Events::pages`](crate::Events::pages).
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream(Pin<Box<dyn Stream<Item = Result<Response<Page>, Error>> + Send>>);

impl PageStream {
    pub(super) fn new(request: EventsRequest) -> Self {
        Self(Box::pin(stream::try_unfold(PageCursor::new(request), PageCursor::next_page)))
    }

    /// A stream whose only item is this error.
    pub(super) fn failed(error: Error) -> Self {
        Self(Box::pin(stream::iter([Err(error)])))
    }
}

impl Stream for PageStream {
    type Item = Result<Response<Page>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

/// Position in the pages.
struct PageCursor {
    request: EventsRequest,
    offset: u64,
    /// Highest total that any page reported so far. A later page with a lower total, or without one, does not prove
    /// that the range has fewer events.
    highest_total: u64,
    /// Number of hits of a full page of this service. `None` before the first page.
    full_page: Option<u64>,
    /// First and last record of the previous page.
    previous_ends: Option<(String, String)>,
    /// Whether the first page is short and its total is its number of hits. The service may nevertheless limit the size
    /// of a page and report the number of hits of the page as the total. So the next page has to confirm the end.
    must_confirm_end: bool,
    has_ended: bool,
}

impl PageCursor {
    fn new(request: EventsRequest) -> Self {
        Self {
            request,
            offset: 0,
            highest_total: 0,
            full_page: None,
            previous_ends: None,
            must_confirm_end: false,
            has_ended: false,
        }
    }

    async fn next_page(mut self) -> Result<Option<(Response<Page>, Self)>, Error> {
        if self.has_ended {
            return Ok(None);
        }
        let EventsRequest { api, contract, range, page_size, .. } = &self.request;
        let page = match api.page(contract, range.to_whole_seconds(), self.offset, page_size.get()).await {
            Err(error) if self.must_confirm_end && may_be_after_end(error.kind()) => {
                return self.end_after_refusal().await.map(|()| None);
            }
            page => page?,
        };
        if std::mem::take(&mut self.must_confirm_end) {
            if self.confirms_end(&page) {
                return Ok(None);
            }
            // More hits follow, so the first page was a full page of this service.
            self.full_page = Some(self.offset);
        }
        self.advance(&page)?;
        Ok(Some((page, self)))
    }

    /// Moves the offset and decides whether more pages follow. Fails if the service repeats a page, ends too early or
    /// searched only a part of the log.
    fn advance(&mut self, page: &Page) -> Result<(), Error> {
        if let Some(reason) = &page.partial_search {
            return Err(self.incomplete(format!("the answer may lack events: {reason}")));
        }
        let received = page.hits();
        self.highest_total = self.highest_total.max(page.total.map_or(0, |total| total.count));
        match (page.events.first(), page.events.last()) {
            (Some(first), Some(last)) => self.check_progress(first, last)?,
            _ if received > 0 => {}
            _ => self.check_end(page)?,
        }
        self.offset += received;
        // If the first page is short although the service reports more events, the service limits the page size. Then
        // the first page counts as full.
        let requested = self.request.page_size.get();
        let full_page = if self.highest_total > received { received.min(requested) } else { requested };
        let is_first = self.full_page.is_none();
        let is_full = received >= *self.full_page.get_or_insert(full_page);
        // The pages end at an empty page, or at a page that is not full and reaches an exact total. After a full page,
        // more pages may follow even if the total is reached, because the total may be capped.
        let is_exact = page.total.is_some_and(|total| total.exact);
        let is_last = is_exact && self.offset >= self.highest_total && !is_full;
        self.must_confirm_end = is_last && is_first && received > 0;
        self.has_ended = received == 0 || is_last && !is_first;
        Ok(())
    }

    /// Called if the service refuses the page after the first page. Succeeds if the refusal proves that no hit follows
    /// the first page. The refusal proves nothing if the service limits the size of a page and reports the number of
    /// hits of the page as the total. To rule out a limit below the service's default page size, this function requests
    /// the page that begins at the last hit. If there is no such limit, this page has exactly one hit.
    async fn end_after_refusal(&self) -> Result<(), Error> {
        let EventsRequest { api, contract, range, page_size, .. } = &self.request;
        let is_known = match self.offset {
            0 | 1 => true,
            2..SERVICE_PAGE_SIZE => {
                let last = api.page(contract, range.to_whole_seconds(), self.offset - 1, page_size.get()).await;
                last.is_ok_and(|page| page.hits() == 1)
            }
            _ => false,
        };
        match is_known {
            true => Ok(()),
            false => Err(self.incomplete(format!(
                "the service refuses the page after the first {} events, so the range may have more events than the service reports",
                self.offset
            ))),
        }
    }

    /// Whether `page`, the answer to the request for the second page, has no further hits. Either `page` is empty, or
    /// it has the hits of the first page again, because the service ignores the offset.
    fn confirms_end(&self, page: &Page) -> bool {
        let ends = page.events.first().zip(page.events.last());
        let ends = ends.map(|(first, last)| (first.raw().to_owned(), last.raw().to_owned()));
        let is_repeated = ends.is_some() && ends == self.previous_ends;
        let has_higher_total = page.total.is_some_and(|total| total.count > self.highest_total);
        (page.hits() == 0 || is_repeated) && !has_higher_total
    }

    /// Detects a service that ignores the offset and sends the same page forever. A page that only overlaps the
    /// previous page is not detected.
    fn check_progress(&mut self, first: &Event, last: &Event) -> Result<(), Error> {
        let ends = Some((first.raw().to_owned(), last.raw().to_owned()));
        if self.previous_ends == ends {
            return Err(self.incomplete(format!("the page at offset {} is the same as the previous page", self.offset)));
        }
        self.previous_ends = ends;
        Ok(())
    }

    /// Checks an empty page. Fails if fewer events were received than the service reports.
    fn check_end(&self, page: &Page) -> Result<(), Error> {
        let Self { highest_total, offset, .. } = *self;
        if highest_total > offset {
            return Err(
                self.incomplete(format!("the service reports {highest_total} events and sent none at offset {offset}"))
            );
        }
        // A total that is not exact is a lower bound. If exactly this number of events was received, the offset has
        // reached the service's maximum and not the end of the log.
        if page.total.is_some_and(|total| !total.exact) && highest_total == offset && offset > 0 {
            return Err(self.incomplete(format!(
                "the service reports at least {highest_total} events and sent none after the first {offset}"
            )));
        }
        Ok(())
    }

    fn incomplete(&self, detail: String) -> Error {
        let operation = self.request.operation();
        Error::new(ErrorKind::Incomplete, detail)
            .with_hint("the result is incomplete, try again")
            .with_operation(operation.id, operation.label)
    }
}
