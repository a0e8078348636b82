//! How often and after how long a call is tried again.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// When a failed call is tried again.
///
/// The wait before attempt *n* is a random part of `base` doubled with each attempt, `cap` at the most ("full
/// jitter"). A service that names a time in `Retry-After` is given that time, unless the backoff is longer.
///
/// After 429, and after 503 with a `Retry-After`, nothing else is sent by the client and its clones either before that wait
/// is over. Then calls go on in the order in which they came, and having waited for each other is no attempt. Nor do such
/// retries draw from what all clones may retry in a row, 100 that success refills: however many calls wait, few are sent.
/// A time beyond `retry_after_ceiling` ends its call and holds back no other.
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

/// A day. Whoever waits longer wants a scheduler.
const LONGEST_CAP: Duration = Duration::from_secs(86_400);

impl Default for RetryPolicy {
    /// 5 attempts, from 250 ms doubled up to 10 s, `Retry-After` up to 60 s, 5 minutes in all.
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(10),
            retry_after_ceiling: Duration::from_secs(60),
            deadline: Some(Duration::from_secs(300)),
        }
    }
}

impl RetryPolicy {
    /// One attempt and no deadline for the call as a whole.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 1, deadline: None, ..Self::default() }
    }

    /// Starts from the default.
    pub fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder(Self::default())
    }

    /// How often a call is sent at the most, the first time included.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long a call may take in all, waits included; none when there is no limit.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The longest `Retry-After` that is waited for.
    #[must_use]
    pub fn retry_after_ceiling(&self) -> Duration {
        self.retry_after_ceiling
    }

    /// The wait after the given number of attempts; `chance` is from 0, inclusive, to 1, exclusive.
    ///
    /// None when the service asks for more patience than this policy has.
    pub(crate) fn wait(&self, attempts: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let most = self.base.saturating_mul(doubled).min(self.cap);
        let backoff = most.mul_f64(if chance.is_nan() { 0.0 } else { chance.clamp(0.0, 1.0) });
        match retry_after {
            Some(asked) if asked > self.retry_after_ceiling => None,
            asked => Some(backoff.max(asked.unwrap_or_default())),
        }
    }
}

/// Builds a [`RetryPolicy`]; it is checked in [`RetryPolicyBuilder::build`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before .build()"]
pub struct RetryPolicyBuilder(RetryPolicy);

impl RetryPolicyBuilder {
    /// How often a call is sent at the most, the first time included: 1 to 100.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// The longest wait before the second attempt; above 0.
    pub fn base(mut self, base: Duration) -> Self {
        self.0.base = base;
        self
    }

    /// The longest wait before any attempt; at least `base`, and at most a day.
    pub fn cap(mut self, cap: Duration) -> Self {
        self.0.cap = cap;
        self
    }

    /// The longest `Retry-After` that is waited for. A longer one ends the call, and [`Error::retry_after`] tells it.
    pub fn retry_after_ceiling(mut self, ceiling: Duration) -> Self {
        self.0.retry_after_ceiling = ceiling;
        self
    }

    /// How long a call may take in all, waits included; above 0, or none for no limit.
    pub fn deadline(mut self, deadline: impl Into<Option<Duration>>) -> Self {
        self.0.deadline = deadline.into();
        self
    }

    /// Checks the policy. Fails with [`ErrorKind::Configuration`] for a value outside its range.
    pub fn build(self) -> Result<RetryPolicy, Error> {
        let RetryPolicy { attempts, base, cap, deadline, .. } = self.0;
        let (refusal, hint) = if !(1..=100).contains(&attempts) {
            (format!("{attempts} attempts"), "give 1 to 100")
        } else if base.is_zero() {
            ("a base of no time".to_owned(), "give more than 0")
        } else if cap > LONGEST_CAP {
            (format!("a cap of {cap:?}"), "give at most a day")
        } else if cap < base {
            (format!("a cap of {cap:?} below the base of {base:?}"), "give at least the base")
        } else if deadline.is_some_and(|deadline| deadline.is_zero()) {
            ("a deadline of no time".to_owned(), "give more than 0, or none")
        } else {
            return Ok(self.0);
        };
        Err(Error::new(ErrorKind::Configuration, format!("the retry policy cannot be used, it has {refusal}"))
            .with_hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_a_random_part_of_that() {
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
    fn the_service_is_given_the_time_that_it_asks_for_up_to_a_ceiling() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(1, Some(ms(3_000)), 1.0), Some(ms(3_000)));
        assert_eq!(policy.wait(6, Some(ms(3_000)), 1.0), Some(ms(8_000)));
        assert_eq!(policy.wait(1, Some(ms(60_000)), 0.0), Some(ms(60_000)));
        assert_eq!(policy.wait(1, Some(ms(60_001)), 0.0), None);
    }

    #[test]
    fn a_policy_that_cannot_work_is_refused() {
        let build = |change: fn(RetryPolicyBuilder) -> RetryPolicyBuilder| change(RetryPolicy::builder()).build();
        let cases = [
            (build(|b| b.attempts(0)), "0 attempts"),
            (build(|b| b.attempts(101)), "101 attempts"),
            (build(|b| b.base(Duration::ZERO)), "a base of no time"),
            (build(|b| b.cap(ms(1))), "a cap of 1ms below the base of 250ms"),
            (build(|b| b.deadline(Duration::ZERO)), "a deadline of no time"),
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
