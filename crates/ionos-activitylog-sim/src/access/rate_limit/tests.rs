use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http::{Request, Response};
use serde_json::{Value, json};

use super::*;
use crate::{DEFAULT_TOKEN, RATE_LIMIT_CODE, Simulator};

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_176_000_000 + milliseconds).unwrap()
}

fn limiter(per_second: f64, burst: u32) -> RateLimiter {
    RateLimiter::new(RateLimit::new(per_second, burst).unwrap())
}

/// The wait in milliseconds for requests at these times; 0 if a request is accepted.
fn waits(limiter: &RateLimiter, times: &[i64]) -> Vec<i64> {
    let wait = |time: &i64| match limiter.take(1, at(*time)) {
        Ok(()) => 0,
        Err(wait) => wait.num_milliseconds(),
    };
    times.iter().map(wait).collect()
}

#[test]
fn a_bucket_allows_a_burst_at_once_and_then_the_rate() {
    for (per_second, burst, times, expected) in [
        // The limit that another product documents: 5 requests per second, 10 requests at once.
        (5.0, 10, vec![0; 12], [vec![0; 10], vec![200; 2]].concat()),
        (1.0, 1, vec![0, 1, 999, 1000, 1000], vec![0, 999, 1, 0, 1000]),
        (2.0, 2, vec![0, 0, 0, 500, 500], vec![0, 0, 500, 0, 500]),
        // A bucket never holds more than a burst, however long it was idle.
        (1.0, 2, vec![0, 60_000, 60_000, 60_000], vec![0, 0, 0, 1000]),
        // A partial refill is kept.
        (1.0, 1, vec![0, 300, 600, 900, 1000, 1500], vec![0, 700, 400, 100, 0, 500]),
        // A refused request takes nothing from the bucket.
        (0.1, 1, vec![0, 1, 1, 1, 10_000], vec![0, 9999, 9999, 9999, 0]),
    ] {
        let name = format!("{per_second} per second, burst {burst}, times {times:?}");
        assert_eq!(waits(&limiter(per_second, burst), &times), expected, "{name}");
    }
}

#[test]
fn each_contract_has_its_own_bucket() {
    let limiter = limiter(1.0, 1);
    for contract in [ACCOUNT, 1, 2] {
        assert_eq!(limiter.take(contract, at(0)), Ok(()));
    }
    assert_eq!(limiter.take(2, at(0)), Err(TimeDelta::seconds(1)));
}

#[test]
fn a_client_that_waits_as_long_as_required_is_never_refused_twice() {
    for per_second in [MIN_REQUESTS_PER_SECOND, 0.3, 3.0, 7.7, 999.9, MAX_REQUESTS_PER_SECOND] {
        let limiter = limiter(per_second, 3);
        let mut now = at(0);
        for request in 0..100 {
            if let Err(wait) = limiter.take(1, now) {
                assert!(wait > TimeDelta::zero() && wait <= TimeDelta::days(1), "{wait}");
                now += wait;
                assert_eq!(limiter.take(1, now), Ok(()), "{per_second} per second, request {request}");
            }
        }
    }
}

#[test]
fn a_clock_that_is_set_back_neither_refills_nor_blocks_a_bucket() {
    let limiter = limiter(1.0, 1);
    assert_eq!(waits(&limiter, &[0, -3_600_000, -3_599_000]), [0, 1000, 0]);
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    assert!(limiter.take(1, last).is_ok());
    assert_eq!(limiter.take(1, first), Err(TimeDelta::seconds(1)));
    assert!(limiter.take(1, first + TimeDelta::seconds(1)).is_ok());
    assert!(limiter.take(1, last).is_ok());
}

#[test]
fn an_invalid_limit_is_an_error_that_names_the_bounds() {
    for rate in [0.0, -1.0, 1e-9, 1e9, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let error = RateLimit::new(rate, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the rate is {rate} requests per second: it must be between 1/86400 (one request per day) and 1000000"
            )
        );
    }
    let error = RateLimit::new(1.0, 0).unwrap_err();
    assert_eq!(error, RateLimitError::Burst);
    assert_eq!(error.to_string(), "the burst is 0: it must be at least 1 request");
    for (rate, burst) in [(MIN_REQUESTS_PER_SECOND, 1), (MAX_REQUESTS_PER_SECOND, u32::MAX), (0.3, 1)] {
        let limiter = limiter(rate, burst);
        assert_eq!(limiter.take(1, at(0)), Ok(()));
    }
}

#[test]
fn retry_after_has_the_chosen_form_and_is_never_less_than_the_wait() {
    use RetryAfterForm::{Absent, Date, Fraction, Seconds};
    for (form, nanoseconds, expected) in [
        (Seconds, 1, Some("1")),
        (Seconds, 1_000_000_000, Some("1")),
        (Seconds, 1_000_000_001, Some("2")),
        (Seconds, 86_400_000_000_000, Some("86400")),
        (Fraction, 1, Some("0.001")),
        (Fraction, 1_500_000_000, Some("1.500")),
        (Fraction, 2_000_000_001, Some("2.001")),
        (Date, 1, Some("Fri, 20 Nov 2026 12:00:01 GMT")),
        (Date, 500_000_000, Some("Fri, 20 Nov 2026 12:00:01 GMT")),
        (Date, 500_000_001, Some("Fri, 20 Nov 2026 12:00:02 GMT")),
        (Absent, 1, None),
    ] {
        let value = form.header_value(TimeDelta::nanoseconds(nanoseconds), at(500));
        assert_eq!(value.as_deref(), expected, "{form:?}, {nanoseconds} ns");
    }
}

#[test]
fn retry_after_as_a_date_is_a_valid_http_date_and_is_absent_if_the_date_is_out_of_range() {
    let wait = TimeDelta::hours(15);
    for day in 0..366 {
        let now = at(day * 86_400_000);
        let value = RetryAfterForm::Date.header_value(wait, now).unwrap();
        let read = httpdate::parse_http_date(&value).unwrap();
        assert_eq!(read, (now + wait).into(), "{value}");
    }
    assert_eq!(RetryAfterForm::Date.header_value(wait, DateTime::<Utc>::MAX_UTC), None);
}

/// A simulator with this limit and two contracts, and its clock, which is set in milliseconds after noon.
fn simulator(limit: RateLimit) -> (Simulator, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(0));
    let time = clock.clone();
    let simulator =
        Simulator::builder().contracts(2).clock(move || at(time.load(Ordering::Relaxed))).rate_limit(limit).build();
    (simulator, clock)
}

fn get(simulator: &Simulator, path: &str, token: &str) -> Response<bytes::Bytes> {
    let request = Request::get(format!("/activitylog/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap();
    simulator.answer(&request)
}

#[test]
fn a_request_above_the_limit_gets_429_and_is_accepted_after_the_wait() {
    let (simulator, clock) = simulator(RateLimit::new(0.4, 1).unwrap());
    let get = |path: &str| get(&simulator, path, DEFAULT_TOKEN);
    assert_eq!(get("/contracts").status(), 200);
    let refused = get("/contracts");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "3");
    assert_eq!(
        serde_json::from_slice::<Value>(refused.body()).unwrap(),
        json!({
            "httpStatus": 429,
            "messages": [{"errorCode": RATE_LIMIT_CODE, "message": "Too Many Requests"}],
        })
    );
    clock.store(2_500, Ordering::Relaxed);
    let good = get("/contracts");
    assert_eq!(good.status(), 200);
    assert!(!good.headers().contains_key("retry-after"));
}

#[test]
fn no_retry_after_is_sent_if_the_form_is_absent() {
    let limit = RateLimit::new(1.0, 1).unwrap().retry_after(RetryAfterForm::Absent);
    let (simulator, _) = simulator(limit);
    let answers = [(); 2].map(|()| get(&simulator, "/contracts", DEFAULT_TOKEN));
    assert_eq!(answers[1].status(), 429);
    assert!(!answers[1].headers().contains_key("retry-after"));
}

#[test]
fn the_limit_is_checked_after_token_and_contract_and_before_the_parameters() {
    let (simulator, _) = simulator(RateLimit::new(1.0, 1).unwrap());
    let [one, two] = [0, 1].map(|index| format!("/contracts/{}", simulator.contracts()[index]));
    for (path, token, status) in [
        // A request takes no permit if an earlier check refuses the request.
        (one.clone(), "x", 401),
        ("/contracts/1".into(), DEFAULT_TOKEN, 403),
        ("/contracts/1".into(), DEFAULT_TOKEN, 403),
        (String::new(), "x", 200),
        (String::new(), "x", 200),
        // A request that passes the limit takes a permit, even if a later check refuses the request.
        (format!("{one}?limit=0"), DEFAULT_TOKEN, 400),
        (format!("{one}?limit=0"), DEFAULT_TOKEN, 429),
        // Every contract and the list of contracts have their own limit.
        (format!("{two}?limit=1"), DEFAULT_TOKEN, 200),
        (format!("{two}?limit=1"), DEFAULT_TOKEN, 429),
        ("/contracts".into(), DEFAULT_TOKEN, 200),
        ("/contracts".into(), DEFAULT_TOKEN, 429),
    ] {
        assert_eq!(get(&simulator, &path, token).status(), status, "{path}");
    }
}
