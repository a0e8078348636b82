//! Decides to which request an event belongs that has a queue reference, but no request id.

use chrono::{DateTime, Utc};

/// The requests with a queue reference.
#[derive(Clone, Debug)]
pub struct QueueRequests {
    /// Index and start of the request that starts first. `None` if there is no request.
    first: Option<(usize, Option<DateTime<Utc>>)>,
    /// Start of the second request. `None` if there is only one request.
    second: Option<Option<DateTime<Utc>>>,
}

impl QueueRequests {
    /// Creates the value from the index and the start of each request. The start is the time of the first event with
    /// the id of the request; `None` if no such event has a valid time.
    pub fn new(requests: impl IntoIterator<Item = (usize, Option<DateTime<Utc>>)>) -> Self {
        let mut requests: Vec<_> = requests.into_iter().collect();
        requests.sort_unstable_by_key(|(index, start)| (*start, *index));
        Self { first: requests.first().copied(), second: requests.get(1).map(|(_, start)| *start) }
    }

    /// The index of the request to which an event at `time` belongs: the only request or, of several requests, the only
    /// one that has started by then. `None` if no request has the queue reference, or if the log does not say which of
    /// them the event belongs to.
    #[must_use]
    pub fn owner(&self, time: Option<DateTime<Utc>>) -> Option<usize> {
        let (index, start) = self.first?;
        let is_owner = match self.second {
            None => true,
            Some(second) => time.is_some() && start <= time && time < second,
        };
        is_owner.then_some(index)
    }
}
