//! The events of a range one by one. A gap does not end the stream: the stream returns all received events, and then an
//! error that names the first gap and the number of further gaps.
//!
//! While events of a window are ready, the stream returns them without polling the next windows. A consumer that takes
//! many ready events in a row would delay the next windows, so the stream regularly polls these windows and yields.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;

use crate::api::operation::Operation;
use crate::error::Error;
use crate::event::Event;
use crate::reader::checkpoint::Checkpoint;
use crate::reader::summary::Summary;
use crate::reader::windows::WindowStream;

/// Number of events returned in a row before the stream yields. This takes about a millisecond.
const EVENTS_PER_YIELD: u32 = 512;

/// The events of a range, in order. See [`Events::stream`](crate::Events::stream).
#[must_use = "a stream does nothing unless it is polled"]
pub struct EventStream {
    windows: WindowStream,
    current: vec::IntoIter<Event>,
    /// Checkpoint at the start of the current window.
    position: Checkpoint,
    /// Number of events returned since the last yield.
    events_since_yield: u32,
    has_ended: bool,
}

impl EventStream {
    pub(super) fn new(windows: WindowStream) -> Self {
        Self {
            position: windows.checkpoint(),
            windows,
            current: Vec::new().into_iter(),
            events_since_yield: 0,
            has_ended: false,
        }
    }

    /// The position up to which all events were returned. The checkpoint moves by whole windows, so a stream that
    /// resumes from it repeats the events of a window that was returned only in part.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        if self.current.as_slice().is_empty() { self.windows.checkpoint() } else { self.position.clone() }
    }

    /// Statistics so far. All events of a window count as soon as its first event is returned.
    pub fn summary(&self) -> &Summary {
        self.windows.summary()
    }

    /// The error that names the first gap and the number of further gaps. `None` if there are no gaps.
    fn incomplete_error(&self) -> Option<Error> {
        let Checkpoint { contract, range, .. } = &self.position;
        let error = self.summary().verdict().err()?;
        let operation = Operation::events(contract, *range);
        Some(error.with_operation(operation.id, operation.label))
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.events_since_yield >= EVENTS_PER_YIELD {
                self.events_since_yield = 0;
                self.windows.poll_ahead(context);
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(event) = self.current.next() {
                self.events_since_yield += 1;
                return Poll::Ready(Some(Ok(event)));
            }
            if self.has_ended {
                return Poll::Ready(None);
            }
            let position = self.windows.checkpoint();
            match ready!(Pin::new(&mut self.windows).poll_next(context)) {
                Some(Ok(window)) => {
                    self.position = position;
                    self.current = window.events.into_iter();
                }
                Some(Err(error)) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.has_ended = true;
                    return Poll::Ready(self.incomplete_error().map(Err));
                }
            }
        }
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").field("windows", &self.windows).finish_non_exhaustive()
    }
}
