//! A server on a loopback port that writes any bytes that a test provides, including bytes that are not HTTP. The
//! module has a small log with known records, so that a test can also answer requests correctly.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

/// Maximum size of the head of a request in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A request that the server received.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Number of requests before this one.
    pub index: usize,
    /// The request line and the headers, in lower case.
    pub head: String,
    /// The path of the URL.
    pub path: String,
    query: Vec<(String, String)>,
}

impl ReceivedRequest {
    fn parse(index: usize, head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head).into_owned();
        let target = head.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (name.to_owned(), value.replace("%3A", ":"))).collect();
        Self { index, path: path.to_owned(), query, head: head.to_lowercase() }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// Whether the requested range begins at the start of the log.
    pub fn reaches_start_of_log(&self) -> bool {
        self.time("dateStart") == Some(log_start())
    }

    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        self.parameter(name)?.parse().ok()
    }
}

/// Start of the log. The log has one event per second.
pub const LOG_START: &str = "2026-03-01T12:00:00Z";

/// Start of the log as an instant.
pub fn log_start() -> DateTime<Utc> {
    LOG_START.parse().unwrap()
}

/// Number of events in the log.
pub const LOG_EVENTS: usize = 6;

/// The record of an event of the log.
pub fn record(index: usize) -> String {
    let time = log_start() + TimeDelta::seconds(index as i64);
    record_at(index, &time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The record of an event of the log, but with the given time.
pub fn record_at(index: usize, time: &str) -> String {
    format!(
        r#"{{"@uuid":"00000000-0000-0000-0000-{index:012}","meta":{{"time":"{time}"}},"event":{{"type":"T","status":"DONE"}}}}"#
    )
}

/// A record as a hit of a page.
pub fn hit(record: &str) -> String {
    format!(r#"{{"_source":{record}}}"#)
}

/// The correct page of the log: the total, and the hits that the request asks for.
pub fn correct_hits(request: &ReceivedRequest) -> (usize, Vec<String>) {
    let from = request.time("dateStart").unwrap_or(log_start());
    let to = request.time("dateEnd").unwrap_or(log_start());
    let times = (0..LOG_EVENTS).filter(|index| {
        let time = log_start() + TimeDelta::seconds(*index as i64);
        from <= time && time < to
    });
    let hits: Vec<String> = times.map(|index| hit(&record(index))).collect();
    let page = hits.iter().skip(request.number("offset", 0)).take(request.number("limit", 100));
    (hits.len(), page.cloned().collect())
}

/// The body of a page.
pub fn page(total: &str, hits: &[String]) -> String {
    format!(r#"{{"hits":{{"total":{total},"hits":[{}]}}}}"#, hits.join(","))
}

/// The correct answer to a request for a page.
pub fn correct_page(request: &ReceivedRequest) -> String {
    let (total, hits) = correct_hits(request);
    page(&total.to_string(), &hits)
}

/// An answer with a `Content-Length`. The server closes the connection after the answer.
pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer with status 200.
pub fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    response("200 OK", "Content-Type: application/json\r\n", body.as_ref())
}

/// A function that answers a request: it writes any bytes to the connection.
pub type Answerer = dyn Fn(&ReceivedRequest, &mut TcpStream) -> io::Result<()> + Send + Sync;

/// The service of a test, with the function that writes the answers.
pub enum HostileService {
    /// Reads a request before it writes the answer.
    Answering(Box<Answerer>),
    /// Writes the answer before it reads the request.
    Eager(Box<Answerer>),
}

/// Serves until the process ends. Returns the URL.
pub fn serve(service: Arc<HostileService>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(connection) = connection else { return };
            let (service, requests) = (service.clone(), requests.clone());
            // A client that ends early is not an error of the server.
            thread::spawn(move || serve_connection(&service, &requests, connection));
        }
    });
    url
}

fn serve_connection(service: &HostileService, requests: &AtomicUsize, mut connection: TcpStream) -> io::Result<()> {
    let (eager, answerer) = match service {
        HostileService::Answering(answerer) => (false, answerer),
        HostileService::Eager(answerer) => (true, answerer),
    };
    let head = if eager { Vec::new() } else { read_head(&mut connection)? };
    let index = requests.fetch_add(1, Ordering::Relaxed);
    answerer(&ReceivedRequest::parse(index, &head), &mut connection)?;
    connection.shutdown(Shutdown::Write)?;
    drain(&mut connection)
}

/// Reads until the client closes the connection. If the server closed the connection with unread bytes, the connection
/// would be reset, and the client might lose bytes of the answer.
pub fn drain(connection: &mut TcpStream) -> io::Result<()> {
    io::copy(connection, &mut io::sink()).map(|_| ())
}

fn read_head(connection: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD_BYTES {
        if connection.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend(byte);
    }
    Ok(head)
}

/// Writes the same bytes until the client closes the connection.
pub fn write_endlessly(connection: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let block = bytes.repeat((1 << 16) / bytes.len().max(1) + 1);
    loop {
        connection.write_all(&block)?;
    }
}
