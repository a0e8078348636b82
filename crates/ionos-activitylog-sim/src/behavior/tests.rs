//! Each switch as a client sees it: over loopback, in what is answered.

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

/// A simulator on a socket, and a client that follows no redirect and unpacks nothing.
struct Service {
    simulator: Simulator,
    address: String,
    client: reqwest::Client,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An answer.
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn json(&self) -> Value {
        // A number that no floating point number holds is read by a careful client only.
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

    /// The values at a place of the records, each once.
    fn at(&self, pointer: &str) -> BTreeSet<String> {
        let found = self.hits();
        let values = found.iter().filter_map(|record| record.pointer(pointer));
        values.map(Value::to_string).collect()
    }
}

impl Service {
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

    async fn send(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Answered {
        let request =
            self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(self.simulator.token());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
        let response = request.send().await.unwrap();
        Answered {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path, &[]).await
    }

    /// The first contract's log.
    async fn log(&self, query: &str) -> Answered {
        let contract = self.simulator.contracts()[0];
        self.get(&format!("/activitylog/v1/contracts/{contract}?{query}")).await
    }
}
