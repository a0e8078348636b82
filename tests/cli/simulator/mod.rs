//! `ialog sim` as a test server for programs in any language: the tests set flags and check the HTTP answers.

mod access;
mod data;
mod http_behaviour;
mod invalid_flags;

use std::path::Path;

use ionos_activitylog_sim::Simulator;
use reqwest::{Client, Response};
use serde_json::Value;
use xtask::simulator_process::SimulatorProcess;

use crate::support::program::start_simulator;

/// Flags that stop the simulated clock, so that answers do not depend on the time of the test.
const NOW: [&str; 3] = ["--now", "2026-11-20T12:00:00Z", "--still"];

fn contract() -> u64 {
    Simulator::builder().build().contracts()[0]
}

fn start(arguments: &[&str]) -> SimulatorProcess {
    let all = [&NOW[..], arguments].concat();
    start_simulator(Path::new("/"), &all)
}

/// A client that neither follows redirects nor decompresses.
fn client() -> Client {
    Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn get(sim: &SimulatorProcess, path: &str) -> Response {
    let request = client().get(format!("{}{path}", sim.url));
    request.bearer_auth(&sim.token).send().await.unwrap()
}

async fn total(sim: &SimulatorProcess, query: &str) -> u64 {
    page(sim, query).await["hits"]["total"].as_u64().unwrap()
}

async fn page(sim: &SimulatorProcess, query: &str) -> Value {
    let path = format!("/activitylog/v1/contracts/{}?{query}", contract());
    let text = get(sim, &path).await.text().await.unwrap();
    // serde_json refuses `1e400`, because this number is beyond the range of f64.
    serde_json::from_str(&text.replace("1e400", "1")).unwrap()
}

fn records(page: &Value) -> Vec<&Value> {
    let hits = page["hits"]["hits"].as_array().unwrap();
    hits.iter().map(|hit| &hit["_source"]).collect()
}
