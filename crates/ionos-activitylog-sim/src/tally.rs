//! A script of faults speaks of "the third request" or "every tenth", and the simulated service otherwise remembers
//! nothing. So requests are counted here, in one place, in the order in which they arrive.
//!
//! Requests that overtake each other get other numbers the next time. Whatever must not depend on who was faster is
//! drawn from [`Seen::fingerprint`] and [`Seen::again`], which do not change with the order of different requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::Request;

use crate::service::Operation;
use crate::world::random::fingerprint;

/// Counts requests, for as long as the simulator lives.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: u64,
    of_operation: HashMap<Operation, u64>,
    /// By fingerprint: 16 bytes for each different request.
    again: HashMap<u64, u64>,
}

/// The place of a request among all those that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// 1 for the first request of all.
    pub(crate) number: u64,
    /// 1 for the first request for its operation.
    pub(crate) of_operation: u64,
    /// How often the very same method, path and query came before.
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
        let again = counts.again.entry(fingerprint).or_default();
        *again += 1;
        Seen {
            again: *again - 1,
            number: counts.all,
            of_operation,
            fingerprint,
        }
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
