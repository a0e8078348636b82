//! Tests every setting over loopback, as a client sees it.

mod pages;
mod protocol;
mod records;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::{Simulator, SimulatorBuilder};

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// A simulator on a socket, and a client that follows no redirects and does not decompress.
struct ServedSimulator {
    simulator: Simulator,
    address: String,
    client: reqwest::Client,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for ServedSimulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An answer that was read completely.
struct ReceivedAnswer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl ReceivedAnswer {
    fn json(&self) -> Value {
        // serde_json cannot parse a number that no floating point type can hold.
        serde_json::from_str(&self.text().replace("1e400", "1")).unwrap()
    }

    fn total(&self) -> Value {
        self.json()["hits"]["total"].clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn hits(&self) -> Vec<Value> {
        let json = self.json();
        let hits = json["hits"]["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["_source"].clone()).collect()
    }

    /// The distinct values at a pointer in the records.
    fn distinct_values(&self, pointer: &str) -> BTreeSet<String> {
        let found = self.hits();
        let values = found.iter().filter_map(|record| record.pointer(pointer));
        values.map(Value::to_string).collect()
    }
}

impl ServedSimulator {
    async fn start(builder: SimulatorBuilder) -> Self {
        let simulator = builder.clock(noon).build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = simulator.clone();
        let client = reqwest::Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none());
        Self {
            simulator,
            address,
            client: client.build().unwrap(),
            server: tokio::spawn(async move { served.serve(listener).await }),
        }
    }

    async fn with(behavior: Behavior) -> Self {
        Self::start(Simulator::builder().behavior(behavior)).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> ReceivedAnswer {
        let request =
            self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(self.simulator.token());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
        let response = request.send().await.unwrap();
        ReceivedAnswer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    async fn get(&self, path: &str) -> ReceivedAnswer {
        self.send(Method::GET, path, &[]).await
    }

    /// A page of the first contract's log.
    async fn log(&self, query: &str) -> ReceivedAnswer {
        let contract = self.simulator.contracts()[0];
        self.get(&format!("/activitylog/v1/contracts/{contract}?{query}")).await
    }
}
