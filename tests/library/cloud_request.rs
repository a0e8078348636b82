//! [`Client::cloud_request`] reads a request that the Cloud API stores. This call uses the same credentials, retries,
//! rate limit and error kinds as every other call.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, ErrorKind, EventType, OpClass};
use ionos_activitylog_sim::Simulator;
use ionos_activitylog_sim::fault::{Answer, Faults, Trigger};

use crate::support::scripted::{ScriptedTransport, answer};

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// A client of a simulator with these faults, and the clock of the client.
fn world(faults: Faults) -> (Client, Arc<VirtualClock>) {
    let clock = Arc::new(VirtualClock::starting_at(noon()));
    let simulator = Simulator::builder().clock(noon).events_per_day(300).faults(faults).build();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .requests_per_second(2.0)
        .clock(clock.clone())
        .build()
        .unwrap();
    (client, clock)
}

/// The ids of two requests to the Cloud API: one that changed something, and one that only read. The Cloud API keeps
/// only the first one.
async fn ids(client: &Client) -> (String, String) {
    let contract = client.contracts().await.unwrap()[0].number.clone();
    let range = DateRange::day("2026-11-19".parse().unwrap(), &Utc).unwrap();
    let events = client.events(contract, range).stream();
    let events: Vec<_> = events.try_collect().await.unwrap();
    let id = |wanted: &dyn Fn(OpClass) -> bool| {
        events.iter().find_map(|event| {
            let details = event.details();
            let accepted = details.event_type() == Some(EventType::REQUEST_ACCEPTED);
            let through_api = details.action().uri?.starts_with("/cloudapi/");
            let fits = accepted && through_api && wanted(details.op_class());
            fits.then(|| details.request_id().unwrap().into_owned())
        })
    };
    (id(&|class| class.is_mutation()).unwrap(), id(&|class| !class.is_mutation()).unwrap())
}

#[tokio::test]
async fn a_request_is_read_with_its_status_and_without_its_secrets() {
    let (client, _) = world(Faults::new());
    let (id, read) = ids(&client).await;
    let request = client.cloud_request(&id).await.unwrap();
    assert!(request.status().is_some(), "{request:?}");
    assert!(request.created().is_some());
    assert!(request.url().unwrap().contains("/cloudapi/v6/"));
    assert!(request.json().contains(r#""authorization":"[redacted]""#));
    for secret in ["made-up-password", "bWFkZTp1cA", "session=", "ssh-ed25519"] {
        assert!(!request.json().contains(secret), "{request:?}");
    }
    let unknown = client.cloud_request(&read).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    let event = client.cloud_request("../um/users").await.unwrap_err();
    assert_eq!((event.kind(), event.attempts()), (ErrorKind::Configuration, 0));
}

#[tokio::test]
async fn a_failed_read_is_retried_and_the_next_read_waits_for_the_rate_limit() {
    let twice = Trigger::any().operation(ionos_activitylog_sim::Operation::GetRequest).times(2);
    let faults = Faults::new().add_rule(twice, Answer::new(503)).unwrap();
    let (client, clock) = world(faults);
    let (id, _) = ids(&client).await;
    let request = client.cloud_request(&id).await.unwrap();
    assert_eq!(request.meta().attempts(), 3);
    let before = clock.waits().len();
    client.cloud_request(&id).await.unwrap();
    assert_eq!(clock.waits().len(), before + 1);
    assert!(clock.waits()[before] <= Duration::from_millis(500));
}

#[tokio::test]
async fn each_unexpected_answer_has_its_error_kind_and_an_empty_answer_is_an_empty_object() {
    let (_, client) =
        ScriptedTransport::client([answer(200, "[]"), answer(200, "<html>"), answer(204, ""), answer(401, "")]);
    let kind = async || client.cloud_request("r-1").await.map_err(|error| error.kind());
    assert_eq!(kind().await.unwrap_err(), ErrorKind::Decode);
    assert_eq!(kind().await.unwrap_err(), ErrorKind::Decode);
    assert_eq!(kind().await.unwrap().json(), "{}");
    assert_eq!(kind().await.unwrap_err(), ErrorKind::Unauthorized);
}
