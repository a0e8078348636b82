//! The state of a limiter: free slots, the queue of waiting calls, and the scopes that calls belong to. A scope has the
//! calls of one stream, or a single call, and all its calls are polled together. A scope that was woken and is not
//! polled is stalled. The program may have stopped polling a stalled scope, so calls of other scopes may pass the calls
//! of that scope: [`LimiterState::turn`] ignores the waiting calls and the slots of stalled scopes.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;
use std::time::Duration;

/// Position of a call in the queue, and the scope of the call. A call keeps its position for all of its attempts, so
/// that a retry is not queued behind calls that began later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueuePosition {
    /// The ordinal of this call. For a call with [`CallPriority::First`], the ordinal of the first call of its scope
    /// that waited when this call began.
    place: u64,
    /// Positions with the same place are ordered by priority, and then by ordinal.
    priority: CallPriority,
    /// Number of the call, from 1. No other call has this number.
    ordinal: u64,
    pub(super) scope: ScopeId,
}

/// The order of the waiting calls of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallPriority {
    /// The call goes before the calls of its scope that already wait. It does not pass calls of other scopes that wait
    /// longer than all calls of its own scope.
    First,
    /// Calls go in the order in which they began.
    #[default]
    InOrder,
}

/// Id of a scope in its limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScopeId(u64);

#[derive(Debug)]
pub(super) struct LimiterState {
    pub(super) limit: u32,
    pub(super) in_flight: u32,
    pub(super) successes: u32,
    /// Number of times that the limit was halved so far. A request that began in an earlier epoch was sent under an
    /// older limit.
    pub(super) epoch: u64,
    /// No request is sent before this time, measured by [`Clock::elapsed`](crate::runtime::clock::Clock::elapsed).
    pub(super) throttled_until: Duration,
    queue: BTreeMap<QueuePosition, WaitingCall>,
    last_ordinal: u64,
    scopes: BTreeMap<ScopeId, ScopeState>,
    last_scope: u64,
    /// Number of wakes so far, of all scopes together.
    wakes: u64,
}

#[derive(Debug)]
struct WaitingCall {
    /// The waker of the last poll.
    waker: Waker,
    /// Whether the waker was called since the last poll.
    is_notified: bool,
}

#[derive(Debug, Default)]
struct ScopeState {
    in_flight: u32,
    waiting: BTreeSet<QueuePosition>,
    /// Ordinal of the first wake since the last poll of the scope. `None` if the scope was not woken since that poll.
    woken: Option<u64>,
}

/// The place of a waiting call in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueTurn {
    /// Number of waiting calls ahead.
    ahead: usize,
    /// Number of free slots.
    free: usize,
}

/// The next step of a waiting call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueStep {
    /// The call may take a slot.
    Take,
    /// The call is first and has to wait for the end of the throttle.
    AwaitThrottle,
    /// The call has to wait for other calls.
    Wait,
}

impl QueueTurn {
    pub(super) fn step(self, is_throttled: bool) -> QueueStep {
        match self {
            Self { ahead, free } if ahead < free && !is_throttled => QueueStep::Take,
            Self { ahead: 0, free: 1.. } => QueueStep::AwaitThrottle,
            _ => QueueStep::Wait,
        }
    }
}

impl LimiterState {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            in_flight: 0,
            successes: 0,
            epoch: 0,
            throttled_until: Duration::ZERO,
            queue: BTreeMap::new(),
            last_ordinal: 0,
            scopes: BTreeMap::new(),
            last_scope: 0,
            wakes: 0,
        }
    }

    pub(super) fn add_scope(&mut self) -> ScopeId {
        self.last_scope += 1;
        let id = ScopeId(self.last_scope);
        self.scopes.insert(id, ScopeState::default());
        id
    }

    pub(super) fn remove_scope(&mut self, id: ScopeId) {
        self.scopes.remove(&id);
    }

    pub(super) fn join_queue(&mut self, scope: ScopeId, priority: CallPriority) -> QueuePosition {
        self.last_ordinal += 1;
        let ordinal = self.last_ordinal;
        let first_waiting = || self.scopes.get(&scope)?.waiting.first();
        match (priority, first_waiting()) {
            (CallPriority::First, Some(first)) => QueuePosition { place: first.place, priority, ordinal, scope },
            _ => QueuePosition { place: ordinal, priority: CallPriority::InOrder, ordinal, scope },
        }
    }

    /// Ordinal of the last wake of any scope.
    pub(super) fn wakes(&self) -> u64 {
        self.wakes
    }

    pub(super) fn mark_polled(&mut self, id: ScopeId) {
        if let Some(scope) = self.scopes.get_mut(&id) {
            scope.woken = None;
        }
    }

    pub(super) fn mark_woken(&mut self, id: ScopeId) {
        if let Some(scope) = self.scopes.get_mut(&id) {
            self.wakes += 1;
            scope.woken.get_or_insert(self.wakes);
        }
    }

    pub(super) fn free_slots(&self) -> usize {
        self.limit.saturating_sub(self.in_flight) as usize
    }

    pub(super) fn take_slot(&mut self, scope: ScopeId) {
        self.in_flight += 1;
        if let Some(scope) = self.scopes.get_mut(&scope) {
            scope.in_flight += 1;
        }
    }

    pub(super) fn return_slot(&mut self, scope: ScopeId) {
        self.in_flight -= 1;
        if let Some(scope) = self.scopes.get_mut(&scope) {
            scope.in_flight -= 1;
        }
    }

    /// Adds a call to the queue, or updates its waker. Returns the previous waker, which must be dropped after the
    /// state is unlocked.
    #[must_use]
    pub(super) fn enqueue(&mut self, position: QueuePosition, waker: Waker) -> Option<Waker> {
        if let Some(scope) = self.scopes.get_mut(&position.scope) {
            scope.waiting.insert(position);
        }
        let waiting = WaitingCall { waker, is_notified: false };
        self.queue.insert(position, waiting).map(|previous| previous.waker)
    }

    /// Removes a call from the queue. Returns its waker, which must be dropped after the state is unlocked.
    #[must_use]
    pub(super) fn dequeue(&mut self, position: QueuePosition) -> Option<Waker> {
        if let Some(scope) = self.scopes.get_mut(&position.scope) {
            scope.waiting.remove(&position);
        }
        self.queue.remove(&position).map(|previous| previous.waker)
    }

    /// The place of a call in the queue, as if stalled scopes (other than the scope of the call) had no waiting calls
    /// and no slots. A scope is stalled if the ordinal of its wake is at most `stalled_since` and the scope was not
    /// polled since this wake. If `stalled_since` is `None`, no scope is stalled.
    pub(super) fn turn(&self, position: QueuePosition, stalled_since: Option<u64>) -> QueueTurn {
        let Some(since) = stalled_since else {
            return QueueTurn { ahead: self.queue.range(..position).count(), free: self.free_slots() };
        };
        let is_stalled =
            |id: &ScopeId, scope: &ScopeState| *id != position.scope && scope.woken.is_some_and(|woken| woken <= since);
        let stalled: BTreeMap<ScopeId, u32> = self
            .scopes
            .iter()
            .filter(|(id, scope)| is_stalled(id, scope))
            .map(|(id, scope)| (*id, scope.in_flight))
            .collect();
        let in_flight = self.in_flight.saturating_sub(stalled.values().sum());
        let ahead = self.queue.range(..position).filter(|(other, _)| !stalled.contains_key(&other.scope));
        QueueTurn { ahead: ahead.count(), free: self.limit.saturating_sub(in_flight) as usize }
    }

    /// Returns the wakers of the calls that may take the free slots. Also returns the waker of the first waiting call
    /// of each scope, if a slot would be free without the requests of the other woken scopes. Skips calls that were
    /// already notified since their last poll.
    #[must_use]
    pub(super) fn notify(&mut self) -> Vec<Waker> {
        if self.queue.is_empty() {
            return Vec::new();
        }
        let slots_if_woken = |scope: &ScopeState| scope.woken.map_or(0, |_| scope.in_flight);
        let woken_slots: u32 = self.scopes.values().map(slots_if_woken).sum();
        let may_pass = |scope: &&ScopeState| {
            let passed = woken_slots - slots_if_woken(scope);
            self.in_flight.saturating_sub(passed) < self.limit
        };
        let first_of_scope = self.scopes.values().filter(may_pass).filter_map(|scope| scope.waiting.first());
        let first = self.queue.keys().take(self.free_slots());
        let positions: Vec<QueuePosition> = first.chain(first_of_scope).copied().collect();
        let notify = |position| {
            let waiting = self.queue.get_mut(&position)?;
            (!std::mem::replace(&mut waiting.is_notified, true)).then(|| waiting.waker.clone())
        };
        positions.into_iter().filter_map(notify).collect()
    }
}
