//! One snapshot of the error message for each way in which a call can fail.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::StreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, ContractNumber, DateRange, Error, ErrorKind, PageSize, RetryPolicy};

use crate::support::program::ClosedPort;
use crate::support::scripted::{ScriptedTransport, TOKEN, answer};
use crate::support::snapshot;

const HTML: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>nginx</body>\n</html>\n";

fn envelope(status: u16, code: &str, message: &str) -> String {
    format!(r#"{{"httpStatus":{status},"messages":[{{"errorCode":"{code}","message":"{message}"}}]}}"#)
}

async fn page_error(status: u16, body: &str) -> Error {
    let (_, client) = ScriptedTransport::client([answer(status, body)]);
    let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
    let contract: ContractNumber = "31721060".parse().unwrap();
    client.page(&contract, range, 0, PageSize::DEFAULT).await.unwrap_err()
}

fn check(name: &str, kind: ErrorKind, error: &Error) {
    assert_eq!(error.kind(), kind, "{name}: {error}");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{name}: {text}");
    assert!(!text.contains(TOKEN) && !format!("{error:?}").contains(TOKEN), "{name}");
    snapshot::check("library", &format!("error__{name}"), &text);
}

#[tokio::test]
async fn every_error_answer_has_its_message() {
    use ErrorKind::*;
    let cases = [
        ("400_envelope", BadRequest, 400, envelope(400, "400", "dateStart: cannot be read")),
        ("401_envelope", Unauthorized, 401, envelope(401, "315", "Unauthorized")),
        ("403_envelope", Forbidden, 403, envelope(403, "paas-feature-1", "feature is not enabled for the contract")),
        ("404_envelope", NotFound, 404, envelope(404, "309", "Resource does not exist")),
        ("409_empty", Conflict, 409, String::new()),
        ("429_text", RateLimited, 429, "slow down".to_owned()),
        ("500_other_json", Server, 500, r#"{"error":"boom","echo":"planted-token-4711"}"#.to_owned()),
        ("502_html", BadGateway, 502, HTML.to_owned()),
        ("503_envelope", Unavailable, 503, envelope(503, "503", "Service Unavailable")),
        ("302_redirect", RedirectRefused, 302, String::new()),
        ("201_created", UnexpectedStatus, 201, String::new()),
        ("504_empty", GatewayTimeout, 504, String::new()),
        ("418_unknown", UnexpectedStatus, 418, "short and stout".to_owned()),
        ("200_html", Decode, 200, HTML.to_owned()),
        ("200_empty", Decode, 200, String::new()),
        ("200_wrong_type", Decode, 200, r#"{"hits":{"hits":7}}"#.to_owned()),
        ("200_without_hits", Decode, 200, r#"{"message":"planted"}"#.to_owned()),
        ("200_cut_off", Decode, 200, r#"{"hits":{"total":5,"hits":[{"_sou"#.to_owned()),
    ];
    for (name, kind, status, body) in cases {
        let error = page_error(status, &body).await;
        check(name, kind, &error);
        assert_eq!(error.status(), Some(status), "{name}");
    }
}

#[tokio::test]
async fn programs_can_read_the_vendors_messages() {
    let error = page_error(401, &envelope(401, "315", "Unauthorized")).await;
    assert_eq!(error.messages().len(), 1);
    assert_eq!(error.messages()[0].code.as_deref(), Some("315"));
    assert_eq!(error.messages()[0].text.as_deref(), Some("Unauthorized"));
}

#[tokio::test]
async fn a_refused_connection_has_its_message() {
    let closed = ClosedPort::new();
    let port = closed.address.port();
    let client = Client::builder()
        .token(TOKEN)
        .retry(RetryPolicy::none())
        .base_url(format!("http://127.0.0.1:{port}"))
        .build()
        .unwrap();
    let error = client.info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    let text = error.to_string().replace(&port.to_string(), "[port]");
    snapshot::check("library", "error__connection_refused", &text);
}

#[tokio::test]
async fn a_timeout_has_its_message() {
    // Connections stay in the listener's queue and are never accepted.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_millis(1)).build();
    let client = Client::builder()
        .token(TOKEN)
        .retry(RetryPolicy::none())
        .base_url(format!("http://{address}"))
        .http_client(http.unwrap());
    let error = client.build().unwrap().info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AttemptTimeout);
    snapshot::check("library", "error__timeout", &error.to_string().replace(&address.to_string(), "[address]"));
}

#[tokio::test]
async fn a_token_in_an_answer_is_redacted_in_every_encoding() {
    const SLASHED: &str = "planted/secret.4711";
    let escaped = SLASHED.replace('/', r"\/");
    let unicode = SLASHED.replace('/', r"\u002f");
    let percent = SLASHED.replace('/', "%2F");
    let far = "x".repeat(485);
    let cases = [
        (401, envelope(401, "315", &escaped)),
        (401, envelope(401, &unicode, SLASHED)),
        (500, format!(r#"{{"echo":"{escaped} {unicode} {percent}"}}"#)),
        (500, format!("{far}{SLASHED}")),
        (500, format!("{}{SLASHED}", " ".repeat(64 * 1024 - 10))),
        (200, format!("{far}{SLASHED}")),
        (200, format!(r#"{{"hits":"{escaped}"}}"#)),
    ];
    for (status, body) in cases {
        let scripted = ScriptedTransport::new([answer(status, body.clone())]);
        let client = Client::builder().token(SLASHED).retry(RetryPolicy::none()).transport(scripted).build().unwrap();
        let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
        let contract = ContractNumber::from(1);
        let error = client.page(&contract, range, 0, PageSize::DEFAULT).await.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.messages());
        for part in ["planted", "secret"] {
            assert!(!shown.contains(part), "{body}: {shown}");
        }
    }
}

#[tokio::test]
async fn an_interrupted_body_has_its_message() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        // Waits for the request, because an answer before the request would be a different fault.
        loop {
            stream.readable().await.unwrap();
            if stream.try_read(&mut [0; 4_096]).is_ok() {
                break;
            }
        }
        stream.try_write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"name\":").unwrap();
    };
    let client = Client::builder().token(TOKEN).retry(RetryPolicy::none()).base_url(url).build().unwrap();
    let (error, ()) = tokio::join!(client.info(), server);
    check("body_broken_off", ErrorKind::InterruptedBody, &error.unwrap_err());
}

#[tokio::test]
async fn pages_that_end_too_early_are_incomplete() {
    let hits = r#"{"hits":{"total":3,"hits":[{"_source":{"a":1}},{"_source":{"a":2}}]}}"#;
    let none = r#"{"hits":{"total":3,"hits":[]}}"#;
    for (name, second) in [("incomplete_early_end", none), ("incomplete_same_page", hits)] {
        let (_, client) = ScriptedTransport::client([answer(200, hits), answer(200, second)]);
        let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
        let pages = client.events("31721060".parse().unwrap(), range).pages();
        let pages: Vec<_> = pages.collect().await;
        assert_eq!(pages.len(), 2, "one page, then the error");
        check(name, ErrorKind::Incomplete, pages[1].as_ref().unwrap_err());
    }
}

#[tokio::test]
async fn gaps_have_their_message() {
    let body = |total: u64| format!(r#"{{"hits":{{"total":{total},"hits":[{{"_source":{{"a":1}}}}]}}}}"#);
    // Every scan returns one event, while the service reports a total of two. The range has one second in the first
    // case and two seconds in the second case.
    let short = [body(2), r#"{"hits":{"total":null,"hits":[]}}"#.to_owned()];
    let too_full = body(10_001);
    let answers = |times: usize| short.iter().cycle().take(2 * times);
    for (name, seconds, answers) in [
        ("incomplete_gap", 1, answers(6).collect::<Vec<_>>()),
        (
            "incomplete_gaps",
            2,
            // The first page of the second window is read before the rest of the first window.
            [&too_full, &short[0]].into_iter().chain(answers(6)).chain(answers(6).skip(1)).collect(),
        ),
    ] {
        let client = Client::builder()
            .token(TOKEN)
            .transport(ScriptedTransport::new(answers.into_iter().map(|body| answer(200, body.as_str()))))
            .clock(Arc::new(VirtualClock::starting_at(Utc::now())))
            .build()
            .unwrap();
        let start = "2026-11-20T10:00:00Z".parse().unwrap();
        let range = DateRange::new(start, start + TimeDelta::seconds(seconds)).unwrap();
        let events = client.events("31721060".parse().unwrap(), range);
        let events: Vec<_> = events.windows_at_once(1).stream().collect().await;
        let (error, before) = events.split_last().unwrap();
        assert_eq!(before.len() as i64, seconds, "one event per second, then the error");
        check(name, ErrorKind::Incomplete, error.as_ref().unwrap_err());
    }
}

#[test]
fn every_invalid_setting_has_its_message() {
    let day = |text: &str| text.parse::<chrono::DateTime<Utc>>().unwrap();
    let build = |url: &str| Client::builder().token(TOKEN).base_url(url).build().unwrap_err();
    let cases = [
        ("no_token", ErrorKind::Configuration, Client::builder().build().unwrap_err()),
        ("empty_token", ErrorKind::Configuration, Client::builder().token(" ").build().unwrap_err()),
        ("token_with_bearer", ErrorKind::Configuration, Client::builder().token("Bearer a").build().unwrap_err()),
        ("url_scheme_alone", ErrorKind::Configuration, build("https:/example.com")),
        ("token_with_a_space", ErrorKind::Configuration, Client::builder().token("a b").build().unwrap_err()),
        ("url_malformed", ErrorKind::Configuration, build("https://exa mple.com")),
        ("url_plain_http", ErrorKind::Configuration, build("http://api.ionos.com")),
        ("url_with_password", ErrorKind::Configuration, build("https://me:planted-token-4711@api.ionos.com")),
        ("contract_number", ErrorKind::Configuration, "31 721".parse::<ContractNumber>().unwrap_err()),
        ("page_size", ErrorKind::Configuration, PageSize::new(0).unwrap_err()),
        (
            "range_backwards",
            ErrorKind::Range,
            DateRange::new(day("2026-11-21T00:00:00Z"), day("2026-11-20T00:00:00Z")).unwrap_err(),
        ),
        (
            "range_too_short",
            ErrorKind::Range,
            DateRange::last(TimeDelta::milliseconds(10), day("2026-11-20T00:00:00Z")).unwrap_err(),
        ),
    ];
    for (name, kind, error) in cases {
        check(name, kind, &error);
    }
}

#[test]
fn every_refused_file_has_its_message() {
    use ionos_activitylog_archive::Error;
    let path = || "folder/week\n\u{1b}[2J.ndjson".into();
    let io = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let cases = [
        ("unknown_format", Error::UnknownFormat { path: path() }),
        ("exists", Error::AlreadyExists { path: path() }),
        ("not_a_file", Error::NotAFile { path: path() }),
        ("create", Error::Create { path: path(), source: io() }),
        ("write", Error::Write { path: path(), source: io() }),
        ("locked", Error::Locked { path: path(), owner: None }),
        (
            "unfinished",
            Error::Unfinished { path: path(), actual: "this".to_owned(), expected: "that".to_owned(), resumable: None },
        ),
    ];
    for (name, error) in cases {
        let text = format!("{error}: {}", error.hint());
        assert!(!text.contains(char::is_control), "{text}");
        snapshot::check("library", &format!("error__file_{name}"), &text);
    }
}
