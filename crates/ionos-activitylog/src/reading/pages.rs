//! Following the pages of a range one after another, as the service sends them. What is not trusted is an early end:
//! when the service sends fewer events than it counts, or the same page twice, the stream ends in an error and not in
//! silence. That pages overlap is not noticed here; reading window by window does that.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream;

use crate::{Error, ErrorKind, Event, Events, Page, Response};

/// The pages of a range: see [`Events::pages`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream(Pin<Box<dyn Stream<Item = Result<Response<Page>, Error>> + Send>>);

impl PageStream {
    pub(super) fn new(events: Events) -> Self {
        Self(Box::pin(stream::try_unfold(Walk::new(events), Walk::next)))
    }
}

impl Stream for PageStream {
    type Item = Result<Response<Page>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

/// Where the reading stands.
struct Walk {
    events: Events,
    offset: u64,
    /// The most that any page so far has counted: a later page that counts less, or not at all, proves nothing.
    counted: u64,
    /// The size of a page that is as full as this service sends them, once known.
    page_full_at: Option<u64>,
    /// First and last record of the page before.
    last_page: Option<(String, String)>,
    ended: bool,
}

impl Walk {
    fn new(events: Events) -> Self {
        Self { events, offset: 0, counted: 0, page_full_at: None, last_page: None, ended: false }
    }

    async fn next(mut self) -> Result<Option<(Response<Page>, Self)>, Error> {
        if self.ended {
            return Ok(None);
        }
        let Events { client, contract, range, page_size, .. } = &self.events;
        let page = client.page(contract, *range, self.offset, *page_size).await?;
        self.advance(&page)?;
        Ok(Some((page, self)))
    }

    /// Decides whether there is more to read, and refuses an end that cannot be the end.
    fn advance(&mut self, page: &Page) -> Result<(), Error> {
        let received = page.events.len() as u64;
        self.counted = self.counted.max(page.total.map_or(0, |total| total.count));
        match (page.events.first(), page.events.last()) {
            (Some(first), Some(last)) => self.check_progress(first, last)?,
            _ => self.check_end(page)?,
        }
        self.offset += received;
        // A service that caps the page size sends a short first page although it counts more.
        let asked = self.events.page_size.get();
        let capped = if self.counted > received { received.min(asked) } else { asked };
        let full = received >= *self.page_full_at.get_or_insert(capped);
        // Only an exact count can end the reading, and not after a full page: a count may be capped.
        let exact = page.total.is_some_and(|total| total.exact);
        self.ended = received == 0 || (exact && self.offset >= self.counted && !full);
        Ok(())
    }

    /// A service that ignores the offset sends the same page for ever. (One that shifts it is not noticed here.)
    fn check_progress(&mut self, first: &Event, last: &Event) -> Result<(), Error> {
        let ends = Some((first.raw().to_owned(), last.raw().to_owned()));
        if self.last_page == ends {
            return Err(self.incomplete(format!(
                "the service sent the page before offset {} once more instead of the next one",
                self.offset
            )));
        }
        self.last_page = ends;
        Ok(())
    }

    /// An empty page ends the reading only where nothing that was counted is missing.
    fn check_end(&self, page: &Page) -> Result<(), Error> {
        let Self { counted, offset, .. } = *self;
        if counted > offset {
            return Err(
                self.incomplete(format!("the service counts {counted} events and sent none at offset {offset}"))
            );
        }
        // "At least so many", and then not one more: that is where an engine's window ends, not where the log does.
        if page.total.is_some_and(|total| !total.exact) && counted == offset && offset > 0 {
            return Err(self.incomplete(format!(
                "the service counts at least {counted} events and sends none behind the first {offset}"
            )));
        }
        Ok(())
    }

    fn incomplete(&self, detail: String) -> Error {
        let operation = self.events.operation();
        Error::new(ErrorKind::Incomplete, detail)
            .with_hint("what was read is not all, try again")
            .with_operation(operation.id, operation.label)
    }
}
