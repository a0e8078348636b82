//! Tracing: one span per call and one per attempt, and no secret at any level.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use base64::Engine;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, PageSize, RetryPolicy};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::support::program::start_simulator;
use crate::support::scripted::{ScriptedTransport, answer};
use crate::support::snapshot;

/// Records every span and event of any level, in order.
#[derive(Clone, Default)]
struct TraceRecorder(Arc<Mutex<Vec<String>>>);

impl TraceRecorder {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

struct FieldText(String);

impl Visit for FieldText {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for TraceRecorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = FieldText(String::new());
        span.record(&mut fields);
        let count = self.0.lock().unwrap().len() as u64;
        self.note(format!("{} {}{}", span.metadata().level(), span.metadata().name(), fields.0));
        Id::from_u64(count + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = FieldText(String::new());
        values.record(&mut fields);
        self.note(format!("  then{}", fields.0));
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = FieldText(String::new());
        event.record(&mut fields);
        self.note(format!("{} event{}", event.metadata().level(), fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Runs `work` and returns its spans and events as text.
///
/// A second subscriber is necessary. With a single subscriber, tracing decides only once whether a callsite is enabled:
/// it asks the first thread that reaches the callsite, and caches the answer. If this thread belonged to a test without
/// a subscriber, the callsite would stay disabled here.
fn record_traces(work: impl FnOnce()) -> String {
    let notes = TraceRecorder::default();
    let _second = Dispatch::new(TraceRecorder::default());
    tracing::subscriber::with_default(notes.clone(), work);
    let said = notes.0.lock().unwrap();
    said.join("\n")
}

#[test]
fn a_call_and_its_attempts_have_spans_without_secrets() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let token = "planted-token-in-spans";
    let mut good = answer(200, r#"{"hits":{"total":0}}"#);
    good.headers_mut().insert("x-request-id", "r-1".parse().unwrap());
    let scripted = ScriptedTransport::new([answer(503, format!("planted body {token}")), good, answer(403, token)]);
    let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
    let client = Client::builder().token(token).transport(scripted).clock(clock).build().unwrap();
    let said = record_traces(|| {
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
fn traces_of_a_real_connection_contain_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let (token, password) = ("planted-token", "planted-password");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builders = [Client::builder().token(token), Client::builder().username_and_password("jane", password)];
    let said = record_traces(|| {
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
