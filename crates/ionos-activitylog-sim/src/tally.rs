//! A script of faults speaks of "the third request" or "every tenth", and the simulated service otherwise remembers
//! nothing. So requests are counted here, in one place, in the order in which they arrive.
//!
//! Requests that overtake each other get other numbers the next time. Whatever must not depend on who was faster is
//! drawn from [`Seen::fingerprint`] and [`Seen::again`], which do not change with the order of different requests.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use http::Request;

use crate::service::Operation;
use crate::world::random::fingerprint;

/// A generation has so many different requests. Two of them are kept, which are a million requests and 40 MB.
const GENERATION: usize = 1 << 19;

/// Counts requests, for as long as the simulator lives. A request that came before is forgotten when at least
/// [`GENERATION`] different ones came since, and at most twice as many.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: u64,
    of_operation: HashMap<Operation, u64>,
    again: Repetitions,
}

/// How often each request came, by its fingerprint.
#[derive(Debug, Default)]
struct Repetitions {
    /// Those that came since the last generation was full.
    young: HashMap<u64, u64>,
    /// Those of the generation before that did not come again since.
    old: HashMap<u64, u64>,
}

impl Repetitions {
    /// Counts one more of a request, and tells how many came before.
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

/// The place of a request among all those that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// 1 for the first request of all.
    pub(crate) number: u64,
    /// 1 for the first request for its operation.
    pub(crate) of_operation: u64,
    /// How often the very same method, path and query came before, as far as the tally remembers.
    pub(crate) again: u64,
    /// Stands for method, path and query.
    pub(crate) fingerprint: u64,
}

impl Tally {
    /// Counts one more request for the operation.
    pub(crate) fn count<B>(&self, operation: Operation, request: &Request<B>) -> Seen {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        let fingerprint = fingerprint([request.method().as_str(), " ", uri.path(), "?", query]);
        // The counts are right even if another thread died while it held them.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all += 1;
        let of_operation = counts.of_operation.entry(operation).or_default();
        *of_operation += 1;
        let of_operation = *of_operation;
        Seen { again: counts.again.count(fingerprint), number: counts.all, of_operation, fingerprint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_over_all_by_operation_and_by_what_they_ask_for() {
        let tally = Tally::default();
        let count = |operation, method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(());
            let seen = tally.count(operation, &request.unwrap());
            (seen.number, seen.of_operation, seen.again)
        };
        use Operation::{GetAvailableContracts, GetByContract};
        assert_eq!(count(GetByContract, "GET", "/a?x=1"), (1, 1, 0));
        assert_eq!(count(GetByContract, "GET", "/a?x=2"), (2, 2, 0));
        assert_eq!(count(GetAvailableContracts, "GET", "/b"), (3, 1, 0));
        assert_eq!(count(GetByContract, "GET", "/a?x=1"), (4, 3, 1));
        assert_eq!(count(GetByContract, "PUT", "/a?x=1"), (5, 4, 0));
        assert_eq!(count(GetByContract, "GET", "/a?x=1"), (6, 5, 2));
    }

    #[test]
    fn repetitions_are_forgotten_only_after_many_other_requests() {
        let mut repetitions = Repetitions::default();
        let generation = GENERATION as u64;
        assert_eq!((repetitions.count(0), repetitions.count(0)), (0, 1));
        for other in 1..generation {
            repetitions.count(other);
        }
        assert_eq!(repetitions.count(generation), 0);
        // It is of the old generation, and now of the young one again.
        assert_eq!(repetitions.count(0), 2);
        for other in 2 * generation..4 * generation {
            repetitions.count(other);
            assert!(repetitions.young.len() + repetitions.old.len() <= 2 * GENERATION);
        }
        assert_eq!(repetitions.count(0), 0);
    }

    #[test]
    fn the_fingerprint_does_not_depend_on_the_order_of_requests() {
        let prints = |paths: [&str; 2]| {
            let tally = Tally::default();
            paths.map(|path| {
                let request = Request::get(path).body(()).unwrap();
                tally.count(Operation::Other, &request).fingerprint
            })
        };
        let [a, b] = prints(["/a", "/b"]);
        assert_eq!(prints(["/b", "/a"]), [b, a]);
    }
}
