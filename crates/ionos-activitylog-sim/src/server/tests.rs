use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-20T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn simulator() -> Simulator {
    Simulator::builder().clock(noon).build()
}

async fn start(simulator: &Simulator) -> (SocketAddr, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let simulator = simulator.clone();
    let server = tokio::spawn(async move { simulator.serve(listener).await });
    (address, server)
}

async fn whole(response: reqwest::Response) -> (StatusCode, HeaderMap, bytes::Bytes) {
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap())
}

#[tokio::test]
async fn an_answer_is_the_same_in_process_and_over_a_socket() {
    let simulator = simulator();
    let (address, _server) = start(&simulator).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let contract = simulator.contracts()[0];
    for (method, path) in [
        (Method::GET, "/activitylog/v1".to_owned()),
        (Method::GET, "/activitylog/v1/contracts".into()),
        (
            Method::GET,
            format!(
                "/activitylog/v1/contracts/{contract}?dateStart=2026-11-19T08:00:00%2B01:00&limit=1000"
            ),
        ),
        (
            Method::GET,
            format!("/activitylog/v1/contracts/{contract}?dateStart=2026-11-19T08:00:00+01:00"),
        ),
        (Method::GET, "/activitylog/v1/contracts/1".into()),
        (Method::DELETE, "/activitylog/v1".into()),
        (Method::GET, "/m%C3%BCll?x=%ff".into()),
    ] {
        let request = || {
            client
                .request(method.clone(), format!("http://{address}{path}"))
                .bearer_auth(simulator.token())
                .build()
                .unwrap()
        };
        let in_process = simulator.transport().send("", request()).await.unwrap();
        let over_socket = client.execute(request()).await.unwrap();
        assert_eq!(whole(in_process).await, whole(over_socket).await, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_request_ends_its_own_connection_and_no_other() {
    let simulator = simulator();
    let (address, server) = start(&simulator).await;
    for malformed in [
        &b"this is no request\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /activitylog/v1 HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(malformed).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // The connection may be closed or reset, but it ends.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("http://{address}/activitylog/v1"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert!(!server.is_finished());
}

#[tokio::test]
async fn a_request_with_a_body_is_answered_all_the_same() {
    let simulator = simulator();
    let (address, _server) = start(&simulator).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..2 {
        let request = client
            .get(format!("http://{address}/activitylog/v1"))
            .body(vec![b'x'; 100_000]);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn connections_end_with_the_server() {
    let simulator = simulator();
    let (address, server) = start(&simulator).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    // Once it has answered, the server holds the connection for the next request.
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    server.abort();
    let mut rest = Vec::new();
    // Ends only if the connection does.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(server.await.unwrap_err().is_cancelled());
}
