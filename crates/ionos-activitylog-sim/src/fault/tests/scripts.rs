//! A fault is applied to the right requests, and the choice of these requests does not depend on timing.

use super::*;
use crate::{Operation, Share};

#[tokio::test]
async fn a_fault_is_applied_to_the_requests_that_its_rule_matches() {
    let contracts = simulator(Faults::new()).contracts().to_vec();
    let log = |index: usize| format!("{CONTRACTS}/{}?dateStart=2026-11-19", contracts[index]);
    let status = |status| Fault::from(Answer::new(status));
    let script = Faults::new()
        .add_rule(Trigger::any().contract(contracts[1]), status(503))
        .unwrap()
        .add_rule(Trigger::any().operation(Operation::GetByContract).requests([3]), status(429))
        .unwrap()
        .add_rule(Trigger::any().operation(Operation::Other).times(1), status(500))
        .unwrap();
    let simulator = simulator(script);
    let (first, second) = (log(0), log(1));
    for (path, status) in [
        (CONTRACTS, "200"),
        (&first, "200"),
        (&second, "503"),
        (&first, "429"),
        (&first, "200"),
        ("/", "500"),
        ("/", "404"),
        (&second, "503"),
    ] {
        let received = over_loopback(&simulator, path).await;
        assert_eq!(&received.head[9..12], status, "{path}");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_in_any_order_of_requests() {
    let script = Faults::new()
        .add_rule(Trigger::any().rate(Share::new(0.3).unwrap()), Fault::WrongType)
        .unwrap()
        .add_rule(Trigger::any().rate(Share::new(0.3).unwrap()), Fault::CutAt { bytes: 40 })
        .unwrap();
    let contract = simulator(Faults::new()).contracts()[0];
    let paths: Vec<String> =
        (0..20).map(|offset| format!("{CONTRACTS}/{contract}?limit=2&offset={offset}&dateStart=2026-11-19")).collect();
    let forward = simulator(script.clone());
    let backward = simulator(script);
    for _ in 0..2 {
        let mut first = Vec::new();
        for path in &paths {
            first.push(over_loopback(&forward, path).await);
        }
        let mut second = Vec::new();
        for path in paths.iter().rev() {
            second.push(over_loopback(&backward, path).await);
        }
        second.reverse();
        assert!(first == second);
    }
}

/// The test pins the choice of the requests, because a script that reproduces a bug on one machine must do so on every
/// machine.
#[test]
fn the_requests_that_a_rate_selects_never_change() {
    let script = Faults::new().add_rule(Trigger::any().rate(Share::new(0.3).unwrap()), Fault::Html200);
    let simulator = simulator(script.unwrap());
    let faulty: String = (0..40)
        .map(|offset| {
            let request = http::Request::get(format!("/activitylog/v1?{offset}"));
            let response = simulator.answer(&request.body(()).unwrap());
            match response.headers()[CONTENT_TYPE].to_str().unwrap() {
                "application/json" => '.',
                _ => 'x',
            }
        })
        .collect();
    assert_eq!(faulty, "...x.x.....x.xxx......xx.....xx.xx......");
}

#[test]
fn faults_of_the_connection_do_not_change_an_answer_without_a_connection() {
    for fault in [Fault::CutAt { bytes: 1 }, Fault::ResetBeforeHeaders, Fault::Delay(Duration::MAX)] {
        let request = http::Request::get("/activitylog/v1").body(()).unwrap();
        let response = always(fault).answer(&request);
        assert_eq!(response.body(), &correct_answer("/activitylog/v1"));
    }
}
