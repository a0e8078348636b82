//! Decides how often a failed call is retried and how long to wait before each retry. All operations only read, so any
//! call may be repeated.

use std::time::Duration;

use crate::defaults::{
    CALL_TIMEOUT, MAX_RETRY_AFTER, RETRY_AFTER_CEILING, RETRY_ATTEMPTS, RETRY_BASE_WAIT, RETRY_MAX_WAIT,
};
use crate::error::{Error, ErrorKind};

/// Attempts per call, and the waits between them.
///
/// The wait before attempt *n* (2 or more) is random, from 0 to the smaller of `base` x 2^(n - 2) and `cap` ("full
/// jitter"). If the service sends `Retry-After`, the wait is at least that long. If the service refuses the token of an
/// attempt and the token is replaced, this attempt does not count.
///
/// After 429, and after 503 with `Retry-After`, the client and its clones send no request until the wait is over. Calls
/// then continue in the order in which they began; a call that waits for its turn uses no attempt. These retries do not
/// draw from the retry budget that all clones share (100 retries in a row), because the concurrency limiter already
/// limits their number. A `Retry-After` above `retry_after_ceiling` ends the call and does not delay other calls.
///
/// ```
/// use std::time::Duration;
/// use ionos_activitylog::RetryPolicy;
///
/// let patient = RetryPolicy::builder().attempts(10).cap(Duration::from_secs(30)).build()?;
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    base: Duration,
    cap: Duration,
    retry_after_ceiling: Duration,
    deadline: Option<Duration>,
}

/// Maximum of `cap`: a day. A scheduler should handle longer waits.
const MAX_CAP: Duration = Duration::from_secs(86_400);

impl Default for RetryPolicy {
    /// 5 attempts, a maximum wait of 250 ms that doubles with each retry up to 10 s, a `Retry-After` of up to 60 s, and
    /// 5 minutes per call.
    fn default() -> Self {
        Self {
            attempts: RETRY_ATTEMPTS,
            base: RETRY_BASE_WAIT,
            cap: RETRY_MAX_WAIT,
            retry_after_ceiling: RETRY_AFTER_CEILING,
            deadline: Some(CALL_TIMEOUT),
        }
    }
}

impl RetryPolicy {
    /// One attempt per call, without a deadline for the call. An attempt does not count if its token is refused and
    /// replaced.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 1, deadline: None, ..Self::default() }
    }

    /// A builder that starts from the default policy.
    pub fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder(Self::default())
    }

    /// Maximum attempts per call, including the first one. An attempt does not count if its token is refused and
    /// replaced.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Maximum time per call, including retries and waits, but without time in which the program does not poll the
    /// call. `None` if there is no limit.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Maximum `Retry-After` to wait for.
    #[must_use]
    pub fn retry_after_ceiling(&self) -> Duration {
        self.retry_after_ceiling
    }

    /// The wait after the given number of attempts; `chance` is in `0.0..1.0`. `None` if `retry_after` is above the
    /// ceiling.
    pub(crate) fn wait(&self, attempts: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let longest = self.base.saturating_mul(doubled).min(self.cap);
        let backoff = longest.mul_f64(if chance.is_nan() { 0.0 } else { chance.clamp(0.0, 1.0) });
        match retry_after {
            Some(retry_after) if retry_after > self.retry_after_ceiling => None,
            retry_after => Some(backoff.max(retry_after.unwrap_or_default())),
        }
    }
}

/// Builds a [`RetryPolicy`]. Values are checked in [`RetryPolicyBuilder::build`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before .build()"]
pub struct RetryPolicyBuilder(RetryPolicy);

impl RetryPolicyBuilder {
    /// Maximum attempts per call, including the first one: 1 to 100. An attempt does not count if its token is refused
    /// and replaced.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Maximum wait before the second attempt, if the service sends no `Retry-After`. The value must be above 0.
    pub fn base(mut self, base: Duration) -> Self {
        self.0.base = base;
        self
    }

    /// Maximum wait before any attempt, if the service sends no `Retry-After`. The value must be from `base` to one
    /// day.
    pub fn cap(mut self, cap: Duration) -> Self {
        self.0.cap = cap;
        self
    }

    /// Maximum `Retry-After` to wait for, below 366 days; zero accepts no wait. A longer `Retry-After` ends the call;
    /// see [`Error::exceeds_retry_after_ceiling`]. The wait also counts towards [`RetryPolicyBuilder::deadline`], so a
    /// higher maximum may need a longer deadline. Default: 60 s.
    pub fn retry_after_ceiling(mut self, ceiling: Duration) -> Self {
        self.0.retry_after_ceiling = ceiling;
        self
    }

    /// Maximum time per call, including retries and waits; above 0, or `None` for no limit.
    pub fn deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.0.deadline = deadline.into();
        self
    }

    /// Checks the policy. Fails with [`ErrorKind::Configuration`] for a value out of bounds.
    pub fn build(self) -> Result<RetryPolicy, Error> {
        let RetryPolicy { attempts, base, cap, retry_after_ceiling, deadline } = self.0;
        let (reason, hint) = if !(1..=100).contains(&attempts) {
            (format!("attempts is {attempts}"), "use 1 to 100")
        } else if base.is_zero() {
            ("base is 0".to_owned(), "use more than 0")
        } else if cap > MAX_CAP {
            (format!("cap is {cap:?}"), "use at most one day")
        } else if cap < base {
            (format!("cap is {cap:?}, below the base of {base:?}"), "use at least the base")
        } else if retry_after_ceiling >= MAX_RETRY_AFTER {
            // A `Retry-After` above `MAX_RETRY_AFTER` is shortened to `MAX_RETRY_AFTER`, so this ceiling would accept
            // any `Retry-After`.
            (format!("retry_after_ceiling is {retry_after_ceiling:?}"), "use less than 366 days")
        } else if deadline.is_some_and(|deadline| deadline.is_zero()) {
            ("deadline is 0".to_owned(), "use more than 0, or no deadline")
        } else {
            return Ok(self.0);
        };
        Err(Error::new(ErrorKind::Configuration, format!("invalid retry policy: {reason}")).with_hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn waits_are_a_random_part_of_a_limit_that_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let waits = |chance: f64| -> Vec<Option<Duration>> {
            (1..=8).map(|attempt| policy.wait(attempt, None, chance)).collect()
        };
        let most = [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
        assert_eq!(waits(1.0), most.map(|millis| Some(ms(millis))));
        assert_eq!(waits(0.5), most.map(|millis| Some(ms(millis / 2))));
        assert_eq!(waits(0.0), [Some(Duration::ZERO); 8]);
        assert_eq!(policy.wait(u32::MAX, None, 1.0), Some(ms(10_000)));
    }

    #[test]
    fn retry_after_is_a_minimum_of_the_wait_and_is_refused_above_the_ceiling() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(1, Some(ms(3_000)), 1.0), Some(ms(3_000)));
        assert_eq!(policy.wait(6, Some(ms(3_000)), 1.0), Some(ms(8_000)));
        assert_eq!(policy.wait(1, Some(ms(60_000)), 0.0), Some(ms(60_000)));
        assert_eq!(policy.wait(1, Some(ms(60_001)), 0.0), None);
    }

    #[test]
    fn a_value_out_of_bounds_is_refused() {
        let build = |change: fn(RetryPolicyBuilder) -> RetryPolicyBuilder| change(RetryPolicy::builder()).build();
        let cases = [
            (build(|b| b.attempts(0)), "attempts is 0"),
            (build(|b| b.attempts(101)), "attempts is 101"),
            (build(|b| b.base(Duration::ZERO)), "base is 0"),
            (build(|b| b.cap(ms(1))), "cap is 1ms, below the base of 250ms"),
            (build(|b| b.deadline(Duration::ZERO)), "deadline is 0"),
            (build(|b| b.retry_after_ceiling(MAX_RETRY_AFTER)), "retry_after_ceiling is 31622400s"),
        ];
        for (policy, reason) in cases {
            let error = policy.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(build(|b| b).unwrap(), RetryPolicy::default());
        assert_eq!(build(|b| b.deadline(None)).unwrap().deadline(), None);
    }
}
