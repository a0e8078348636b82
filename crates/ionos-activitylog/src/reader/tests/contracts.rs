//! Streams of several contracts, which return windows of the contracts in turns or one contract after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use ionos_activitylog_client::{Exchange, Transport};
use ionos_activitylog_sim::Simulator;
use ionos_activitylog_sim::fault::{Answer, Faults, Trigger};

use super::{ordered, range, simulated};
use crate::{Client, ContractNumber, ContractWindow, ContractsStream, DateRange, ErrorKind};

/// A transport that yields to other tasks before it answers.
struct YieldingTransport(Arc<dyn Transport>);

impl Transport for YieldingTransport {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.0.send(operation, request).await
        })
    }
}

fn week() -> DateRange {
    range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z")
}

/// Returns a simulator of six contracts, the number of the third contract, and a stream of all six contracts. All
/// requests for the third contract are refused.
fn six_contracts() -> (Simulator, u64, ContractsStream) {
    let simulator = Simulator::builder().contracts(6).events_per_day(4_000);
    let bad = Simulator::builder().contracts(6).build().contracts()[2];
    let faults = Faults::new().add_rule(Trigger::any().contract(bad), Answer::new(403)).unwrap();
    let simulator = simulated(simulator.faults(faults));
    // Two requests in flight for six contracts, so that most requests wait.
    let client = Client::builder()
        .token(simulator.token())
        .transport(Arc::new(YieldingTransport(simulator.transport())))
        .max_in_flight(2)
        .build()
        .unwrap();
    let numbers = simulator.contracts().iter();
    let numbers = numbers.map(|number| ContractNumber::from(*number));
    let stream = client.events_of(numbers, week());
    (simulator, bad, stream)
}

/// Reads all windows and compares the events with those of the simulator. Returns the contract of each window in order.
async fn read(simulator: &Simulator, bad: u64, stream: &mut (impl Stream<Item = ContractWindow> + Unpin)) -> Vec<u64> {
    let mut found: BTreeMap<String, Result<Vec<String>, ErrorKind>> = BTreeMap::new();
    let mut order = Vec::new();
    while let Some(ContractWindow { contract, result }) = stream.next().await {
        order.push(contract.as_str().parse().unwrap());
        let events = found.entry(contract.to_string()).or_insert_with(|| Ok(Vec::new()));
        match result {
            Ok(window) => events.as_mut().unwrap().extend(window.events.iter().map(|e| e.raw().to_owned())),
            Err(error) => *events = Err(error.kind()),
        }
    }
    assert_eq!(found.len(), 6);
    for number in simulator.contracts() {
        let expected = match *number == bad {
            true => Err(ErrorKind::Forbidden),
            false => Ok(ordered(simulator.records(*number, week().start(), week().end()).collect())),
        };
        assert!(found[&number.to_string()] == expected, "contract {number}");
    }
    order
}

#[tokio::test]
async fn contracts_take_turns_and_fail_independently() {
    let (simulator, bad, mut stream) = six_contracts();
    let order = read(&simulator, bad, &mut stream).await;
    assert!(!order.is_sorted_by_key(|one| position(&simulator, *one)));
    assert_eq!(stream.summaries().len(), 6);
}

#[tokio::test]
async fn in_order_returns_one_contract_after_the_other_and_contracts_fail_independently() {
    let (simulator, bad, stream) = six_contracts();
    let order = read(&simulator, bad, &mut stream.in_order()).await;
    assert!(order.is_sorted_by_key(|one| position(&simulator, *one)));
}

#[tokio::test]
async fn other_contracts_are_prefetched_while_the_caller_waits_for_the_first() {
    let (simulator, _, stream) = six_contracts();
    let mut stream = stream.in_order();
    let first = stream.next().await.unwrap();
    let number = ContractNumber::from(simulator.contracts()[0]);
    assert_eq!(first.contract, number);
    let requested = simulator.contracts().iter().filter(|number| {
        let path = format!("/activitylog/v1/contracts/{number}");
        simulator.request_log().iter().any(|one| one.path == path)
    });
    assert!(requested.count() > 1);
}

fn position(simulator: &Simulator, contract: u64) -> Option<usize> {
    simulator.contracts().iter().position(|one| *one == contract)
}
