//! Reads several windows concurrently and returns them in order. A window that has to be split is replaced in the queue
//! by its parts. At most `2 * concurrency` windows are in progress, which bounds the memory.
//!
//! The number of requests of a window is unknown until its first page has arrived. Without prefetching, there would
//! often be too few requests in flight. So the first pages of the next `concurrency` windows are prefetched, and a
//! [`ReadAheadGate`] delays the other pages of these windows.
//!
//! Without a spawner, the windows proceed only while the stream is polled. Before the stream returns a window, it polls
//! all windows that can proceed. A window that can proceed again before the next poll wakes the [`PollScope`]. No time
//! limit includes the time between this wake and the next poll.

use std::collections::VecDeque;
use std::hash::RandomState;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use crate::error::Error;
use crate::event::{EventId, UndatedEvents};
use crate::net::poll_scope::PollScope;
use crate::range::DateRange;
use crate::reader::checkpoint::Checkpoint;
use crate::reader::cross_check::{
    Comparison, CrossCheck, DifferingWindows, MAX_REREADS, ReturnedIds, ReturnedWindows, TOO_MANY_DIFFER,
};
use crate::reader::plan::PlannedWindow;
use crate::reader::read_ahead_gate::ReadAheadGate;
use crate::reader::reading_progress::ReadingProgress;
use crate::reader::request::EventsRequest;
use crate::reader::split_totals::SplitTotal;
use crate::reader::summary::Summary;
use crate::reader::window::{GapReason, Window};
use crate::reader::window_read::WindowRead;
use crate::reader::window_reader::WindowResult;
use crate::runtime::spawner::{PolledBy, run_on};

/// The windows of a range, in order. See [`Events::windows`](crate::Events::windows).
#[must_use = "a stream does nothing unless it is polled"]
pub struct WindowStream {
    request: Arc<EventsRequest>,
    /// Number of windows that may request all of their pages at the same time. The same number of later windows may
    /// request only their first page.
    concurrency: usize,
    /// The windows that were not returned yet, from the earliest to the latest.
    queue: VecDeque<QueuedWindow>,
    running: FuturesUnordered<BoxFuture<'static, CompletedRead>>,
    last_id: u64,
    /// The state that all windows share.
    progress: Arc<ReadingProgress>,
    position: Checkpoint,
    summary: Summary,
    has_failed: bool,
    /// The windows returned so far.
    returned: ReturnedWindows,
    /// Split windows whose total is higher than the number of events in their parts.
    higher_totals: Vec<SplitTotal>,
    /// Ids of the events at exactly the end of the window that was returned last.
    ids_at_end: Vec<EventId>,
    /// Start of the last window that was queued to be read a second time. `None` if there was no such window.
    repeated_from: Option<DateTime<Utc>>,
    /// The records without a time that were returned so far.
    undated: UndatedEvents,
    phase: Phase,
    /// The scope of all calls, except those on a spawner. Dropped after `running`, whose calls belong to this scope.
    scope: Arc<PollScope>,
}

/// What a stream does next.
enum Phase {
    /// Reads the windows of the range.
    Reading,
    /// Compares the totals of the windows with the total of the range.
    Comparing(BoxFuture<'static, (ReturnedWindows, Comparison)>),
    /// Reads the windows with differing totals again.
    ReadingAgain(RereadProgress),
    /// Reads and compares nothing more. Returns the windows with gaps that are left in the queue, if any.
    Ended,
}

/// The windows that are read again.
struct RereadProgress {
    returned: ReturnedIds,
    differing: Vec<DifferingWindows>,
}

/// Id of a queued window, and the result of reading this window.
type CompletedRead = (u64, Result<WindowResult<Window>, Error>);

/// A window in the queue.
struct QueuedWindow {
    id: u64,
    state: QueuedState,
}

enum QueuedState {
    Planned(PlannedWindow),
    Running(Arc<ReadAheadGate>),
    Completed(Box<Result<Window, Error>>),
}

impl WindowStream {
    pub(super) fn new(mut request: EventsRequest, position: Checkpoint) -> Self {
        let (api, scope) = request.api.with_scope(PolledBy::Caller);
        request.api = Arc::new(api);
        let id_hasher = request.cross_check.then(RandomState::new);
        let rest = position.remaining_range().map(DateRange::to_whole_seconds);
        let unchecked_start = rest.filter(|_| request.check_start).map(|range| range.start());
        let progress = Arc::new(ReadingProgress::new(id_hasher, request.extra.clone(), unchecked_start));
        let mut stream = Self {
            concurrency: request.windows_at_once,
            request: Arc::new(request),
            queue: VecDeque::new(),
            running: FuturesUnordered::new(),
            last_id: 0,
            progress,
            position,
            summary: Summary::default(),
            has_failed: false,
            returned: ReturnedWindows::default(),
            higher_totals: Vec::new(),
            ids_at_end: Vec::new(),
            repeated_from: None,
            undated: UndatedEvents::default(),
            phase: Phase::Reading,
            scope,
        };
        stream.queue = rest.map(|range| stream.queued(PlannedWindow::new(range))).into_iter().collect();
        stream
    }

    /// A stream whose only item is this error.
    pub(super) fn refused(request: EventsRequest, position: Checkpoint, error: Error) -> Self {
        let mut stream = Self::new(request, position);
        let state = QueuedState::Completed(Box::new(Err(error)));
        stream.queue = [QueuedWindow { id: 0, state }].into();
        stream
    }

    /// The position up to which all windows were returned.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.position.clone()
    }

    /// Statistics of the windows returned so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn queued(&mut self, window: PlannedWindow) -> QueuedWindow {
        self.last_id += 1;
        QueuedWindow { id: self.last_id, state: QueuedState::Planned(window) }
    }

    /// Starts the earliest windows of the queue. The first `concurrency` windows may request all of their pages, and
    /// the next `concurrency` windows only their first page.
    fn start_windows(&mut self) {
        let requested = self.position.remaining_range().unwrap_or(self.position.range);
        for (index, queued) in self.queue.iter_mut().take(2 * self.concurrency).enumerate() {
            if let QueuedState::Planned(window) = queued.state {
                let gate = Arc::new(ReadAheadGate::default());
                queued.state = QueuedState::Running(gate.clone());
                let id = queued.id;
                let spawner = self.request.api.spawner.clone();
                let (request, progress) = (self.request.clone(), self.progress.clone());
                let work = move |polled_by| {
                    let read = WindowRead {
                        request: request.clone(),
                        window,
                        requested,
                        gate: gate.clone(),
                        progress: progress.clone(),
                    };
                    match polled_by {
                        PolledBy::Spawner => read.run_on_spawner().boxed(),
                        PolledBy::Caller => read.run().boxed(),
                    }
                };
                self.running.push(Box::pin(async move { (id, run_on(spawner, work).await) }));
            }
            if let QueuedState::Running(gate) = &queued.state
                && index < self.concurrency
            {
                gate.open();
            }
        }
    }

    /// Replaces a window in the queue with the result of reading it, or with the windows into which it was split.
    fn complete(&mut self, (id, result): CompletedRead) {
        let Some(index) = self.queue.iter().position(|queued| queued.id == id) else {
            return;
        };
        let completed = match result {
            Ok(WindowResult::Split { mut windows, requests }) => {
                if let Some(first) = windows.first_mut() {
                    first.earlier_requests = requests;
                }
                self.queue.remove(index);
                for window in windows.into_iter().rev() {
                    let queued = self.queued(window);
                    self.queue.insert(index, queued);
                }
                return;
            }
            Ok(WindowResult::Verified(window) | WindowResult::Unverified(window)) => Ok(window),
            Err(error) => Err(error),
        };
        if let Some(queued) = self.queue.get_mut(index) {
            queued.state = QueuedState::Completed(Box::new(completed));
        }
    }

    /// Removes and returns the earliest window of the queue if this window is completed, and moves the position to the
    /// end of this window. A window that is refuted, or that lacks an event at its start, is not returned but queued
    /// again.
    fn pop_completed(&mut self) -> Option<Result<Window, Error>> {
        if !matches!(self.queue.front()?.state, QueuedState::Completed(_)) {
            return None;
        }
        let QueuedState::Completed(result) = self.queue.pop_front()?.state else {
            return None;
        };
        if let Ok(window) = &*result
            && self.may_be_read_again(window)
            && (self.lacks_event_at_start(window) || self.is_refuted(window))
        {
            let Ok(window) = *result else { return None };
            self.read_a_second_time(window);
            return None;
        }
        Some((*result).map(|mut window| {
            match &mut self.phase {
                Phase::ReadingAgain(rereading) => {
                    let found = rereading.returned.count_new(&window.id_hashes);
                    let is_within = |one: &&mut DifferingWindows| one.range.contains(window.range.start());
                    if let Some(one) = rereading.differing.iter_mut().find(is_within) {
                        one.found += found;
                    }
                    if let Some(hasher) = &self.progress.id_hasher {
                        window.events = rereading.returned.remove_returned(window.events, hasher);
                        // The events count as returned from now on, because ranges that are read again may overlap.
                        rereading.returned.add(&window.events, hasher);
                    }
                    // These numbers were counted when the range was read for the first time.
                    (window.duplicates, window.amended, window.filtered) = (0, 0, 0);
                }
                Phase::Comparing(_) | Phase::Ended => {}
                Phase::Reading => {
                    self.position.read_to = window.range.end();
                    let (range, has_gap) = (window.range, !window.is_verified());
                    let splits = &self.progress.split_totals;
                    let end = self.position.range.end();
                    self.ids_at_end = std::mem::take(&mut window.ids_at_end);
                    match splits.add_part(range, window.distinct, window.events_at_end, has_gap, end) {
                        // The window gets no gap yet, because the cross-check at the end may find the missing events.
                        Some(split) if self.request.cross_check => self.higher_totals.push(split),
                        Some(split) => window.add_gap_of(split),
                        None => {}
                    }
                    if self.request.cross_check {
                        window.remove_events(&self.progress.id_hasher, |event| !self.undated.insert(event));
                        self.returned.add(&mut window);
                    }
                }
            }
            match self.is_without_news(&window) {
                true => self.summary.requests += window.requests,
                false => self.summary.add(&window),
            }
            window
        }))
    }

    /// Whether this window was read only once so far, and belongs to the first reading of the range.
    fn may_be_read_again(&self, window: &Window) -> bool {
        matches!(self.phase, Phase::Reading) && self.repeated_from != Some(window.range.start())
    }

    /// Whether an answer for the previous window contained an event at exactly the start of this window, and this
    /// window lacks this event. The answer may have arrived after this window was verified.
    fn lacks_event_at_start(&self, window: &Window) -> bool {
        self.ids_at_end.iter().any(|id| !window.ids_at_start.contains(id))
    }

    /// Whether the proof of a window is worthless, because an answer for a shorter range has shown that answers for
    /// windows of this length cannot be trusted.
    fn is_refuted(&self, window: &Window) -> bool {
        let seconds = window.range.duration().num_seconds();
        window.is_verified() && self.progress.extra.with_checked_windows(|checked| checked.is_refuted(seconds))
    }

    /// Queues the window again, to read it a second time. Keeps its events, except those that a filter excluded.
    fn read_a_second_time(&mut self, window: Window) {
        self.repeated_from = Some(window.range.start());
        let planned = PlannedWindow {
            was_scanned: true,
            earlier_requests: window.requests,
            ..PlannedWindow::new(window.range.to_whole_seconds())
        };
        self.progress.received.keep(planned.range, window.events);
        let queued = self.queued(planned);
        self.queue.push_front(queued);
    }

    /// Starts the next phase once the queue is empty. Returns `false` at the end of the stream.
    fn begin_next_phase(&mut self) -> bool {
        match &mut self.phase {
            Phase::Reading if self.request.cross_check && self.returned.need_check() => {
                let (request, returned) = (self.request.clone(), std::mem::take(&mut self.returned));
                self.phase = Phase::Comparing(Box::pin(async move {
                    let comparison = returned.compare(&request.api, &request.contract).await;
                    (returned, comparison)
                }));
                true
            }
            Phase::ReadingAgain(rereading) => {
                let differing = std::mem::take(&mut rereading.differing);
                self.phase = Phase::Ended;
                if differing.iter().any(|one| one.missing == 0) {
                    let reason = "the service reports fewer events than it returned";
                    self.summary.cross_check = CrossCheck::NotChecked(reason.to_owned());
                }
                self.queue_gaps(&differing);
                !self.queue.is_empty()
            }
            Phase::Reading if !self.higher_totals.is_empty() => {
                self.phase = Phase::Ended;
                self.queue_gaps(&[]);
                !self.queue.is_empty()
            }
            _ => false,
        }
    }

    /// Queues the windows whose totals differ, to read them again. If there are too many such windows, or if the ids of
    /// their events were dropped, queues gaps instead.
    fn read_again(&mut self, returned: &ReturnedWindows, mut comparison: Comparison) {
        if let Some(hasher) = &self.progress.id_hasher {
            let shown = returned.add_shown(&mut comparison, hasher);
            self.progress.received.keep(self.position.range.to_whole_seconds(), shown);
        }
        let Comparison { differing, unusable, requests, .. } = comparison;
        self.summary.requests += requests;
        self.phase = Phase::Ended;
        self.summary.cross_check = match unusable {
            Some(reason) => CrossCheck::NotChecked(reason),
            None => CrossCheck::Agrees,
        };
        if differing.is_empty() {
            self.queue_gaps(&differing);
            return;
        }
        let ids = returned.returned_ids(&differing).filter(|_| differing.len() <= MAX_REREADS);
        let Some(ids) = ids else {
            self.summary.cross_check = CrossCheck::NotChecked(TOO_MANY_DIFFER.to_owned());
            self.queue_gaps(&differing);
            return;
        };
        for one in &differing {
            let queued = self.queued(PlannedWindow::new(one.range));
            self.queue.push_back(queued);
        }
        self.phase = Phase::ReadingAgain(RereadProgress { returned: ids, differing });
    }

    /// Queues a window with a gap for each range in which events are missing. If there is such a range, changes the
    /// result of the comparison from `Agrees` to `Differs`.
    fn queue_gaps(&mut self, differing: &[DifferingWindows]) {
        for one in differing.iter().filter(|one| one.found < one.missing) {
            self.queue_gap(one.range, one.seen + one.found, one.missing - one.found, GapReason::TotalIncreased);
        }
        for split in std::mem::take(&mut self.higher_totals) {
            let inside = |one: &&DifferingWindows| split.range.contains(one.range.start());
            let found: u64 = differing.iter().filter(inside).map(|one| one.found).sum();
            if let Some(missing) = split.total.checked_sub(split.seen + found).filter(|missing| *missing > 0) {
                self.queue_gap(split.range, split.seen + found, missing, GapReason::TotalDecreased);
            }
        }
        if !self.queue.is_empty() && self.summary.cross_check == CrossCheck::Agrees {
            self.summary.cross_check = CrossCheck::Differs;
        }
    }

    fn queue_gap(&mut self, range: DateRange, seen: u64, missing: u64, reason: GapReason) {
        let window = Window::of_higher_total(range, seen, missing, reason);
        self.last_id += 1;
        let state = QueuedState::Completed(Box::new(Ok(window)));
        self.queue.push_back(QueuedWindow { id: self.last_id, state });
    }

    /// Changes the number of windows that are read at the same time.
    pub(super) fn set_concurrency(&mut self, windows: usize) {
        self.concurrency = windows;
    }

    /// Starts and polls windows without returning any.
    pub(super) fn poll_ahead(&mut self, context: &mut Context<'_>) {
        if self.has_failed {
            return;
        }
        self.start_windows();
        self.poll_running(context);
    }

    /// Polls the windows in progress without starting others.
    pub(super) fn poll_running(&mut self, context: &mut Context<'_>) {
        let scope = self.scope.clone();
        scope.poll(context, |context| self.complete_ready(context));
    }

    fn complete_ready(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(completed)) = Pin::new(&mut self.running).poll_next(context) {
            self.complete(completed);
        }
    }

    fn poll_window(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Window, Error>>> {
        loop {
            if self.has_failed {
                return Poll::Ready(None);
            }
            if let Some(result) = self.pop_completed() {
                match &result {
                    Ok(window) if self.is_without_news(window) => continue,
                    Ok(_) => self.complete_ready(context),
                    Err(_) => self.cancel(),
                }
                return Poll::Ready(Some(result));
            }
            if let Phase::Comparing(comparison) = &mut self.phase {
                let (returned, comparison) = ready!(comparison.as_mut().poll(context));
                self.read_again(&returned, comparison);
                continue;
            }
            if self.queue.is_empty() {
                match self.begin_next_phase() {
                    true => continue,
                    false => return Poll::Ready(None),
                }
            }
            self.start_windows();
            match Pin::new(&mut self.running).poll_next(context) {
                Poll::Ready(Some(completed)) => self.complete(completed),
                // If no window is running, the first window in the queue is completed. The loop returns it next.
                Poll::Ready(None) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Whether a window was read again and has no new events and no gap.
    fn is_without_news(&self, window: &Window) -> bool {
        matches!(self.phase, Phase::ReadingAgain(_)) && window.events.is_empty() && window.is_verified()
    }

    /// Ends the stream, and drops the windows in progress with their requests.
    fn cancel(&mut self) {
        self.has_failed = true;
        self.running = FuturesUnordered::new();
        self.queue.clear();
        self.phase = Phase::Ended;
    }
}

impl Stream for WindowStream {
    type Item = Result<Window, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let scope = self.scope.clone();
        scope.poll(context, |context| self.poll_window(context))
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
