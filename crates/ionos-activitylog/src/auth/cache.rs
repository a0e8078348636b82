//! Caches the token of a provider: many concurrent requests with an expired or rejected token call the provider once.
//!
//! A refresh is one future shared by all waiting requests. Polling any of these requests drives the refresh, so the
//! refresh needs no task of its own and never depends on a request that is not polled. If all waiting requests are
//! dropped, the refresh is dropped too, and the next request starts a new refresh.

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
use super::token::{AccessToken, format_expiry};
use crate::defaults::{FETCH_BACKOFF, REFRESH_MARGIN};
use crate::error::{Error, ErrorKind};
use crate::redact::REDACTED;
use crate::runtime::clock::Clock;

type RefreshResult = Result<Arc<AccessToken>, RefreshError>;
type TokenRefresh = Pin<Box<dyn Future<Output = RefreshResult> + Send>>;

/// Caches the token of a provider. `Debug` does not show the token.
pub(crate) struct TokenCache {
    inner: Arc<TokenCacheInner>,
}

struct TokenCacheInner {
    provider: Arc<dyn TokenProvider>,
    clock: Arc<dyn Clock>,
    /// Never locked across an await or during a call of the provider.
    state: Mutex<TokenCacheState>,
}

#[derive(Default)]
struct TokenCacheState {
    token: Option<Arc<AccessToken>>,
    /// The previous token, which late answers may still contain.
    previous: Option<Arc<AccessToken>>,
    /// Whether the service rejected the token.
    rejected: bool,
    /// Whether the provider returned a rejected token again.
    repeated: bool,
    /// Whether the last refresh failed.
    failed: bool,
    /// The end of the last refresh, measured by [`Clock::elapsed`].
    refreshed_at: Option<Duration>,
    refresh: Option<WeakShared<TokenRefresh>>,
}

impl TokenCache {
    pub(crate) fn new(provider: Arc<dyn TokenProvider>, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(TokenCacheInner { provider, clock, state: Mutex::default() }) }
    }

    /// Returns a token that is valid now. Calls the provider if the cache has no valid token, if the token expires
    /// soon, or if the provider reports a change; concurrent callers share one call.
    ///
    /// If the call fails or returns an expired token, a cached token that is still valid stays in use. If there is no
    /// such token either, `get` fails with [`ErrorKind::TokenProvider`].
    pub(crate) async fn get(&self) -> Result<Arc<AccessToken>, Error> {
        let changed = self.inner.provider.changed();
        let refresh = match self.inner.token_or_refresh(changed) {
            Ok(token) => return Ok(token),
            Err(refresh) => refresh,
        };
        refresh.await.map_err(RefreshError::into_error)
    }

    /// Marks a token as rejected by the service: the next [`TokenCache::get`] refreshes it. Does nothing if a refresh
    /// has already replaced the token, or has just shown that the provider has no other token.
    pub(crate) fn invalidate(&self, rejected: &AccessToken) {
        let elapsed = self.inner.clock.elapsed();
        self.inner.with_state(|state| {
            let current = state.token.as_ref().is_some_and(|t| t.is_same(rejected));
            let pointless = state.repeated && state.was_refreshed_recently(elapsed);
            state.rejected |= current && !pointless;
        });
    }

    /// The tokens to redact: the current and the previous one.
    pub(crate) fn known_tokens(&self) -> Vec<Arc<AccessToken>> {
        self.inner.with_state(|state| {
            let known = [&state.token, &state.previous];
            known.into_iter().flatten().cloned().collect()
        })
    }
}

impl TokenCacheInner {
    /// The token, or the refresh to wait for: the running refresh, or a new one.
    fn token_or_refresh(self: &Arc<Self>, changed: bool) -> Result<Arc<AccessToken>, Shared<TokenRefresh>> {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        self.with_state(|state| {
            if let Some(token) = state.valid_token(now)
                && !state.is_refresh_due(&token, now, elapsed, changed)
            {
                return Ok(token);
            }
            if let Some(refresh) = state.refresh.as_ref().and_then(WeakShared::upgrade) {
                return Err(refresh);
            }
            let refresh: TokenRefresh = Box::pin(self.clone().refresh());
            let refresh = refresh.shared();
            state.refresh = refresh.downgrade();
            Err(refresh)
        })
    }

    async fn refresh(self: Arc<Self>) -> RefreshResult {
        // A panic of the provider must not propagate to the waiting requests.
        let call = AssertUnwindSafe(async { self.provider.token().await });
        let result = match call.catch_unwind().await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(RefreshError::from_provider(error)),
            Err(_panic) => Err(RefreshError::new("it panicked")),
        };
        self.finish_refresh(result)
    }

    /// Stores the result of a refresh. If the refresh failed, returns the old token as long as that token is valid.
    fn finish_refresh(&self, result: Result<AccessToken, RefreshError>) -> RefreshResult {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let result = result.and_then(|token| match token.past_expiry(now) {
            None => Ok(Arc::new(token)),
            Some(end) => Err(RefreshError::new(format!("it returned a token that expired at {}", format_expiry(end)))),
        });
        self.with_state(|state| {
            state.refresh = None;
            state.refreshed_at = Some(elapsed);
            state.failed = result.is_err();
            match result {
                Ok(token) => {
                    state.replace(token.clone());
                    Ok(token)
                }
                Err(error) => state.valid_token(now).ok_or(error),
            }
        })
    }

    fn with_state<T>(&self, change: impl FnOnce(&mut TokenCacheState) -> T) -> T {
        // The state is consistent between changes, so a poisoned lock is usable.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenCacheState {
    /// The token if it is neither rejected nor expired.
    fn valid_token(&self, now: DateTime<Utc>) -> Option<Arc<AccessToken>> {
        let token = self.token.as_ref()?;
        (!self.rejected && token.past_expiry(now).is_none()).then(|| token.clone())
    }

    /// Whether to refresh the token although it is valid.
    fn is_refresh_due(&self, token: &AccessToken, now: DateTime<Utc>, elapsed: Duration, changed: bool) -> bool {
        let recently = self.was_refreshed_recently(elapsed);
        if changed {
            return !(self.failed && recently);
        }
        let expires_soon = |end: DateTime<Utc>| !(end - now).to_std().is_ok_and(|left| left > REFRESH_MARGIN);
        token.expiry().is_some_and(expires_soon) && !recently
    }

    fn was_refreshed_recently(&self, elapsed: Duration) -> bool {
        self.refreshed_at.is_some_and(|at| elapsed.saturating_sub(at) < FETCH_BACKOFF)
    }

    fn replace(&mut self, token: Arc<AccessToken>) {
        let old = self.token.replace(token.clone());
        let same = old.as_ref().is_some_and(|old| old.is_same(&token));
        self.repeated = self.rejected && same;
        self.rejected = false;
        if !same {
            self.previous = old;
        }
    }
}

/// Why there is no token; cloned for each waiting request.
#[derive(Clone)]
struct RefreshError {
    reason: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl RefreshError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), source: None }
    }

    /// Shows the text of the provider's error only if that error is an [`Error`] of this crate, because the text of any
    /// other error may hold a secret.
    fn from_provider(error: Box<dyn StdError + Send + Sync>) -> Self {
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
