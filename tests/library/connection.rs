//! HTTP between client and service: compression, body caps, redirects, proxies, headers and timeouts.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, ErrorKind, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::program::{ialog, run, start_simulator};
use crate::support::scripted::{ScriptedTransport, TOKEN, answer};

struct FakeServer {
    listener: TcpListener,
    url: String,
}

impl FakeServer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    fn client(&self) -> Client {
        let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
        let builder = Client::builder().token(TOKEN).base_url(&self.url).clock(clock);
        builder.retry(RetryPolicy::none()).body_cap(1_000_000).build().unwrap()
    }

    /// Accepts one request and sends the head of the answer. Returns the connection and the request.
    async fn begin(&self, head: &str, length: usize) -> (TcpStream, String) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        (stream, String::from_utf8(request).unwrap())
    }

    /// Answers one request. Returns the request.
    async fn serve(&self, head: &str, body: &[u8]) -> String {
        let (mut stream, request) = self.begin(head, body.len()).await;
        // The client may close the connection before the end of the body.
        let _ = stream.write_all(body).await;
        request
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn compressed_answers_are_requested_and_read() {
    let server = FakeServer::new().await;
    let body = gzip(br#"{"name":"CLOUD API"}"#);
    let client = server.client();
    let (info, request) = tokio::join!(client.info(), server.serve("200 OK\r\ncontent-encoding: gzip", &body));
    assert_eq!(info.unwrap().name.as_deref(), Some("CLOUD API"));
    assert!(request.contains("accept-encoding: gzip\r\n"), "{request}");
}

#[tokio::test]
async fn gzip_is_decoded_under_all_its_names_and_in_several_members_for_any_status() {
    let (first, second) = (br#"{"name":"CLO"#, br#"UD API"}"#);
    let members = [gzip(first), gzip(second)].concat();
    for encoding in ["gzip", "GZIP", "x-gzip", "X-GZip", "identity, gzip"] {
        let server = FakeServer::new().await;
        let client = server.client();
        let head = format!("200 OK\r\ncontent-encoding: {encoding}");
        let (info, _) = tokio::join!(client.info(), server.serve(&head, &members));
        assert_eq!(info.unwrap().name.as_deref(), Some("CLOUD API"), "{encoding}");

        let message = [gzip(br#"{"messages":[{"errorCode":"#), gzip(br#""315"}]}"#)].concat();
        let head = format!("401 Unauthorized\r\ncontent-encoding: {encoding}");
        let (info, _) = tokio::join!(client.info(), server.serve(&head, &message));
        assert_eq!(info.unwrap_err().messages()[0].code.as_deref(), Some("315"), "{encoding}");
    }
    // An empty body is reported as empty, and not as invalid gzip.
    let server = FakeServer::new().await;
    let client = server.client();
    let (info, _) = tokio::join!(client.info(), server.serve("403 Forbidden\r\ncontent-encoding: gzip", b""));
    assert!(info.unwrap_err().to_string().contains("with an empty body"));
}

#[tokio::test]
async fn the_error_names_a_content_encoding_that_was_not_requested() {
    let body = [0x8b, 0x00, 0x80, b'{', 0xff];
    for encoding in ["br", "deflate", "gzip, br", "gzip, gzip", "x-made-up"] {
        for (status, beginning) in [("200 OK", "the answer has"), ("502 Bad Gateway", "502 Bad Gateway; its body has")]
        {
            let server = FakeServer::new().await;
            let client = server.client();
            let head = format!("{status}\r\ncontent-encoding: {encoding}");
            let (info, _) = tokio::join!(client.info(), server.serve(&head, &body));
            let error = info.unwrap_err();
            let message = format!("{beginning} the content encoding {encoding:?}, which was not requested");
            assert!(error.to_string().contains(&message), "{error}");
            assert_eq!(error.body_snippet(), None);
        }
    }
}

#[tokio::test]
async fn the_error_names_utf_16_and_does_not_show_the_body_as_text() {
    let encode = |text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
    };
    let text = r#"[{"id":31721060}]"#;
    let little = encode(text, [0xff, 0xfe], u16::to_le_bytes);
    let big = encode(text, [0xfe, 0xff], u16::to_be_bytes);
    let wide: Vec<u8> = [0xfe_ff].into_iter().chain(text.chars().map(u32::from)).flat_map(u32::to_be_bytes).collect();
    for (body, charset) in [(&little, "UTF-16"), (&big, "UTF-16"), (&wide, "UTF-32")] {
        let answers = ["200 OK", "502 Bad Gateway"];
        for (status, begins) in answers.iter().zip(["the answer has", "502 Bad Gateway; its body has"]) {
            let server = FakeServer::new().await;
            let folder = tempfile::tempdir().unwrap();
            let mut command = ialog(folder.path(), &["contracts", "--attempts", "1"]);
            command.env("IONOS_TOKEN", TOKEN).env("IONOS_API_URL", &server.url);
            let (printed, _) = tokio::join!(
                async { tokio::task::spawn_blocking(|| run(command)).await.unwrap() },
                server.serve(status, body)
            );
            let message = format!("{begins} the character encoding {charset}, but JSON is in UTF-8");
            assert!(printed.stderr.contains(&message), "{}", printed.stderr);
            assert!(!printed.stderr.contains('\u{fffd}'), "{}", printed.stderr);
        }
    }
}

#[tokio::test]
async fn the_error_of_a_refused_wait_names_the_requested_seconds_and_the_flag() {
    for (sent, flags, message) in [
        ("9999999999", &[][..], "the service asks to wait 9999999999 s, but the maximum wait is 60 s"),
        (
            "9999999999",
            &["--max-retry-after", "5m"],
            "the service asks to wait 9999999999 s, but the maximum wait is 300 s",
        ),
        ("61.50", &[], "the service asks to wait 61.50 s, but the maximum wait is 60 s"),
    ] {
        let server = FakeServer::new().await;
        let folder = tempfile::tempdir().unwrap();
        let mut command = ialog(folder.path(), &["contracts"]);
        command.args(flags).env("IONOS_TOKEN", TOKEN).env("IONOS_API_URL", &server.url);
        let head = format!("503 Service Unavailable\r\nretry-after: {sent}");
        let (printed, _) = tokio::join!(
            async { tokio::task::spawn_blocking(|| run(command)).await.unwrap() },
            server.serve(&head, b"")
        );
        assert_eq!(printed.code, Some(5));
        let hint = "try again after that time, or allow longer waits with --max-retry-after and --timeout";
        assert!(printed.stderr.contains(&format!("{message}: {hint}")), "{}", printed.stderr);
    }
}

#[tokio::test]
async fn the_error_for_a_cut_or_damaged_gzip_body_names_gzip() {
    let whole = gzip(br#"{"name":"CLOUD API"}"#);
    let mut damaged = whole.clone();
    damaged[15] ^= 0xff;
    for body in [&whole[..whole.len() - 3], &damaged, b"{}"] {
        let server = FakeServer::new().await;
        let client = server.client();
        let (info, _) = tokio::join!(client.info(), server.serve("200 OK\r\ncontent-encoding: gzip", body));
        let error = info.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InterruptedBody, true), "{error}");
        assert!(error.to_string().contains("gzip: "), "{error}");
    }
}

#[tokio::test]
async fn an_answer_above_the_body_cap_is_refused_even_if_compressed() {
    let body = vec![b' '; 2_000_000];
    // The cap applies to the decompressed content of all gzip members together.
    let members = [gzip(&body[..600_000]), gzip(&body[600_000..])].concat();
    for (head, body) in [
        ("200 OK", body.clone()),
        ("200 OK\r\ncontent-encoding: gzip", gzip(&body)),
        ("200 OK\r\ncontent-encoding: X-GZIP", members),
    ] {
        let server = FakeServer::new().await;
        let client = server.client();
        let (info, _) = tokio::join!(client.info(), server.serve(head, &body));
        let error = info.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::TooLarge, Some(200)), "{error}");
        assert!(error.to_string().contains("larger than 1000000 bytes"), "{error}");
        // The command line has no flag for the body cap, so the hint must not ask to raise the cap.
        let hint = "check the API address; if it is correct, report the answer to the support of the service";
        assert_eq!(error.hint(), Some(hint));
    }
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_same_host_and_refused_elsewhere() {
    let server = FakeServer::new().await;
    let client = server.client();
    let (info, requests) = tokio::join!(client.info(), async {
        let first = server.serve("307 Temporary Redirect\r\nlocation: /moved", b"").await;
        let second = server.serve("200 OK", br#"{"name":"moved"}"#).await;
        [first, second]
    });
    assert_eq!(info.unwrap().name.as_deref(), Some("moved"));
    assert!(requests[1].starts_with("GET /moved ") && requests[1].contains(TOKEN));

    let other = FakeServer::new().await;
    let client = server.client();
    let head = format!("302 Found\r\nlocation: {}/activitylog/v1", other.url);
    let (info, _) = tokio::join!(client.info(), server.serve(&head, b""));
    let error = info.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.is_retryable()), (ErrorKind::RedirectRefused, Some(302), false));
    assert!(
        futures_util::FutureExt::now_or_never(other.listener.accept()).is_none(),
        "the other host receives no request, so it does not see the token"
    );

    let client = server.client();
    let (info, ()) = tokio::join!(client.info(), async {
        for _ in 0..6 {
            server.serve("302 Found\r\nlocation: /again", b"").await;
        }
    });
    assert_eq!(info.unwrap_err().kind(), ErrorKind::RedirectRefused);
}

#[tokio::test]
async fn a_request_has_exactly_the_expected_headers() {
    let scripted = ScriptedTransport::new([answer(200, "[]")]);
    let client = Client::builder()
        .token(TOKEN)
        .user_agent_suffix("collector/1.2")
        .acting_for(31_721_060.into())
        .transport(scripted.clone())
        .build()
        .unwrap();
    client.contracts().await.unwrap();
    let request = &scripted.requests()[0];
    let mut names: Vec<&str> = request.headers().keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "cache-control", "user-agent", "x-contract-number"]);
    assert_eq!(request.headers()["x-contract-number"], "31721060");
    let agent = concat!("ionos-activitylog/", env!("CARGO_PKG_VERSION"), " collector/1.2");
    assert_eq!(request.headers()["user-agent"], agent);
}

#[tokio::test]
async fn an_old_answer_from_a_cache_proves_nothing() {
    let start: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    let range = DateRange::new(start, start + TimeDelta::minutes(10)).unwrap();
    for (age, is_complete) in [("0", true), ("60", true), ("61", false), ("172800", false), ("unknown", true)] {
        let page = || http::Response::builder().header("age", age).body(EMPTY_PAGE.into()).unwrap();
        let (_, client) = ScriptedTransport::client((0..40).map(|_| page()));
        let mut windows = client.events(31_721_060.into(), range).windows();
        let mut is_verified = true;
        while let Some(window) = windows.try_next().await.unwrap() {
            is_verified &= window.is_verified();
        }
        assert_eq!(is_verified, is_complete, "age {age}");
    }
}

/// A page of a range without events.
const EMPTY_PAGE: &str = r#"{"hits":{"total":0,"hits":[]}}"#;

#[tokio::test]
async fn a_proxy_from_the_environment_is_used_except_for_loopback() {
    let proxy = FakeServer::new().await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = ialog(folder.path(), &["contracts", "--attempts", "1"]);
    command.env("IONOS_TOKEN", TOKEN).env("IONOS_API_URL", "https://api.example.com");
    command.env("HTTPS_PROXY", &proxy.url).env("SSL_CERT_FILE", write_root(folder.path()));
    let (printed, request) = tokio::join!(
        async { tokio::task::spawn_blocking(|| run(command)).await.unwrap() },
        proxy.serve("502 Bad Gateway", b"")
    );
    assert!(request.starts_with("CONNECT api.example.com:443 "), "{request}");
    assert!(!request.contains(TOKEN), "the proxy does not see the token");
    assert_eq!(printed.code, Some(5), "{}", printed.stderr);

    let sim = start_simulator(folder.path(), &[]);
    let mut command = ialog(folder.path(), &["contracts", "--attempts", "1"]);
    command.env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN).env("IONOS_API_URL", &sim.url);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        command.env(name, &proxy.url);
    }
    assert_eq!(run(command).code, Some(0));
}

/// Writes a root certificate, so that the test does not depend on the certificates of the machine.
fn write_root(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("root.pem");
    let root = rcgen::generate_simple_self_signed(["root.example.com".to_owned()]).unwrap();
    std::fs::write(&path, root.cert.pem()).unwrap();
    path
}

/// Time is paused: the runtime advances the time when every task waits.
#[tokio::test(start_paused = true)]
async fn each_timeout_has_its_own_error_kind() {
    let server = FakeServer::new().await;
    let builder = || Client::builder().token(TOKEN).retry(RetryPolicy::none());

    // The server never answers the TLS handshake, so no connection is established.
    let url = server.url.replace("http://127.0.0.1", "https://localhost");
    let root = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let client = builder().base_url(url).root_certificate(root.cert.pem()).build().unwrap();
    let (info, _connection) = tokio::join!(client.info(), server.listener.accept());
    let error = info.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::ConnectTimeout, true), "{error}");

    // The server sends the head of an answer and then nothing.
    let client = builder().base_url(&server.url).build().unwrap();
    let (info, _connection) = tokio::join!(client.info(), server.begin("200 OK", 10));
    let error = info.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.is_retryable()),
        (ErrorKind::AttemptTimeout, Some(200), true),
        "{error}"
    );

    // The answer keeps arriving, but the attempt exceeds its time limit.
    let drip = async {
        let (mut stream, _) = server.begin("200 OK", 1_000).await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
    };
    let client = builder().base_url(&server.url).build().unwrap();
    let started = tokio::time::Instant::now();
    let info = tokio::select! {
        info = client.info() => info,
        () = drip => panic!("the client closed the connection before its time limit"),
    };
    assert_eq!(info.unwrap_err().kind(), ErrorKind::AttemptTimeout);
    assert_eq!(started.elapsed().as_secs(), 120);
}
