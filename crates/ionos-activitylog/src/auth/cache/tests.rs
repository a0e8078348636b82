//! The provider here follows a script: each answer takes several polls, and each call is counted.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use chrono::TimeDelta;
use futures_util::future::{join_all, poll_fn};

use super::*;
use crate::TokenFile;
use crate::auth::claims::tests::jwt;
use crate::auth::provider::TokenFuture;
use crate::clock::VirtualClock;

enum Step {
    /// A token of this name that lives so many seconds.
    Token(&'static str, i64),
    Fails(&'static str),
    Panics,
}
use Step::{Fails, Panics, Token};

/// How many polls an answer takes. Each caller who waits polls, so that a whole crowd has come before it is there.
const POLLS: usize = 300;

struct Script {
    steps: Mutex<VecDeque<Step>>,
    calls: AtomicUsize,
    changed: AtomicBool,
    clock: Arc<VirtualClock>,
}

impl TokenProvider for Script {
    fn token(&self) -> TokenFuture<'_> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            yields(POLLS).await;
            let step = self.steps.lock().unwrap().pop_front();
            match step.expect("one call more than the script has") {
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

struct Scene {
    clock: Arc<VirtualClock>,
    script: Arc<Script>,
    cache: TokenCache,
}

impl Scene {
    fn new<const N: usize>(steps: [Step; N]) -> Self {
        let clock = Arc::new(VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
        let script = Arc::new(Script {
            steps: Mutex::new(steps.into()),
            calls: AtomicUsize::new(0),
            changed: AtomicBool::new(false),
            clock: clock.clone(),
        });
        let cache = TokenCache::new(script.clone(), clock.clone());
        Self { clock, script, cache }
    }

    /// The name of the token that the cache gives.
    async fn name(&self) -> String {
        name(&self.cache.get().await.unwrap())
    }

    /// A hundred callers at once.
    async fn crowd(&self) -> Vec<Result<Arc<AccessToken>, Error>> {
        join_all((0..100).map(|_| self.cache.get())).await
    }

    fn calls(&self) -> usize {
        self.script.calls.load(Ordering::Relaxed)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn name(token: &AccessToken) -> String {
    let header = token.authorization().unwrap();
    header.to_str().unwrap()["Bearer ".len()..].to_owned()
}

#[tokio::test]
async fn a_hundred_callers_with_an_expired_token_ask_once() {
    let scene = Scene::new([Token("one", 3600), Token("two", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.pass(3600);
    for token in scene.crowd().await {
        assert_eq!(name(&token.unwrap()), "two");
    }
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn a_caller_who_comes_during_a_refresh_gets_its_outcome() {
    let scene = Scene::new([Token("one", 3600)]);
    let late = async {
        yields(2).await;
        scene.name().await
    };
    let (early, late) = futures_util::future::join(scene.name(), late).await;
    assert_eq!((early.as_str(), late.as_str(), scene.calls()), ("one", "one", 1));
}

#[tokio::test]
async fn a_hundred_refusals_of_one_token_ask_once() {
    let scene = Scene::new([Token("one", 3600), Token("two", 3600)]);
    let refused = scene.crowd().await;
    let replies = refused.into_iter().map(|token| async {
        let token = token.unwrap();
        scene.cache.invalidate(&token);
        let next = scene.cache.get().await.unwrap();
        // An answer that comes late refuses a token that is no longer in use.
        scene.cache.invalidate(&token);
        name(&next)
    });
    for next in join_all(replies).await {
        assert_eq!(next, "two");
    }
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 2));
}

#[tokio::test]
async fn a_provider_that_repeats_a_refused_token_is_not_asked_for_each_refusal() {
    let scene = Scene::new([Token("one", 3600), Token("one", 3600), Token("two", 3600)]);
    let refused = scene.cache.get().await.unwrap();
    for _ in 0..100 {
        scene.cache.invalidate(&refused);
        assert_eq!(scene.name().await, "one");
    }
    assert_eq!(scene.calls(), 2);
    scene.pass(FETCH_BACKOFF.as_secs());
    scene.cache.invalidate(&refused);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn a_token_is_refreshed_within_the_margin_and_not_before() {
    let scene = Scene::new([Token("one", 3600), Token("two", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.pass(3600 - 301);
    assert_eq!(scene.name().await, "one");
    scene.pass(1);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn tokens_shorter_than_the_margin_are_used_and_not_asked_for_with_every_request() {
    let scene = Scene::new([Token("one", 60), Token("two", 60)]);
    for _ in 0..100 {
        assert_eq!(scene.name().await, "one");
    }
    scene.pass(FETCH_BACKOFF.as_secs());
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 2));
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_a_valid_token_and_is_not_repeated_at_once() {
    let scene = Scene::new([Token("one", 600), Fails("down"), Fails("down"), Token("two", 600)]);
    assert_eq!(scene.name().await, "one");
    scene.pass(300);
    for _ in 0..10 {
        assert_eq!(scene.name().await, "one");
    }
    assert_eq!(scene.calls(), 2);
    scene.pass(FETCH_BACKOFF.as_secs() - 1);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
    scene.pass(1);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 3));
    scene.pass(FETCH_BACKOFF.as_secs());
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 4));
}

#[tokio::test]
async fn a_failure_without_a_token_reaches_everybody_and_shows_no_text_of_the_provider() {
    let scene = Scene::new([Fails("planted-secret"), Token("one", 600)]);
    for error in scene.crowd().await {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenProvider);
        assert_eq!(error.to_string(), "the token provider failed");
        assert!(!format!("{error:?}").contains("planted"));
        assert!(error.source().is_none(), "what prints the sources prints no text of the provider");
        let own = error.provider_error().unwrap();
        assert!(own.is::<io::Error>(), "the provider's own error, of its own type");
        assert_eq!(own.to_string(), "planted-secret");
    }
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.name().await, "one", "the next caller asks again at once");
}

#[tokio::test]
async fn a_refused_token_is_not_used_when_the_refresh_fails() {
    let scene = Scene::new([Token("one", 600), Fails("down"), Token("two", 600)]);
    let refused = scene.cache.get().await.unwrap();
    scene.cache.invalidate(&refused);
    let error = scene.cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert_eq!(scene.name().await, "two");
}

#[tokio::test]
async fn a_token_that_is_over_when_it_comes_is_an_error_and_not_a_loop() {
    let scene = Scene::new([Token("one", 0), Token("two", 600), Token("three", -1)]);
    let error = scene.cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert_eq!(error.to_string(), "the token provider failed: it gave a token that expired at 2026-11-20T12:00:00Z");
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.name().await, "two");
    scene.pass(300);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 3));
}

#[tokio::test]
async fn a_refresh_whose_caller_is_gone_is_carried_on_by_who_waits() {
    let scene = Scene::new([Token("one", 600)]);
    let mut first = Box::pin(scene.cache.get());
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(scene.cache.get());
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    assert_eq!(name(&second.await.unwrap()), "one");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_refresh_whose_caller_rests_is_carried_on_by_who_waits() {
    let scene = Scene::new([Token("one", 600)]);
    let mut resting = Box::pin(scene.cache.get());
    assert!(resting.as_mut().now_or_never().is_none());
    assert_eq!(scene.name().await, "one");
    assert_eq!(name(&resting.await.unwrap()), "one");
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_refresh_that_everybody_left_is_begun_anew() {
    let scene = Scene::new([Token("one", 600)]);
    let mut left = Box::pin(scene.cache.get());
    assert!(left.as_mut().now_or_never().is_none());
    drop(left);
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
}

#[tokio::test]
async fn a_provider_that_panics_fails_and_can_be_asked_again() {
    let scene = Scene::new([Panics, Token("one", 600)]);
    for error in scene.crowd().await {
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "the token provider failed: it panicked");
    }
    assert_eq!((scene.name().await.as_str(), scene.calls()), ("one", 2));
}

#[tokio::test]
async fn a_change_is_followed_at_once_but_a_failed_change_only_after_a_while() {
    let scene = Scene::new([Token("one", 3600), Token("two", 3600), Fails("half"), Token("three", 3600)]);
    assert_eq!(scene.name().await, "one");
    scene.script.changed.store(true, Ordering::Relaxed);
    assert_eq!(scene.name().await, "two");
    scene.script.changed.store(true, Ordering::Relaxed);
    for _ in 0..10 {
        assert_eq!((scene.name().await.as_str(), scene.calls()), ("two", 3));
    }
    scene.pass(FETCH_BACKOFF.as_secs());
    assert_eq!(scene.name().await, "three");
}

#[tokio::test]
async fn a_token_file_is_followed_and_its_last_good_token_kept() {
    let clock = Arc::new(VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let cache = TokenCache::new(Arc::new(TokenFile::new(&path)), clock.clone());
    // Nothing to read: the file's name is shown, since the error is this crate's own.
    let error = cache.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenProvider);
    assert!(error.to_string().contains("the token file"), "{error}");
    // The first token, the next one, and a file that is empty, half-written or gone. None in place has the length of
    // the one before, so that the test does not depend on how finely times are kept.
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
    // What was kept is kept only while it is valid.
    fs::write(&path, "").unwrap();
    clock.advance(Duration::from_secs(3600));
    let error = cache.get().await.unwrap_err();
    assert!(error.to_string().contains("the token is empty: "), "{error}");
}

#[tokio::test]
async fn a_cache_does_not_show_its_token() {
    let scene = Scene::new([Token("planted-token", 600)]);
    assert_eq!(scene.name().await, "planted-token");
    let shown = format!("{:?} {:#?}", scene.cache, scene.cache);
    assert!(shown.contains("[redacted]") && !shown.contains("planted"), "{shown}");
}
