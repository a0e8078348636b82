//! Windows are read at the same time and given out in order. How a range is best cut into windows shows while it is
//! read, so the queue of pieces is cut further where a piece turns out to be too full; whatever is read early waits for
//! its turn, and no more windows are read than may wait.
//!
//! What a window needs is known once its first page is there. Were that asked for only when there is room for the whole
//! window, fewer requests than allowed would be on their way again and again. So the first pages of as many windows more
//! are read ahead, and a gate holds back the rest.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use crate::reading::gate::Gate;
use crate::reading::piece::Piece;
use crate::reading::read::Outcome;
use crate::reading::scan::Source;
use crate::reading::workers::elsewhere;
use crate::{Checkpoint, DateRange, Error, Events, Summary, Window};

/// The windows of a range, in order: see [`Events::windows`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct WindowStream {
    shared: Arc<Events>,
    /// Windows that are read at the same time.
    room: usize,
    /// What is left, from the earliest to the latest.
    queue: VecDeque<Slot>,
    running: FuturesUnordered<BoxFuture<'static, (u64, Result<Outcome, Error>)>>,
    next_number: u64,
    /// Windows whose count disagrees in the end.
    disagreements: Arc<AtomicU32>,
    /// Requests that found out how to cut, to be added to the next window.
    requests: u64,
    position: Checkpoint,
    summary: Summary,
    failed: bool,
}

/// A piece of the range.
struct Slot {
    number: u64,
    state: State,
}

enum State {
    Planned(Piece),
    Running(Arc<Gate>),
    Done(Box<Result<Window, Error>>),
}

impl WindowStream {
    pub(super) fn new(events: Events, position: Checkpoint) -> Self {
        let rest = position.rest().map(DateRange::to_whole_seconds);
        let mut stream = Self {
            room: events.windows_at_once,
            shared: Arc::new(events),
            queue: VecDeque::new(),
            running: FuturesUnordered::new(),
            next_number: 0,
            disagreements: Arc::default(),
            requests: 0,
            position,
            summary: Summary::default(),
            failed: false,
        };
        stream.queue = rest.map(|range| stream.planned(Piece::new(range))).into_iter().collect();
        stream
    }

    /// Up to where everything was given out. A window counts as given out once the stream gave it.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.position.clone()
    }

    /// What was done so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn planned(&mut self, piece: Piece) -> Slot {
        self.next_number += 1;
        Slot { number: self.next_number, state: State::Planned(piece) }
    }

    /// Begins to read the earliest pieces: of as many as there is room for the whole, of as many more the first page.
    fn begin(&mut self) {
        let range = self.position.rest().unwrap_or(self.position.range);
        let room = self.room;
        for (place, slot) in self.queue.iter_mut().take(2 * room).enumerate() {
            if let State::Planned(piece) = slot.state {
                let gate = Arc::new(Gate::default());
                slot.state = State::Running(gate.clone());
                let number = slot.number;
                let spawner = self.shared.client.spawner();
                let (events, gate) = (self.shared.clone(), gate.clone());
                let disagreements = self.disagreements.clone();
                let work = move || {
                    let (events, gate) = (events.clone(), gate.clone());
                    read(events, piece, range, gate, disagreements.clone())
                };
                self.running.push(Box::pin(async move { (number, elsewhere(spawner, work).await) }));
            }
            if let State::Running(gate) = &slot.state
                && place < room
            {
                gate.open();
            }
        }
    }

    /// Puts what was read, or how it is to be cut, in the place of the piece.
    fn note(&mut self, number: u64, outcome: Result<Outcome, Error>) {
        let Some(place) = self.queue.iter().position(|slot| slot.number == number) else {
            return;
        };
        let done = match outcome {
            Ok(Outcome::Cut(pieces, requests)) => {
                self.requests += requests;
                self.queue.remove(place);
                for piece in pieces.into_iter().rev() {
                    let slot = self.planned(piece);
                    self.queue.insert(place, slot);
                }
                return;
            }
            Ok(Outcome::Read(window)) => Ok(window),
            Err(error) => Err(error),
        };
        if let Some(slot) = self.queue.get_mut(place) {
            slot.state = State::Done(Box::new(done));
        }
    }

    /// The earliest window, if it was read.
    fn take(&mut self) -> Option<Result<Window, Error>> {
        if !matches!(self.queue.front()?.state, State::Done(_)) {
            return None;
        }
        let State::Done(done) = self.queue.pop_front()?.state else {
            return None;
        };
        Some((*done).map(|mut window| {
            window.requests += std::mem::take(&mut self.requests);
            self.summary.add(&window);
            self.position.read_to = window.range.end();
            window
        }))
    }
}

/// Reads one piece, and leaves out what the filter does.
async fn read(
    events: Arc<Events>,
    piece: Piece,
    range: DateRange,
    gate: Arc<Gate>,
    disagreements: Arc<AtomicU32>,
) -> Result<Outcome, Error> {
    let source = Source {
        client: &events.client,
        contract: &events.contract,
        page_size: events.page_size,
        gate: &gate,
        disagreements: &disagreements,
    };
    Ok(match source.read(piece, range).await? {
        Outcome::Read(window) => Outcome::Read(events.filtered(window)),
        cut @ Outcome::Cut(..) => cut,
    })
}

impl WindowStream {
    /// From now on, so many windows are read at the same time.
    pub(super) fn read_at_once(&mut self, windows: usize) {
        self.room = windows;
    }

    /// Reads on without giving anything out, as far as it goes without waiting.
    pub(super) fn read_on(&mut self, context: &mut Context<'_>) {
        if self.failed {
            return;
        }
        self.begin();
        self.keep_going(context);
    }

    /// Goes on with what was begun.
    pub(super) fn keep_going(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some((number, outcome))) = Pin::new(&mut self.running).poll_next(context) {
            self.note(number, outcome);
        }
    }
}

impl Stream for WindowStream {
    type Item = Result<Window, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.failed {
                return Poll::Ready(None);
            }
            if let Some(done) = self.take() {
                self.failed = done.is_err();
                return Poll::Ready(Some(done));
            }
            if self.queue.is_empty() {
                return Poll::Ready(None);
            }
            self.begin();
            match Pin::new(&mut self.running).poll_next(context) {
                Poll::Ready(Some((number, outcome))) => self.note(number, outcome),
                // Whatever is in the queue and not done is being read.
                Poll::Ready(None) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl std::fmt::Debug for WindowStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WindowStream")
            .field("position", &self.position)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}
