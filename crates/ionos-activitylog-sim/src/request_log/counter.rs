//! Counts requests in the order of their arrival, because fault scripts refer to "the third request" or "every tenth".
//!
//! These numbers differ from run to run if a client sends requests concurrently. [`RequestOrdinal::fingerprint`] and
//! [`RequestOrdinal::repetition`] depend only on the request and on earlier equal requests. Values that must not depend
//! on the timing are derived from these two fields.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use http::Request;

use crate::data::random::fingerprint;
use crate::operation::Operation;

/// Maximum number of different requests per generation. The counter stores two generations, the young and the old one.
/// Together they have at most a million requests and take 40 MB.
const GENERATION: usize = 1 << 19;

/// Counts requests over the life of the simulator. The counter remembers a request for at least [`GENERATION`] and at
/// most twice as many different other requests. If the request is not repeated in this time, the counter forgets it.
#[derive(Debug, Default)]
pub(crate) struct RequestCounter(Mutex<RequestCounts>);

#[derive(Debug, Default)]
struct RequestCounts {
    total: u64,
    by_operation: HashMap<Operation, u64>,
    repetitions: RepetitionCounts,
}

/// For each fingerprint, the number of requests with this fingerprint so far.
#[derive(Debug, Default)]
struct RepetitionCounts {
    /// The young generation: the requests since the last time that this map was full.
    young: HashMap<u64, u64>,
    /// The old generation: the requests of the previous young generation that have not been repeated since.
    old: HashMap<u64, u64>,
}

impl RepetitionCounts {
    /// Counts a request and returns the number of equal requests before it.
    fn count(&mut self, fingerprint: u64) -> u64 {
        let before = match self.young.get(&fingerprint) {
            Some(before) => *before,
            None => self.old.remove(&fingerprint).unwrap_or(0),
        };
        if self.young.len() == GENERATION && !self.young.contains_key(&fingerprint) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, before + 1);
        before
    }
}

/// The position of a request among all requests so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestOrdinal {
    /// The number among all requests, from 1.
    pub(crate) number: u64,
    /// The number among the requests for the same operation, from 1.
    pub(crate) number_of_operation: u64,
    /// The number of earlier requests with the same method, path and query, as far as the counter remembers.
    pub(crate) repetition: u64,
    /// A hash of method, path and query.
    pub(crate) fingerprint: u64,
}

impl RequestCounter {
    /// Counts a request that asks for `operation`, and returns the position of the request.
    pub(crate) fn count<B>(&self, operation: Operation, request: &Request<B>) -> RequestOrdinal {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        let fingerprint = fingerprint([request.method().as_str(), " ", uri.path(), "?", query]);
        // The counts stay consistent even if another thread panicked while it held the lock.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total += 1;
        let of_operation = counts.by_operation.entry(operation).or_default();
        *of_operation += 1;
        let number_of_operation = *of_operation;
        RequestOrdinal {
            repetition: counts.repetitions.count(fingerprint),
            number: counts.total,
            number_of_operation,
            fingerprint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_total_and_per_operation_and_per_equal_request() {
        use Operation::{GetAvailableContracts, GetByContract};
        let counter = RequestCounter::default();
        for (operation, method, path, expected) in [
            (GetByContract, "GET", "/a?x=1", (1, 1, 0)),
            (GetByContract, "GET", "/a?x=2", (2, 2, 0)),
            (GetAvailableContracts, "GET", "/b", (3, 1, 0)),
            (GetByContract, "GET", "/a?x=1", (4, 3, 1)),
            (GetByContract, "PUT", "/a?x=1", (5, 4, 0)),
            (GetByContract, "GET", "/a?x=1", (6, 5, 2)),
        ] {
            let request = Request::builder().method(method).uri(path).body(()).unwrap();
            let ordinal = counter.count(operation, &request);
            let counts = (ordinal.number, ordinal.number_of_operation, ordinal.repetition);
            assert_eq!(counts, expected, "{method} {path}");
        }
    }

    #[test]
    fn a_request_is_forgotten_only_after_a_generation_of_other_requests() {
        let mut repetitions = RepetitionCounts::default();
        let generation = GENERATION as u64;
        assert_eq!((repetitions.count(0), repetitions.count(0)), (0, 1));
        for other in 1..generation {
            repetitions.count(other);
        }
        assert_eq!(repetitions.count(generation), 0);
        // Request 0 is in the old generation, and this repetition moves it to the young one.
        assert_eq!(repetitions.count(0), 2);
        for other in 2 * generation..4 * generation {
            repetitions.count(other);
            assert!(repetitions.young.len() + repetitions.old.len() <= 2 * GENERATION);
        }
        assert_eq!(repetitions.count(0), 0);
    }

    #[test]
    fn a_fingerprint_does_not_depend_on_the_order_of_requests() {
        let fingerprints = |paths: [&str; 2]| {
            let counter = RequestCounter::default();
            paths.map(|path| {
                let request = Request::get(path).body(()).unwrap();
                counter.count(Operation::Other, &request).fingerprint
            })
        };
        let [a, b] = fingerprints(["/a", "/b"]);
        assert_eq!(fingerprints(["/b", "/a"]), [b, a]);
    }
}
