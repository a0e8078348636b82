//! A transport that answers from a script, in order, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, RetryPolicy};

/// The token that every scripted client holds; nothing the project prints may contain it.
pub const TOKEN: &str = "planted-token-4711";

/// Answers from a list; a request too many is a failed test.
#[derive(Default)]
pub struct Scripted {
    answers: Mutex<VecDeque<http::Response<Vec<u8>>>>,
    requests: Mutex<Vec<reqwest::Request>>,
}

impl Scripted {
    /// Answers in order.
    pub fn new(answers: impl IntoIterator<Item = http::Response<Vec<u8>>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        })
    }

    /// Answers in order, and a client that asks for them.
    pub fn client(
        answers: impl IntoIterator<Item = http::Response<Vec<u8>>>,
    ) -> (Arc<Self>, Client) {
        let scripted = Self::new(answers);
        let client = Client::builder()
            .token(TOKEN)
            .retry(RetryPolicy::none())
            .transport(scripted.clone())
            .build()
            .unwrap();
        (scripted, client)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<reqwest::Request> {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .map(|request| request.try_clone().unwrap())
            .collect()
    }
}

impl Transport for Scripted {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let url = request.url().clone();
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| panic!("no answer is left for {operation} {url}"));
        Box::pin(async move { Ok(answer.into()) })
    }
}

/// An answer with a status and a body.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> http::Response<Vec<u8>> {
    http::Response::builder()
        .status(status)
        .body(body.into())
        .unwrap()
}
