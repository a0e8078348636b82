//! Tests of the cache with a scripted provider, which counts its calls and needs several polls for each result.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use chrono::TimeDelta;
use futures_util::future::{join_all, poll_fn};

use super::*;
use crate::auth::claims::tests::jwt;
use crate::auth::provider::TokenFuture;
use crate::auth::token_file::TokenFile;
use crate::runtime::clock::VirtualClock;

enum ScriptStep {
    /// Returns a token with this name that expires after this many seconds.
    Token(&'static str, i64),
    Fails(&'static str),
    Panics,
}
use ScriptStep::{Fails, Panics, Token};

/// Number of polls before the provider returns its result. It exceeds the number of concurrent callers of a test (a
/// hundred), so that each caller polls at least once before the result.
const POLLS: usize = 300;

struct ScriptedProvider {
    steps: Mutex<VecDeque<ScriptStep>>,
    calls: AtomicUsize,
    changed: AtomicBool,
    clock: Arc<VirtualClock>,
}

impl TokenProvider for ScriptedProvider {
    fn token(&self) -> TokenFuture<'_> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            yields(POLLS).await;
            let step = self.steps.lock().unwrap().pop_front();
            match step.expect("the script has a step for each call") {
                Token(name, seconds) => {
                    self.changed.store(false, Ordering::Relaxed);
                    let end = self.clock.now() + TimeDelta::seconds(seconds);
                    Ok(AccessToken::new(name)?.expires_at(end))
                }
                Fails(text) => Err(io::Error::other(text).into()),
                Panics => panic!("planted-panic"),
            }
        })
    }

    fn changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }
}

async fn yields(mut times: usize) {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct CacheScenario {
    clock: Arc<VirtualClock>,
    script: Arc<ScriptedProvider>,
    cache: TokenCache,
}

impl CacheScenario {
    fn new<const N: usize>(steps: [ScriptStep; N]) -> Self {
        let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
        let script = Arc::new(ScriptedProvider {
            steps: Mutex::new(steps.into()),
            calls: AtomicUsize::new(0),
            changed: AtomicBool::new(false),
            clock: clock.clone(),
        });
        let cache = TokenCache::new(script.clone(), clock.clone());
        Self { clock, script, cache }
    }

    /// The name of the token that the cache returns.
    async fn name(&self) -> String {
        name(&self.cache.get().await.unwrap())
    }

    /// The results of a hundred concurrent callers.
    async fn get_concurrently(&self) -> Vec<Result<Arc<AccessToken>, Error>> {
        join_all((0..100).map(|_| self.cache.get())).await
    }

    fn calls(&self) -> usize {
        self.script.calls.load(Ordering::Relaxed)
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn name(token: &AccessToken) -> String {
    let header = token.authorization().unwrap();
    header.to_str().unwrap()["Bearer ".len()..].to_owned()
}

#[tokio::test]
async fn a_hundred_callers_with_an_expired_token_call_the_provider_once() {
    let scene = CacheScenario::new([Token("one", 3600), Token("two", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.advance(3600);
    for token in scene.get_concurrently().await {
        assert_eq!(name(&token.unwrap()), "two");
    }
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn a_caller_during_a_refresh_gets_the_result_of_that_refresh() {
    let scene = CacheScenario::new([Token("one", 3600)]);
    let late = async {
        yields(2).await;
        scene.name().await
    };
    let (early, late) = futures_util::future::join(scene.name(), late).await;
    assert_eq!((early.as_str(), late.as_str(), scene.calls()), ("one", "one", 1));
}

#[tokio::test]
async fn a_hundred_rejections_of_one_token_call_the_provider_once() {
    let scene = CacheScenario::new([Token("one", 3600), Token("two", 3600)]);
    let refused = scene.get_concurrently().await;
    let replies = refused.into_iter().map(|token| async {
        let token = token.unwrap();
        scene.cache.invalidate(&token);
        let next = scene.cache.get().await.unwrap();
        // A late answer rejects a token that is no longer in use.
        scene.cache.invalidate(&token);
        name(&next)
    });
    for next in join_all(replies).await {
        assert_eq!(next, "two");
    }
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 2));
}

#[tokio::test]
async fn a_provider_that_repeats_a_rejected_token_is_not_called_for_each_rejection() {
    let scene = CacheScenario::new([Token("one", 3600), Token("one", 3600), Token("two", 3600)]);
    let refused = scene.cache.get().await.unwrap();
    for _ in 0..100 {
        scene.cache.invalidate(&refused);
        assert_eq!(scene.name().await, "one");
    }
    assert_eq!(scene.calls(), 2);
    scene.advance(FETCH_BACKOFF.as_secs());
    scene.cache.invalidate(&refused);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn a_token_is_refreshed_within_the_margin_and_not_earlier() {
    let scene = CacheScenario::new([Token("one", 3600), Token("two", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.advance(3600 - 301);
    assert_eq!(scene.name().await, "one");
    scene.advance(1);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn tokens_that_expire_within_the_margin_are_not_fetched_for_every_request() {
    let scene = CacheScenario::new([Token("one", 60), Token("two", 60)]);
    for _ in 0..100 {
        assert_eq!(scene.name().await, "one");
    }
    scene.advance(FETCH_BACKOFF.as_secs());
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 2));
}

#[tokio::test]
async fn after_a_failed_refresh_a_valid_token_stays_and_the_next_refresh_waits_for_the_backoff() {
    let scene = CacheScenario::new([Token("one", 600), Fails("down"), Fails("down"), Token("two", 600)]);
    assert_eq!(scene.name().await, "one");
    scene.advance(300);
    for _ in 0..10 {
        assert_eq!(scene.name().await, "one");
    }
    assert_eq!(scene.calls(), 2);
    scene.advance(FETCH_BACKOFF.as_secs() - 1);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
    scene.advance(1);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 3));
    scene.advance(FETCH_BACKOFF.as_secs());
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 4));
}

#[tokio::test]
async fn if_no_token_is_cached_all_callers_get_the_error_of_the_refresh_without_the_text_of_the_provider() {
    let scene = CacheScenario::new([Fails("planted-secret"), Token("one", 600)]);
    for error in scene.get_concurrently().await {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenProvider);
        assert_eq!(error.to_string(), "the token provider failed");
        assert!(!format!("{error:?}").contains("planted"));
        assert!(error.source().is_none(), "a program that prints the sources does not print the text of the provider");
        let own = error.provider_error().unwrap();
        assert!(own.is::<io::Error>(), "the error of the provider keeps its type");
        assert_eq!(own.to_string(), "planted-secret");
    }
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.name().await, "one", "the next caller calls the provider at once");
}

#[tokio::test]
async fn a_rejected_token_is_not_used_when_the_refresh_fails() {
    let scene = CacheScenario::new([Token("one", 600), Fails("down"), Token("two", 600)]);
    let refused = scene.cache.get().await.unwrap();
    scene.cache.invalidate(&refused);
    let error = scene.cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn an_expired_token_from_the_provider_is_an_error_and_not_a_loop() {
    let scene = CacheScenario::new([Token("one", 0), Token("two", 600), Token("three", -1)]);
    let error = scene.cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert_eq!(
        error.to_string(),
        "the token provider failed: it returned a token that expired at 2026-11-20T12:00:00Z"
    );
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.name().await, "two");
    scene.advance(300);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 3));
}

#[tokio::test]
async fn a_refresh_continues_when_its_first_caller_is_dropped() {
    let scene = CacheScenario::new([Token("one", 600)]);
    let mut first = Box::pin(scene.cache.get());
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(scene.cache.get());
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    assert_eq!(name(&second.await.unwrap()), "one");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_refresh_continues_when_its_first_caller_is_not_polled() {
    let scene = CacheScenario::new([Token("one", 600)]);
    let mut resting = Box::pin(scene.cache.get());
    assert!(resting.as_mut().now_or_never().is_none());
    assert_eq!(scene.name().await, "one");
    assert_eq!(name(&resting.await.unwrap()), "one");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_refresh_restarts_after_all_its_callers_were_dropped() {
    let scene = CacheScenario::new([Token("one", 600)]);
    let mut left = Box::pin(scene.cache.get());
    assert!(left.as_mut().now_or_never().is_none());
    drop(left);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
}

#[tokio::test]
async fn a_panic_of_the_provider_is_an_error_and_the_next_call_works() {
    let scene = CacheScenario::new([Panics, Token("one", 600)]);
    for error in scene.get_concurrently().await {
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "the token provider failed: it panicked");
    }
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
}

#[tokio::test]
async fn a_changed_token_is_fetched_at_once_unless_the_last_fetch_failed_within_the_backoff() {
    let scene = CacheScenario::new([Token("one", 3600), Token("two", 3600), Fails("half"), Token("three", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.script.changed.store(true, Ordering::Relaxed);
    assert_eq!(scene.name().await, "two");
    scene.script.changed.store(true, Ordering::Relaxed);
    for _ in 0..10 {
        assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 3));
    }
    scene.advance(FETCH_BACKOFF.as_secs());
    assert_eq!(scene.name().await, "three");
}

#[tokio::test]
async fn a_token_file_is_read_again_after_a_change_and_its_last_valid_token_stays_in_use() {
    let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let cache = TokenCache::new(Arc::new(TokenFile::new(&path)), clock.clone());
    // There is no file yet. The error contains the message of the provider, because the provider returns an error of
    // this crate.
    let error = cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert!(error.to_string().contains("the token file"), "{error}");
    // The file has the first token, then the second one. Then it is empty, then half-written, then missing. At the end,
    // it has the first token again. Consecutive contents differ in length, so that the test does not depend on the
    // resolution of file times.
    let first = jwt(r#"{"exp":1795179600}"#);
    let second = jwt(r#"{"exp":1795179600,"identity":{}}"#);
    let steps = [
        (Some(first.as_str()), &first),
        (Some(second.as_str()), &second),
        (Some(""), &second),
        (Some("planted\0half"), &second),
        (None, &second),
        (Some(first.as_str()), &first),
    ];
    for (contents, expected) in steps {
        match contents {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        clock.advance(FETCH_BACKOFF);
        for _ in 0..2 {
            assert_eq!(name(&cache.get().await.unwrap()), *expected, "{contents:?}");
        }
    }
    // The last token is kept only while it is valid.
    fs::write(&path, "").unwrap();
    clock.advance(Duration::from_secs(3600));
    let error = cache.get().await.unwrap_err();
    assert!(error.to_string().contains("the token is empty: "), "{error}");
}

#[tokio::test]
async fn debug_of_a_cache_hides_the_token() {
    let scene = CacheScenario::new([Token("planted-token", 600)]);
    assert_eq!(scene.name().await, "planted-token");
    let shown = format!("{:?} {:#?}", scene.cache, scene.cache);
    assert!(shown.contains("[redacted]") && !shown.contains("planted"), "{shown}");
}
