//! With `-v` and `-vv`, logs requests, responses and waits. Also counts the requests for the status line. Secrets are
//! redacted, both in the headers that carry them and wherever the request or the response repeats them.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use ionos_activitylog::clock::{Clock, Sleep};
use ionos_activitylog::internal::{REDACTED, authorization_secrets, is_secret_name, redact_text};
use ionos_activitylog::seam::{Exchange, Transport};

use crate::output::messages::{Messages, Verbosity};

/// A transport that logs and counts each request, and logs the response.
pub(crate) struct LoggingTransport {
    next: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    messages: Messages,
    secrets: SentSecrets,
}

impl LoggingTransport {
    pub(crate) fn new(next: Arc<dyn Transport>, clock: Arc<dyn Clock>, messages: Messages) -> Self {
        Self { next, clock, messages, secrets: SentSecrets::default() }
    }

    fn log_headers(&self, direction: char, headers: &HeaderMap) {
        if !self.messages.shows(Verbosity::Headers) {
            return;
        }
        for (name, value) in headers {
            let value = match value.to_str() {
                _ if is_secret_name(name.as_str()) || value.is_sensitive() => REDACTED.to_owned(),
                Ok(value) => self.secrets.redact(value),
                Err(_) => "(not text)".to_owned(),
            };
            let name = self.secrets.redact(name.as_str());
            self.messages.step(Verbosity::Headers, format_args!("{direction} {name}: {value}"));
        }
    }

    /// Logs the status of the response, or the cause if there is no response.
    fn log_result(&self, request: &str, started: Duration, result: Result<StatusCode, String>) {
        let took = self.clock.elapsed().saturating_sub(started).as_secs_f64();
        let result = result.map_or_else(|cause| format!("no answer ({cause})"), |status| status.to_string());
        self.messages.step(Verbosity::Requests, format_args!("{request}: {result}, {took:.3} s"));
    }
}

impl Transport for LoggingTransport {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        self.secrets.add(request.headers());
        let url = request.url();
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        let line = match self.messages.shows(Verbosity::Requests) {
            true => self.secrets.redact(&format!("{} {}{query}", request.method(), url.path())),
            false => String::new(),
        };
        let started = self.clock.elapsed();
        self.messages.request_counts().add_sent();
        let host = url.host_str().unwrap_or_default();
        self.messages.step(Verbosity::Headers, format_args!("> {line} to {host}"));
        self.log_headers('>', request.headers());
        Box::pin(async move {
            let answer = self.next.send(operation, request).await;
            match &answer {
                Ok(answer) => {
                    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                        self.messages.request_counts().add_throttled();
                    }
                    self.log_result(&line, started, Ok(answer.status()));
                    self.log_headers('<', answer.headers());
                }
                Err(error) => self.log_result(&line, started, Err(self.secrets.redact(&root_cause(error)))),
            }
            answer
        })
    }
}

/// The innermost cause of an error. It does not contain the outer causes, because they repeat the address.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = None;
    let mut next = error.source();
    while let Some(source) = next {
        cause = Some(source.to_string());
        next = source.source();
    }
    cause.unwrap_or_else(|| "the request could not be sent".to_owned())
}

/// The credentials of all requests that were sent. They are redacted wherever a logged text repeats them. Credentials
/// of earlier requests are kept, because an answer may repeat a token that the client no longer uses.
#[derive(Default)]
struct SentSecrets(Mutex<BTreeSet<String>>);

impl SentSecrets {
    fn add(&self, headers: &HeaderMap) {
        let values = headers.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok());
        self.lock().extend(values.flat_map(authorization_secrets));
    }

    /// Redacts the sent credentials, and anything else that looks like a credential, in a text.
    fn redact(&self, text: &str) -> String {
        let known = self.lock();
        let secrets: Vec<&str> = known.iter().map(String::as_str).collect();
        redact_text(text, &secrets)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that logs each wait when it begins.
pub(crate) struct LoggingClock {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) messages: Messages,
}

impl fmt::Debug for LoggingClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clock.fmt(f)
    }
}

impl Clock for LoggingClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        let seconds = duration.as_secs_f64();
        self.messages.step(Verbosity::Requests, format_args!("waiting {seconds:.3} s before the next request"));
        self.clock.sleep(duration)
    }

    fn alarm(&self, duration: Duration) -> Sleep<'_> {
        self.clock.alarm(duration)
    }

    fn chance(&self) -> f64 {
        self.clock.chance()
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    /// A transport that repeats a password in the names and values of headers.
    struct PasswordEchoTransport;

    impl Transport for PasswordEchoTransport {
        fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
            let answer = http::Response::builder()
                .status(401)
                .header("x-echo", "a Planted%20pass \\u0050lanted pass b")
                .header("x-pair", "bWU6UGxhbnRlZCBwYXNz and bWU6T2xkLXBsYW50ZWQ and old-planted")
                .header("old-planted", "1")
                .body("");
            Box::pin(async move { Ok(answer.unwrap().into()) })
        }
    }

    #[tokio::test]
    async fn a_password_and_the_credentials_of_earlier_requests_are_not_logged() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let messages = Messages::to_function(move |line| lines.lock().unwrap().push(line.to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(DateTime::UNIX_EPOCH));
        let transport = LoggingTransport::new(Arc::new(PasswordEchoTransport), clock, messages);
        // The credentials are me:Old-planted, then me:Planted pass.
        for credential in ["bWU6T2xkLXBsYW50ZWQ=", "bWU6UGxhbnRlZCBwYXNz"] {
            log.lock().unwrap().clear();
            let mut request = reqwest::Request::new(http::Method::GET, "https://a.example/b".parse().unwrap());
            request.headers_mut().insert(AUTHORIZATION, format!("Basic {credential}").parse().unwrap());
            transport.send("get_info", request).await.unwrap();
        }
        assert_eq!(
            log.lock().unwrap()[2..].join("\n"),
            "GET /b: 401 Unauthorized, 0.000 s\n< x-echo: a [redacted] [redacted] b\n\
             < x-pair: [redacted] and [redacted] and [redacted]\n< [redacted]: 1"
        );
    }

    /// A transport that repeats credentials.
    struct EchoTransport;

    impl Transport for EchoTransport {
        fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
            let answer = http::Response::builder()
                .status(429)
                .header("set-cookie", "session=planted")
                .header("x-echo", "you sent planted-token")
                .header("x-raw", &b"\xff"[..])
                .body("");
            Box::pin(async move { Ok(answer.unwrap().into()) })
        }
    }

    #[tokio::test]
    async fn everything_except_credentials_is_logged() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let messages = Messages::to_function(move |line| lines.lock().unwrap().push(line.to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(DateTime::UNIX_EPOCH));
        let transport = LoggingTransport::new(Arc::new(EchoTransport), clock.clone(), messages.clone());
        let url = "https://a.example/b?c=planted-token".parse().unwrap();
        let mut request = reqwest::Request::new(http::Method::GET, url);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, "Bearer planted-token".parse().unwrap());
        headers.insert("x-api-key", "planted".parse().unwrap());
        headers.insert("accept", "a\tb".parse().unwrap());
        transport.send("get_info", request).await.unwrap();
        let logging_clock = LoggingClock { clock, messages: messages.clone() };
        logging_clock.sleep(Duration::from_millis(1500)).await;
        let log = log.lock().unwrap().join("\n");
        assert_eq!(
            log,
            "> GET /b?c=[redacted] to a.example\n> authorization: [redacted]\n> x-api-key: [redacted]\n> accept: a\\tb\n\
             GET /b?c=[redacted]: 429 Too Many Requests, 0.000 s\n< set-cookie: [redacted]\n< x-echo: you sent [redacted]\n\
             < x-raw: (not text)\nwaiting 1.500 s before the next request"
        );
        assert_eq!(messages.request_counts().totals(), (1, 1));
    }
}
