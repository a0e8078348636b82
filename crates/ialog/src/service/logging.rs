//! "What is it doing?" is a question about requests: which one, how it was answered, how long it waits before the next.
//! All of them pass one seam, so that is where they are counted and told. Credentials pass it too, and are not told:
//! neither by their place nor where something else repeats them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use ionos_activitylog::clock::{Clock, Sleep};
use ionos_activitylog::internal::{REDACTED, is_secret_name, redact_text};
use ionos_activitylog::seam::{Exchange, Transport};

use crate::output::messages::{Messages, Verbosity};
use crate::output::text::safe;

/// Stands before whatever carries requests, and tells of each.
pub(crate) struct LoggingTransport {
    next: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    messages: Messages,
}

impl LoggingTransport {
    pub(crate) fn new(next: Arc<dyn Transport>, clock: Arc<dyn Clock>, messages: Messages) -> Self {
        Self { next, clock, messages }
    }

    fn headers(&self, sign: char, headers: &HeaderMap, secrets: &Secrets) {
        for (name, value) in headers {
            let value = match value.to_str() {
                _ if is_secret_name(name.as_str()) || value.is_sensitive() => REDACTED.to_owned(),
                Ok(value) => secrets.without(value),
                Err(_) => "(not text)".to_owned(),
            };
            self.messages.step(Verbosity::Headers, format_args!("{sign} {name}: {value}"));
        }
    }

    /// What came back, or why nothing did.
    fn came(&self, asked: &str, at: Duration, answer: Result<StatusCode, String>) {
        let took = self.clock.elapsed().saturating_sub(at).as_secs_f64();
        let told = answer.map_or_else(|why| format!("no answer ({why})"), |status| status.to_string());
        self.messages.step(Verbosity::Steps, format_args!("{asked}: {told}, {took:.3} s"));
    }
}

impl Transport for LoggingTransport {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let secrets = Secrets::of(request.headers());
        let url = request.url();
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        let asked = secrets.without(&format!("{} {}{query}", request.method(), url.path()));
        let at = self.clock.elapsed();
        self.messages.traffic().sent();
        let place = url.host_str().unwrap_or_default();
        self.messages.step(Verbosity::Headers, format_args!("> {asked} to {}", safe(place)));
        self.headers('>', request.headers(), &secrets);
        Box::pin(async move {
            let answer = self.next.send(operation, request).await;
            match &answer {
                Ok(answer) => {
                    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                        self.messages.traffic().throttled();
                    }
                    self.came(&asked, at, Ok(answer.status()));
                    self.headers('<', answer.headers(), &secrets);
                }
                Err(error) => self.came(&asked, at, Err(secrets.without(&root_cause(error)))),
            }
            answer
        })
    }
}

/// What lies behind an error; its own text repeats the address.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = None;
    let mut next = error.source();
    while let Some(source) = next {
        cause = Some(source.to_string());
        next = source.source();
    }
    cause.unwrap_or_else(|| "it could not be sent".to_owned())
}

/// The credentials of a request, to be found wherever they are repeated.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(AUTHORIZATION).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        // Behind the name of the scheme.
        let secrets = values.filter_map(|value| value.split_whitespace().last());
        let secrets = secrets.filter(|secret| !secret.is_empty());
        Self(secrets.map(str::to_owned).collect())
    }

    /// The text on one line, without these credentials and without anything that looks like one.
    fn without(&self, text: &str) -> String {
        let secrets: Vec<&str> = self.0.iter().map(String::as_str).collect();
        safe(&redact_text(text, &secrets))
    }
}

/// Tells of each wait of the clock that it is made from, when it begins.
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
        self.messages.step(Verbosity::Steps, format_args!("waiting {seconds:.3} s before the next request"));
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
    use std::sync::Mutex;

    use ionos_activitylog::clock::VirtualClock;

    use super::*;

    /// Repeats what it should not.
    struct Chatty;

    impl Transport for Chatty {
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
    async fn everything_is_told_but_credentials() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        let messages = Messages::to(move |line| heard.lock().unwrap().push(line.to_owned()));
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(DateTime::UNIX_EPOCH));
        let watch = LoggingTransport::new(Arc::new(Chatty), clock.clone(), messages.clone());
        let url = "https://a.example/b?c=planted-token".parse().unwrap();
        let mut request = reqwest::Request::new(http::Method::GET, url);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, "Bearer planted-token".parse().unwrap());
        headers.insert("x-api-key", "planted".parse().unwrap());
        headers.insert("accept", "a\tb".parse().unwrap());
        watch.send("get_info", request).await.unwrap();
        let waiting = LoggingClock { clock, messages: messages.clone() };
        waiting.sleep(Duration::from_millis(1500)).await;
        let said = said.lock().unwrap().join("\n");
        assert_eq!(
            said,
            "> GET /b?c=[redacted] to a.example\n> authorization: [redacted]\n> x-api-key: [redacted]\n> accept: a\\tb\n\
             GET /b?c=[redacted]: 429 Too Many Requests, 0.000 s\n< set-cookie: [redacted]\n< x-echo: you sent [redacted]\n\
             < x-raw: (not text)\nwaiting 1.500 s before the next request"
        );
        assert_eq!(messages.traffic().counts(), (1, 1));
    }
}
