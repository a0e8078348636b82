//! Tests every fault as a client sees it: byte for byte over loopback, and in process.

mod answers;
mod connections;
mod scripts;

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::Simulator;

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn simulator(faults: Faults) -> Simulator {
    Simulator::builder().contracts(2).clock(noon).faults(faults).build()
}

fn always(fault: impl Into<Fault>) -> Simulator {
    simulator(Faults::new().add_rule(Trigger::any(), fault).unwrap())
}

fn page() -> String {
    let contract = simulator(Faults::new()).contracts()[0];
    format!("{CONTRACTS}/{contract}?limit=5&dateStart=2026-11-19")
}

const CONTRACTS: &str = "/activitylog/v1/contracts";

/// The answer without faults.
fn correct_answer(path: &str) -> String {
    let request =
        http::Request::get(path).header("authorization", format!("Bearer {}", crate::DEFAULT_TOKEN)).body(()).unwrap();
    let response = simulator(Faults::new()).answer(&request);
    assert_eq!(response.status(), 200);
    String::from_utf8(response.body().to_vec()).unwrap()
}

fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        crate::DEFAULT_TOKEN
    )
}

/// Everything that was received until the connection ended, and the error if the connection did not end in an orderly
/// way.
#[derive(Debug, PartialEq, Eq)]
struct Received {
    head: String,
    body: Vec<u8>,
    error: Option<ErrorKind>,
}

impl Received {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn declares(&self, length: usize) -> bool {
        self.head.contains(&format!("\r\ncontent-length: {length}\r\n"))
    }
}

async fn over_loopback(simulator: &Simulator, path: &str) -> Received {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request(path).as_bytes()).await.unwrap();
        let mut received = Vec::new();
        let error = stream.read_to_end(&mut received).await.err();
        let end = received.windows(4).position(|at| at == b"\r\n\r\n");
        let body = received.split_off(end.map_or(0, |end| end + 4));
        Received { head: String::from_utf8(received).unwrap(), body, error: error.map(|error| error.kind()) }
    };
    tokio::select! {
        received = exchange => received,
        ended = simulator.serve(listener) => panic!("{ended:?}"),
    }
}

/// The kind of the I/O error that caused an error of reqwest.
fn io_error_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut error: &(dyn std::error::Error + 'static) = error;
    loop {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        error = error.source()?;
    }
}

/// The response, the received part of its body, and the error that ended the body, if any.
type ClientOutcome = Result<(reqwest::Response, Vec<u8>, Option<ErrorKind>), reqwest::Error>;

fn client_request(base: &str, path: &str) -> reqwest::Request {
    let url = format!("{base}{path}").parse().unwrap();
    let mut request = reqwest::Request::new(http::Method::GET, url);
    let token = format!("Bearer {}", crate::DEFAULT_TOKEN);
    let headers = request.headers_mut();
    headers.insert("authorization", token.parse().unwrap());
    request
}

async fn read_response(response: reqwest::Result<reqwest::Response>) -> ClientOutcome {
    let mut response = response?;
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok((response, body, None)),
            Err(error) => {
                let kind = io_error_kind(&error).unwrap_or(ErrorKind::Other);
                return Ok((response, body, Some(kind)));
            }
        }
    }
}

async fn in_process(simulator: &Simulator, path: &str) -> ClientOutcome {
    let request = client_request("https://api.ionos.com", path);
    read_response(simulator.transport().send("", request).await).await
}

/// The outcome of a request that an HTTP client sends over loopback.
async fn over_http_client(simulator: &Simulator, path: &str) -> ClientOutcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let request = client_request(&base, path);
    let exchange = async { read_response(client.build().unwrap().execute(request).await).await };
    tokio::select! {
        outcome = exchange => outcome,
        ended = simulator.serve(listener) => panic!("{ended:?}"),
    }
}
