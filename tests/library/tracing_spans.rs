//! What can be watched: one span for a call and one for each attempt, and never a secret, at any level.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use base64::Engine;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, PageSize, RetryPolicy};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::support::program::serving;
use crate::support::scripted::{Scripted, answer};
use crate::support::snapshot;

/// Notes everything that is said at any level, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        let count = self.0.lock().unwrap().len() as u64;
        self.note(format!("{} {}{}", span.metadata().level(), span.metadata().name(), fields.0));
        Id::from_u64(count + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.note(format!("  then{}", fields.0));
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.note(format!("{} event{}", event.metadata().level(), fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Notes what is said during some work.
///
/// While there is one subscriber only, tracing asks the thread that first comes by whether anybody is interested in a
/// place, and other tests, which have no subscriber, may come by first. With two it asks the subscribers.
fn noted(work: impl FnOnce()) -> String {
    let notes = Notes::default();
    let _second = Dispatch::new(Notes::default());
    tracing::subscriber::with_default(notes.clone(), work);
    let said = notes.0.lock().unwrap();
    said.join("\n")
}

#[test]
fn a_call_and_its_attempts_can_be_watched_and_show_no_secret() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let token = "planted-token-in-spans";
    let mut good = answer(200, r#"{"hits":{"total":0}}"#);
    good.headers_mut().insert("x-request-id", "r-1".parse().unwrap());
    let scripted = Scripted::new([answer(503, format!("planted body {token}")), good, answer(403, token)]);
    let clock = Arc::new(VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap()));
    let client = Client::builder().token(token).transport(scripted).clock(clock).build().unwrap();
    let said = noted(|| {
        runtime.block_on(async {
            let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
            client.page(&31_721_060.into(), range, 0, PageSize::DEFAULT).await.unwrap();
            client.contracts().await.unwrap_err();
        });
    });
    for secret in ["planted", "dateStart", "2026-11-20"] {
        assert!(!said.contains(secret), "{said}");
    }
    snapshot::check("library", "tracing__call_and_attempts", &said);
}

#[test]
fn over_a_real_connection_nothing_below_shows_a_secret_either() {
    let folder = tempfile::tempdir().unwrap();
    let sim = serving(folder.path(), &[]);
    let (token, password) = ("planted-token", "planted-password");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builders = [Client::builder().token(token), Client::builder().username_and_password("jane", password)];
    let said = noted(|| {
        for builder in builders {
            let client = builder.base_url(&sim.url).retry(RetryPolicy::none()).build().unwrap();
            runtime.block_on(async {
                client.info().await.unwrap();
                client.contracts().await.unwrap_err();
            });
        }
    });
    assert!(said.contains("ionos.activity_log.attempt"), "{said}");
    let encoded = base64::prelude::BASE64_STANDARD.encode(format!("jane:{password}"));
    for secret in ["planted", &encoded] {
        assert!(!said.contains(secret), "{said}");
    }
}
