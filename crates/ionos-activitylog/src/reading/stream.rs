//! Most programs want events and not windows. What a window says besides its events must still not be lost: a gap ends
//! the stream in an error, after all events that came.
//!
//! A program that works through a window without ever waiting would keep the next windows from being read. So now and
//! then the stream makes it wait, for as long as others need to have their turn.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;

use crate::operation::Operation;
use crate::reading::windows::WindowStream;
use crate::{Checkpoint, Error, Event, Summary};

/// Events that are given out without a turn for others: a millisecond or so.
const EVENTS_A_TURN: u32 = 512;

/// The events of a range, in order: see [`Events::stream`](crate::Events::stream).
#[must_use = "a stream does nothing unless it is polled"]
pub struct EventStream {
    windows: WindowStream,
    current: vec::IntoIter<Event>,
    /// Where the window that is being given out begins.
    position: Checkpoint,
    /// Events that were given out since others had their turn.
    given: u32,
    ended: bool,
}

impl EventStream {
    pub(super) fn new(windows: WindowStream) -> Self {
        Self { position: windows.checkpoint(), windows, current: Vec::new().into_iter(), given: 0, ended: false }
    }

    /// Up to where everything was given out. It moves with whole windows: events that were given out after it come
    /// again when the reading is resumed there.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        if self.current.as_slice().is_empty() { self.windows.checkpoint() } else { self.position.clone() }
    }

    /// What was done so far. Events of a window count once it was read.
    pub fn summary(&self) -> &Summary {
        self.windows.summary()
    }

    /// What is missing, as an error, if anything is.
    fn verdict(&self) -> Option<Error> {
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
            if self.given >= EVENTS_A_TURN {
                self.given = 0;
                self.windows.read_on(context);
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(event) = self.current.next() {
                self.given += 1;
                return Poll::Ready(Some(Ok(event)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let position = self.windows.checkpoint();
            match ready!(Pin::new(&mut self.windows).poll_next(context)) {
                Some(Ok(window)) => {
                    self.position = position;
                    self.current = window.events.into_iter();
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.ended = true;
                    return Poll::Ready(self.verdict().map(Err));
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
