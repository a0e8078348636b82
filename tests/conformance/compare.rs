//! Compares the actions of a runner with the expectations of a case. A runner executes cases with the library or with
//! the command line.

use std::fmt::Debug;
use std::time::Duration;

use super::case::{Case, Failure, Order, Outcome, Request, Success};
use crate::support::scripted::target;

/// The requests, waits and result of a case that a runner has executed.
pub struct Observed {
    pub requests: Vec<reqwest::Request>,
    pub waits: Vec<Duration>,
    /// Number of responses that no request used.
    pub unused: usize,
    /// The result. The error is `None` if the runner cannot observe the properties of an error.
    pub result: Result<Success, Option<Failure>>,
    /// The error message. `None` on success.
    pub message: Option<String>,
    /// The exit code. `None` if the runner is not a program.
    pub exit_code: Option<u8>,
}

/// All differences, each with the expected and the actual value.
pub fn differences(case: &Case, seen: &Observed) -> Vec<String> {
    let mut found = Vec::new();
    let then = &case.then;
    if seen.unused > 0 {
        found.push(format!("{} of {} responses were not used", seen.unused, seen.unused + seen.requests.len()));
    }
    if let Some(requests) = &then.requests {
        let actual: Vec<&reqwest::Request> = match case.given.order {
            Order::AsListed => seen.requests.iter().collect(),
            Order::Any => as_listed(requests, &seen.requests),
        };
        compare_requests(requests, &actual, &mut found);
    }
    let expected: Vec<u128> = then.waits_ms.iter().copied().map(micros).collect();
    let waits: Vec<u128> = seen.waits.iter().map(Duration::as_micros).collect();
    if waits != expected {
        found.push(format!("waits: expected {:?} ms, actual {:?}", then.waits_ms, seen.waits));
    }
    let same = match (&then.result, &seen.result) {
        (Outcome::Ok(expected), Ok(actual)) => expected == actual,
        (Outcome::Error(expected), Err(Some(actual))) => expected == actual,
        (Outcome::Error(_), Err(None)) => true,
        _ => false,
    };
    if !same {
        found.push(format!("result: expected {:?}\n    actual {:?}, {:?}", then.result, seen.result, seen.message));
    }
    compare_message(case, seen.message.as_deref().unwrap_or_default(), &mut found);
    if seen.exit_code.is_some() && seen.exit_code != then.exit_code {
        found.push(format!("exit code: expected {:?}, actual {:?}", then.exit_code, seen.exit_code));
    }
    found
}

/// Converts milliseconds to whole microseconds. Whole milliseconds are too coarse, because a wait may be half of an odd
/// number of milliseconds.
fn micros(millis: f64) -> u128 {
    Duration::from_secs_f64(millis / 1_000.0).as_micros()
}

fn compare_message(case: &Case, message: &str, found: &mut Vec<String>) {
    for text in &case.then.message_contains {
        if !message.contains(text) {
            found.push(format!("message: expected to contain {text:?}, actual {message:?}"));
        }
    }
    let lacks = case.then.message_lacks.iter().map(String::as_str);
    for text in lacks.chain(case.given.credentials.secrets()) {
        if message.contains(text) {
            found.push(format!("message: expected not to contain {text:?}, actual {message:?}"));
        }
    }
    if message.contains(char::is_control) {
        found.push(format!("message: expected one line, actual {message:?}"));
    }
}

/// The actual requests in the order of the expected ones; unexpected requests come last.
fn as_listed<'a>(expected: &[Request], actual: &'a [reqwest::Request]) -> Vec<&'a reqwest::Request> {
    let mut left: Vec<&reqwest::Request> = actual.iter().collect();
    let mut listed = Vec::new();
    for wanted in expected.iter().map(Request::target) {
        if let Some(place) = left.iter().position(|one| target(one) == wanted) {
            listed.push(left.remove(place));
        }
    }
    listed.extend(left);
    listed
}

fn compare_requests(expected: &[Request], actual: &[&reqwest::Request], found: &mut Vec<String>) {
    if expected.len() != actual.len() {
        let urls: Vec<&str> = actual.iter().map(|request| request.url().as_str()).collect();
        found.push(format!("requests: expected {}, actual {}: {urls:?}", expected.len(), actual.len()));
    }
    for (place, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        for difference in request_differences(expected, actual) {
            found.push(format!("request {}: {difference}", place + 1));
        }
    }
}

fn request_differences(expected: &Request, actual: &reqwest::Request) -> Vec<String> {
    let url = actual.url();
    let mut found = Vec::new();
    found.extend(unequal("method", &*expected.method, actual.method().as_str()));
    if let Some(origin) = &expected.origin {
        found.extend(unequal("origin", origin, &url.origin().ascii_serialization()));
    }
    found.extend(unequal("path", &*expected.path, url.path()));
    // Pairs instead of a map, so that a repeated name is a difference.
    let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    query.sort();
    let expected_query: Vec<(String, String)> = expected.query.clone().into_iter().collect();
    found.extend(unequal("query", &expected_query, &query));
    for (name, value) in &expected.headers {
        let sent = actual.headers().get(name);
        let sent = sent.map_or("(absent)", |value| value.to_str().unwrap_or("(not text)"));
        let same = match value.strip_suffix('*') {
            Some(begin) => sent.starts_with(begin),
            None => sent == value,
        };
        if !same {
            found.push(format!("header {name}: expected {value:?}, actual {sent:?}"));
        }
    }
    for name in &expected.absent_headers {
        if let Some(value) = actual.headers().get(name) {
            found.push(format!("header {name}: expected none, actual {value:?}"));
        }
    }
    found
}

fn unequal<T: Debug + PartialEq + ?Sized>(what: &str, expected: &T, actual: &T) -> Option<String> {
    (expected != actual).then(|| format!("{what}: expected {expected:?}, actual {actual:?}"))
}
