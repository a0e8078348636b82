//! A hundred requests need a token at the same moment, and it has just ended: the provider must be asked once, not a
//! hundred times, and not again for each of a hundred refusals.
//!
//! A refresh is one future shared by all who wait for it. Whoever is polled drives it, so that nobody waits for a
//! task that is not polled, and it needs no task of its own. When all who wait are dropped, so is the refresh, and
//! the next caller begins another.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};

use super::provider::TokenProvider;
use super::redact::REDACTED;
use super::token::shown;
use crate::clock::Clock;
use crate::{AccessToken, Error, ErrorKind};

/// A provider's token is refreshed when it has no more than this to live: 5 minutes, longer than a request with its
/// retries and than clocks differ.
pub const REFRESH_MARGIN: Duration = Duration::from_secs(5 * 60);

/// While there is a valid token, a provider that failed, or that gives tokens which live no longer than the margin,
/// is asked at most this often: 30 seconds.
pub const FETCH_BACKOFF: Duration = Duration::from_secs(30);

type Outcome = Result<Arc<AccessToken>, Failure>;
type Refresh = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The token of a provider, asked for as rarely as possible. `Debug` does not show it.
pub(crate) struct TokenCache {
    inner: Arc<Inner>,
}

struct Inner {
    provider: Arc<dyn TokenProvider>,
    clock: Arc<dyn Clock>,
    /// Locked for moments only, never across a wait and never while the provider is called.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<AccessToken>>,
    /// The token before, which late answers may still repeat.
    previous: Option<Arc<AccessToken>>,
    /// The service refused the token.
    rejected: bool,
    /// The provider was asked for another than a refused token and gave the same again.
    repeated: bool,
    /// The last refresh failed.
    failed: bool,
    /// When the last refresh ended, by [`Clock::elapsed`].
    asked_at: Option<Duration>,
    refresh: Option<WeakShared<Refresh>>,
}

impl TokenCache {
    pub(crate) fn new(provider: Arc<dyn TokenProvider>, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { provider, clock, state: Mutex::default() }) }
    }

    /// A token that is valid now; the provider is asked if there is none, if it is about to end, or if the provider
    /// has another. Who comes while the provider is asked gets that outcome.
    ///
    /// A refresh that fails leaves a token that is still valid in use. Without one, fails with
    /// [`ErrorKind::TokenProvider`]; so does a token that is over when the provider gives it.
    pub(crate) async fn get(&self) -> Result<Arc<AccessToken>, Error> {
        let changed = self.inner.provider.changed();
        let refresh = match self.inner.usable_or_refresh(changed) {
            Ok(token) => return Ok(token),
            Err(refresh) => refresh,
        };
        refresh.await.map_err(Failure::into_error)
    }

    /// Says that the service refused a token: the next [`TokenCache::get`] refreshes, unless somebody else's refresh
    /// has replaced that token, or has just shown that the provider has no other.
    pub(crate) fn invalidate(&self, rejected: &AccessToken) {
        let elapsed = self.inner.clock.elapsed();
        self.inner.with(|state| {
            let current = state.token.as_ref().is_some_and(|t| t.same_as(rejected));
            let pointless = state.repeated && state.just_asked(elapsed);
            state.rejected |= current && !pointless;
        });
    }

    /// The tokens that a text may hold: the current one and the one before.
    pub(crate) fn known(&self) -> Vec<Arc<AccessToken>> {
        self.inner.with(|state| {
            let known = [&state.token, &state.previous];
            known.into_iter().flatten().cloned().collect()
        })
    }
}

impl Inner {
    /// The token, or the refresh to wait for: the one on its way, or a new one.
    fn usable_or_refresh(self: &Arc<Self>, changed: bool) -> Result<Arc<AccessToken>, Shared<Refresh>> {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        self.with(|state| {
            if let Some(token) = state.valid(now)
                && !state.is_due(&token, now, elapsed, changed)
            {
                return Ok(token);
            }
            if let Some(refresh) = state.refresh.as_ref().and_then(WeakShared::upgrade) {
                return Err(refresh);
            }
            let refresh: Refresh = Box::pin(self.clone().refresh());
            let refresh = refresh.shared();
            state.refresh = refresh.downgrade();
            Err(refresh)
        })
    }

    async fn refresh(self: Arc<Self>) -> Outcome {
        // A provider that panics must not take along everybody who waits.
        let asked = AssertUnwindSafe(async { self.provider.token().await });
        let answer = match asked.catch_unwind().await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(Failure::of_provider(error)),
            Err(_panic) => Err(Failure::new("it panicked")),
        };
        self.settle(answer)
    }

    fn settle(&self, answer: Result<AccessToken, Failure>) -> Outcome {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let answer = answer.and_then(|token| match token.expired(now) {
            None => Ok(Arc::new(token)),
            Some(end) => Err(Failure::new(format!("it gave a token that expired at {}", shown(end)))),
        });
        self.with(|state| {
            state.refresh = None;
            state.asked_at = Some(elapsed);
            state.failed = answer.is_err();
            match answer {
                Ok(token) => {
                    state.replace(token.clone());
                    Ok(token)
                }
                Err(failure) => state.valid(now).ok_or(failure),
            }
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // The state is whole between any two changes, so a panic elsewhere does no harm.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The token, if it can be used at all.
    fn valid(&self, now: DateTime<Utc>) -> Option<Arc<AccessToken>> {
        let token = self.token.as_ref()?;
        (!self.rejected && token.expired(now).is_none()).then(|| token.clone())
    }

    /// Whether to ask for another token although this one is valid.
    fn is_due(&self, token: &AccessToken, now: DateTime<Utc>, elapsed: Duration, changed: bool) -> bool {
        let just_asked = self.just_asked(elapsed);
        if changed {
            return !(self.failed && just_asked);
        }
        let long = |left: Duration| left > REFRESH_MARGIN;
        let ending = |end: DateTime<Utc>| !(end - now).to_std().is_ok_and(long);
        token.expiry().is_some_and(ending) && !just_asked
    }

    fn just_asked(&self, elapsed: Duration) -> bool {
        self.asked_at.is_some_and(|asked| elapsed.saturating_sub(asked) < FETCH_BACKOFF)
    }

    fn replace(&mut self, token: Arc<AccessToken>) {
        let old = self.token.replace(token.clone());
        let same = old.as_ref().is_some_and(|old| old.same_as(&token));
        self.repeated = self.rejected && same;
        self.rejected = false;
        if !same {
            self.previous = old;
        }
    }
}

/// Why there is no token, for everybody who waits for it.
#[derive(Clone)]
struct Failure {
    reason: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), source: None }
    }

    /// A provider's own text may hold a secret, so it is left to those who ask for the source. Errors of this crate
    /// hold none.
    fn of_provider(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self { reason: error.downcast_ref().map(|error: &Error| error.to_string()), source: Some(error.into()) }
    }

    fn into_error(self) -> Error {
        let detail = match self.reason {
            Some(reason) => format!("the token provider failed: {reason}"),
            None => "the token provider failed".to_owned(),
        };
        let error = Error::new(ErrorKind::TokenProvider, detail);
        match self.source {
            Some(source) => error.with_provider_error(source),
            None => error,
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("token", &format_args!("{REDACTED}")).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
