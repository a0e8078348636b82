//! A rate limit, to test whether a client waits exactly as long as `Retry-After` says. The limits of the real API are
//! not public. Another product of the vendor documents a limit per contract with a base rate and a burst, so the
//! simulated limit has this form.
//!
//! The limit is a token bucket: a bucket holds at most one burst of permits, each request takes one permit, and permits
//! are refilled at the rate. The limit uses the simulator's clock, so that waiting takes no real time in a test.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::behavior::setting::setting;
use crate::headers::http_date;

/// Minimum rate, in requests per second: one request per day.
pub const MIN_REQUESTS_PER_SECOND: f64 = 1.0 / 86_400.0;

/// Maximum rate, in requests per second: far more than a simulator can answer.
pub const MAX_REQUESTS_PER_SECOND: f64 = 1e6;

/// The key of the bucket that limits requests for the list of contracts.
pub(crate) const ACCOUNT: u64 = 0;

/// A limit on the rate of requests. Each contract and the list of contracts have their own limit. Requests for the
/// information about the API are not limited. A request counts only if its path, method, credentials and contract are
/// accepted.
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
    /// Nanoseconds per request. An integer, because rounding errors would add up with floating-point numbers.
    interval: u128,
    burst: u32,
    form: RetryAfterForm,
}

setting! {
    /// The form of the header `Retry-After`.
    RetryAfterForm, default Seconds {
        /// Whole seconds, rounded up, such as `2`: the form that the vendor's clients expect.
        Seconds = "seconds",
        /// Seconds with milliseconds, rounded up, such as `1.500`: not allowed by RFC 9110, but accepted by the
        /// vendor's client in Go.
        Fraction = "fraction",
        /// An HTTP date, rounded up to the second, such as `Fri, 20 Nov 2026 12:00:02 GMT`: allowed by RFC 9110, but
        /// not accepted by the vendor's clients.
        Date = "date",
        /// No header.
        Absent = "absent",
    }
}

/// Why a [`RateLimit`] is invalid.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum RateLimitError {
    /// The rate is not in [[`MIN_REQUESTS_PER_SECOND`], [`MAX_REQUESTS_PER_SECOND`]].
    Rate(f64),
    /// The burst is 0: every request would be refused.
    Burst,
}

impl RateLimit {
    /// A limit of `per_second` requests per second on average, and of `burst` requests at once.
    ///
    /// # Errors
    ///
    /// If the rate is not in [[`MIN_REQUESTS_PER_SECOND`], [`MAX_REQUESTS_PER_SECOND`]] or the burst is 0.
    pub fn new(per_second: f64, burst: u32) -> Result<Self, RateLimitError> {
        if !(MIN_REQUESTS_PER_SECOND..=MAX_REQUESTS_PER_SECOND).contains(&per_second) {
            return Err(RateLimitError::Rate(per_second));
        }
        if burst == 0 {
            return Err(RateLimitError::Burst);
        }
        Ok(Self { interval: (1e9 / per_second).round() as u128, burst, form: RetryAfterForm::default() })
    }

    /// The form of the header `Retry-After`. Default: [`RetryAfterForm::Seconds`].
    #[must_use]
    pub fn retry_after(mut self, form: RetryAfterForm) -> Self {
        self.form = form;
        self
    }
}

impl RetryAfterForm {
    /// The header value for a wait that starts at `now`. `None` if no header is sent.
    fn header_value(self, wait: TimeDelta, now: DateTime<Utc>) -> Option<String> {
        match self {
            Self::Seconds => Some(div_ceil(wait, 1_000_000_000).to_string()),
            Self::Fraction => {
                let milliseconds = div_ceil(wait, 1_000_000);
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

/// Divides a wait by a unit in nanoseconds, rounded up.
fn div_ceil(wait: TimeDelta, unit: u64) -> u64 {
    // A wait is at most one interval, and an interval is at most one day.
    let nanoseconds = wait.num_nanoseconds().unwrap_or_default();
    u64::try_from(nanoseconds).unwrap_or_default().div_ceil(unit)
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => write!(
                f,
                "the rate is {rate} requests per second: it must be between 1/86400 (one request per day) and \
                 {MAX_REQUESTS_PER_SECOND}"
            ),
            Self::Burst => write!(f, "the burst is 0: it must be at least 1 request"),
        }
    }
}

impl std::error::Error for RateLimitError {}

/// A rate limit with the state of its buckets.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: RateLimit,
    buckets: Mutex<HashMap<u64, RateLimitBucket>>,
}

/// The token bucket of one contract, or of the list of contracts ([`ACCOUNT`]).
#[derive(Debug)]
struct RateLimitBucket {
    /// Nanoseconds until the bucket is full, counted from `updated_at`.
    missing: u128,
    updated_at: DateTime<Utc>,
}

impl RateLimiter {
    /// Creates a limiter with full buckets.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes one permit from the bucket of a contract, or of the list of contracts ([`ACCOUNT`]).
    ///
    /// # Errors
    ///
    /// If the bucket is empty: the time until the next request is accepted, above zero and at most one day. A refused
    /// request takes nothing from the bucket.
    pub(crate) fn take(&self, contract: u64, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        // The buckets stay consistent even if another thread panicked while it held the lock.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(contract).or_insert(RateLimitBucket { missing: 0, updated_at: now });
        bucket.refill(now);
        let RateLimit { interval, burst, .. } = self.limit;
        let after = bucket.missing + interval;
        let excess = after.saturating_sub(interval * u128::from(burst));
        if excess == 0 {
            bucket.missing = after;
            return Ok(());
        }
        // The excess is at most one interval, which is at most one day.
        Err(TimeDelta::nanoseconds(i64::try_from(excess).unwrap_or(i64::MAX)))
    }

    /// The value of the header `Retry-After` for a wait that starts at `now`. `None` if no header is sent.
    pub(crate) fn retry_after(&self, wait: TimeDelta, now: DateTime<Utc>) -> Option<String> {
        self.limit.form.header_value(wait, now)
    }
}

impl RateLimitBucket {
    /// Refills the bucket for the time since the last update. If the clock was set back, refills nothing and counts
    /// from the new time, because the clock may need years to reach the old time again.
    fn refill(&mut self, now: DateTime<Utc>) {
        let elapsed = now.signed_duration_since(self.updated_at);
        // `None` means more than 292 years in either direction.
        let elapsed = match elapsed.num_nanoseconds() {
            Some(nanoseconds) => u128::try_from(nanoseconds).unwrap_or_default(),
            None if elapsed > TimeDelta::zero() => self.missing,
            None => 0,
        };
        self.missing = self.missing.saturating_sub(elapsed);
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests;
