//! A client that reads a long log meets a limit on its rate, and whether it waits as long as it is told, and not
//! longer, shows only against a service that counts. No numbers of this API are public; what another product of the
//! vendor documents is counted per contract, with a base rate and a burst, so that is what can be chosen here.
//!
//! It is a token bucket: it holds as many requests as a burst, each request takes one out, and they come back at the
//! rate. The time is the simulator's, so that waiting needs no time in a test.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::http_date::http_date;
use crate::switches::words;

/// The slowest rate, in requests per second: one a day. A slower one would be a service that is closed.
pub const MIN_PER_SECOND: f64 = 1.0 / 86_400.0;

/// The fastest rate, in requests per second: far above what a simulator answers.
pub const MAX_PER_SECOND: f64 = 1e6;

/// The account as a whole, which requests that name no contract count for.
pub(crate) const ACCOUNT: u64 = 0;

/// A limit on the requests to each contract, and apart from them on the requests for the list of contracts. Only
/// requests count that would be answered otherwise, or refused for a parameter.
///
/// ```
/// use ionos_activitylog_sim::{DEFAULT_TOKEN, RateLimit, Simulator};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let noon = "2026-11-20T12:00:00Z".parse()?;
/// let limit = RateLimit::new(0.5, 1)?;
/// let simulator = Simulator::builder().clock(move || noon).rate_limit(limit).build();
/// let request = http::Request::get("/activitylog/v1/contracts")
///     .header("authorization", format!("Bearer {DEFAULT_TOKEN}"))
///     .body(())?;
/// assert_eq!(simulator.answer(&request).status(), 200);
/// let response = simulator.answer(&request);
/// assert_eq!(response.status(), 429);
/// assert_eq!(response.headers()["retry-after"], "2");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Nanoseconds until one more request is good. Whole numbers, because sums of fractions drift.
    interval: u128,
    burst: u32,
    form: RetryAfterForm,
}

words! {
    /// How an answer says when the next request is good.
    RetryAfterForm, default Seconds {
        /// Whole seconds, rounded up, such as `2`: what the vendor's clients take for granted.
        Seconds = "seconds",
        /// Seconds with milliseconds, rounded up, such as `1.500`: against RFC 9110, but the vendor's client in Go
        /// takes it.
        Fraction = "fraction",
        /// A date, rounded up to the second, such as `Fri, 20 Nov 2026 12:00:02 GMT`: in RFC 9110, but the vendor's
        /// clients do not take it.
        Date = "date",
        /// No word.
        Absent = "absent",
    }
}

/// Why there is no such limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum RateLimitError {
    /// The rate is not a number in [[`MIN_PER_SECOND`], [`MAX_PER_SECOND`]].
    Rate(f64),
    /// The burst is 0, so that no request would ever be good.
    Burst,
}

impl RateLimit {
    /// A limit of so many requests per second in the long run, and of `burst` at once.
    ///
    /// # Errors
    ///
    /// When the rate is not in [[`MIN_PER_SECOND`], [`MAX_PER_SECOND`]] or the burst is 0.
    pub fn new(per_second: f64, burst: u32) -> Result<Self, RateLimitError> {
        if !(MIN_PER_SECOND..=MAX_PER_SECOND).contains(&per_second) {
            return Err(RateLimitError::Rate(per_second));
        }
        if burst == 0 {
            return Err(RateLimitError::Burst);
        }
        Ok(Self { interval: (1e9 / per_second).round() as u128, burst, form: RetryAfterForm::default() })
    }

    /// How the header `Retry-After` is written. The default is [`RetryAfterForm::Seconds`].
    #[must_use]
    pub fn retry_after(mut self, form: RetryAfterForm) -> Self {
        self.form = form;
        self
    }
}

impl RetryAfterForm {
    /// The value of the header for a wait that begins now.
    fn value(self, wait: TimeDelta, now: DateTime<Utc>) -> Option<String> {
        match self {
            Self::Seconds => Some(up(wait, 1_000_000_000).to_string()),
            Self::Fraction => {
                let milliseconds = up(wait, 1_000_000);
                Some(format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000))
            }
            Self::Date => {
                let exact = now.checked_add_signed(wait)?;
                let whole = exact.trunc_subsecs(0);
                let more = TimeDelta::seconds(i64::from(whole < exact));
                let date = whole.checked_add_signed(more)?;
                http_date(date)
            }
            Self::Absent => None,
        }
    }
}

/// In units of so many nanoseconds, rounded up.
fn up(wait: TimeDelta, unit: u64) -> u64 {
    // A wait is at most the longest interval, a day.
    let nanoseconds = wait.num_nanoseconds().unwrap_or_default();
    u64::try_from(nanoseconds).unwrap_or_default().div_ceil(unit)
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => write!(
                f,
                "the rate must be between one request a day (1/86400 per second) and {MAX_PER_SECOND} per second, and \
                 it is {rate}"
            ),
            Self::Burst => write!(f, "the burst must be at least 1 request, and it is 0"),
        }
    }
}

impl std::error::Error for RateLimitError {}

/// A limit and what was taken of it.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: RateLimit,
    buckets: Mutex<HashMap<u64, Bucket>>,
}

/// What was taken for one contract.
#[derive(Debug)]
struct Bucket {
    /// Nanoseconds until it is full again, counted from `seen`.
    missing: u128,
    /// When it was last looked at.
    seen: DateTime<Utc>,
}

impl RateLimiter {
    /// With full buckets.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes one request for a contract, or for the [`ACCOUNT`]. Otherwise says how long it takes until there is one
    /// again: more than nothing, and at most a day. A refused request takes nothing.
    pub(crate) fn take(&self, contract: u64, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        // A panic elsewhere leaves every bucket as good as it was.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(contract).or_insert(Bucket { missing: 0, seen: now });
        bucket.refill(now);
        let RateLimit { interval, burst, .. } = self.limit;
        let after = bucket.missing + interval;
        let too_much = after.saturating_sub(interval * u128::from(burst));
        if too_much == 0 {
            bucket.missing = after;
            return Ok(());
        }
        // It is at most an interval, which is at most a day.
        Err(TimeDelta::nanoseconds(i64::try_from(too_much).unwrap_or(i64::MAX)))
    }

    /// The value of the header `Retry-After` for a wait that begins now, if it is to be said.
    pub(crate) fn retry_after(&self, wait: TimeDelta, now: DateTime<Utc>) -> Option<String> {
        self.limit.form.value(wait, now)
    }
}

impl Bucket {
    /// A clock that was set back brings nothing back, but from then on counts as any other: waiting for it to reach the
    /// time it had before could take years.
    fn refill(&mut self, now: DateTime<Utc>) {
        let passed = now.signed_duration_since(self.seen);
        // None is more than 292 years, either way.
        let passed = match passed.num_nanoseconds() {
            Some(nanoseconds) => u128::try_from(nanoseconds).unwrap_or_default(),
            None if passed > TimeDelta::zero() => self.missing,
            None => 0,
        };
        self.missing = self.missing.saturating_sub(passed);
        self.seen = now;
    }
}

#[cfg(test)]
mod tests;
