use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use super::*;
use crate::Simulator;
use crate::data::random::{Random, RandomKey};
use crate::fault::{Fault, Faults, Trigger};
use crate::operation::Operation;

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-20T12:00:00Z").unwrap().to_utc()
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

async fn read_all(response: reqwest::Response) -> (StatusCode, HeaderMap, bytes::Bytes) {
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
        (Method::GET, format!("/activitylog/v1/contracts/{contract}?dateStart=2026-11-19T08:00:00%2B01:00&limit=1000")),
        (Method::GET, format!("/activitylog/v1/contracts/{contract}?dateStart=2026-11-19T08:00:00+01:00")),
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
        assert_eq!(read_all(in_process).await, read_all(over_socket).await, "{path}");
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
async fn a_request_with_a_body_is_answered() {
    let simulator = simulator();
    let (address, _server) = start(&simulator).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..2 {
        let request = client.get(format!("http://{address}/activitylog/v1")).body(vec![b'x'; 100_000]);
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
    // After an answer, the server keeps the connection open for the next request.
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    server.abort();
    let mut rest = Vec::new();
    // Reading ends only when the connection ends.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(server.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_slow_answer_does_not_block_other_connections() {
    let (resume, wait) = std::sync::mpsc::channel();
    let wait = Mutex::new(wait);
    let (started, mut is_started) = tokio::sync::mpsc::unbounded_channel();
    let simulator = Simulator::builder()
        .clock(noon)
        .on_request(move |request| {
            if request.operation == Operation::GetAvailableContracts {
                started.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
            }
        })
        .build();
    let (address, _server) = start(&simulator).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |path| client.get(format!("http://{address}/activitylog/v1{path}")).send();
    let slow = tokio::spawn(get("/contracts"));
    is_started.recv().await.unwrap();
    assert_eq!(get("").await.unwrap().status(), 200);
    assert!(!slow.is_finished());
    resume.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap().status(), 401);
}

#[tokio::test]
async fn a_broken_reply_is_sent_after_the_replies_to_earlier_requests() {
    let faults =
        Faults::new().add_rule(Trigger::any().operation(Operation::GetInfo), Fault::CutAt { bytes: 5 }).unwrap();
    let simulator = Simulator::builder().clock(noon).faults(faults).build();
    let (address, _server) = start(&simulator).await;
    let page = {
        let contract = simulator.contracts()[0];
        format!(
            "GET /activitylog/v1/contracts/{contract}?dateStart=2026-11-15&limit=1000 HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {}\r\n\r\n",
            simulator.token()
        )
    };
    // The pages are large and the receive buffer is small, so that some pages are not sent yet when the broken reply is
    // computed.
    let pages = page.repeat(8);
    let requests = format!("{pages}GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\n\r\n{pages}");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    let answers = String::from_utf8(answers).unwrap();
    let mut answers = answers.split("HTTP/1.1 200 OK\r\n").skip(1);
    for _ in 0..8 {
        assert!(answers.next().unwrap().ends_with("]}}"));
    }
    let (_, body) = answers.next().unwrap().split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"hre"#);
    assert_eq!(answers.next(), None);
}

#[tokio::test]
async fn a_connection_stays_open_after_a_slow_answer() {
    let drip = Fault::Drip { bytes: 7, every: Duration::from_millis(1) };
    let faults = Faults::new().add_rule(Trigger::any().requests([1]), drip).unwrap();
    let simulator = Simulator::builder().faults(faults).build();
    let (address, _server) = start(&simulator).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for connection in ["keep-alive", "close"] {
        let request = format!("GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches("\"version\":\"1.0\"}").count(), 2);
}

#[tokio::test]
async fn the_answer_to_head_has_no_body_even_with_a_wrong_length() {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::WrongContentLength { by: 1 }).unwrap();
    let simulator = Simulator::builder().faults(faults).build();
    let (address, _server) = start(&simulator).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"HEAD /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

/// Waits until no connection is left. The simulator is held once by the test, once by the server, and once by each
/// connection.
async fn wait_for_connections_to_end(simulator: &Simulator) {
    while Arc::strong_count(&simulator.0) > 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_ends_when_its_client_leaves_early() {
    for fault in [
        Fault::Drip { bytes: 1, every: Duration::from_millis(1) },
        Fault::Drip { bytes: 1, every: Duration::from_secs(3600) },
        Fault::Delay(Duration::from_secs(3600)),
        Fault::WrongContentLength { by: 1 },
        Fault::DecompressionBomb { bytes: 16 << 30 },
        Fault::ResetAfterHeaders,
    ] {
        let faults = Faults::new().add_rule(Trigger::any(), fault.clone()).unwrap();
        let simulator = Simulator::builder().faults(faults).build();
        let (address, _server) = start(&simulator).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        if !matches!(fault, Fault::Delay(_)) {
            // The first byte shows that the answer has begun.
            let mut first = [0; 1];
            stream.read_exact(&mut first).await.unwrap();
        }
        drop(stream);
        wait_for_connections_to_end(&simulator).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_request_times_out() {
    let simulator = simulator();
    let (address, _server) = start(&simulator).await;
    for unfinished in [&b""[..], b"GET /activity", b"GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\nx: "] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(unfinished).await.unwrap();
        let mut answer = Vec::new();
        let begin = tokio::time::Instant::now();
        // The connection may be closed or reset, but it ends.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        assert!(begin.elapsed() >= HEAD_TIMEOUT);
    }
    wait_for_connections_to_end(&simulator).await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_rejected() {
    let simulator = simulator();
    let (address, server) = start(&simulator).await;
    let megabyte = "x".repeat(1 << 20);
    let many = "x: y\r\n".repeat(100_000);
    for request in [
        format!("GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\nx: {megabyte}\r\n\r\n"),
        format!("GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\n{many}\r\n\r\n"),
        format!("GET /{megabyte} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("{megabyte} / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // If the server closes the connection before it has read the whole request, the answer of the server may be
        // lost.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"));
    }
    wait_for_connections_to_end(&simulator).await;
    assert!(!server.is_finished());
}

#[tokio::test]
async fn the_server_survives_random_requests() {
    let simulator = simulator();
    let (address, server) = start(&simulator).await;
    let good = b"GET /activitylog/v1?limit=1&%00 HTTP/1.1\r\nhost: localhost\r\nx: y\r\n\r\n";
    for seed in 0..200 {
        let key = RandomKey { seed, contract: 0, part: 0 };
        let mut random = Random::new(key, 0);
        let mut request = good.to_vec();
        for _ in 0..random.between(1, 5) {
            let place = random.below(request.len() as u64) as usize;
            match random.below(3) {
                0 => request[place] = random.below(256) as u8,
                1 => request.insert(place, random.below(256) as u8),
                _ => request.truncate(place.max(1)),
            }
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&request).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    wait_for_connections_to_end(&simulator).await;
    assert!(!server.is_finished());
}

#[tokio::test]
async fn a_connection_is_closed_orderly_while_the_client_still_sends() {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::CutAt { bytes: 5 }).unwrap();
    let simulator = Simulator::builder().faults(faults).build();
    let (address, _server) = start(&simulator).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "GET /activitylog/v1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n{\"hre"), "{answer}");
}
