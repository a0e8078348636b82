//! A transport that answers from a script, in order, and keeps what it was asked. A script may hold what only a
//! connection can do: break off, or be silent for a time, which is virtual.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, RetryPolicy};

/// The token that every scripted client holds; nothing the project prints may contain it.
pub const TOKEN: &str = "planted-token-4711";

/// What a request asks for: the path and the pairs of the query, in the order of their names.
pub type Asked = (String, Vec<(String, String)>);

/// What this request asks for.
pub fn asked(request: &reqwest::Request) -> Asked {
    let url = request.url();
    let mut query: Vec<_> = url.query_pairs().into_owned().collect();
    query.sort();
    (url.path().to_owned(), query)
}

/// What comes back for one request.
pub struct Step {
    silence: Option<(Duration, Arc<VirtualClock>)>,
    outcome: Outcome,
}

enum Outcome {
    Answer(http::Response<Vec<u8>>),
    BreaksOff(http::Response<Vec<u8>>, io::ErrorKind),
    NotSent,
}

impl Step {
    /// An answer whose body fails with this kind of error behind the bytes given.
    pub fn breaks_off(answer: http::Response<Vec<u8>>, kind: io::ErrorKind) -> Self {
        Outcome::BreaksOff(answer, kind).into()
    }

    /// The request cannot be made at all.
    pub fn not_sent() -> Self {
        Outcome::NotSent.into()
    }

    /// The same, after the service sent nothing for so long. Whoever waits for less has given up by then.
    pub fn after_silence(self, silence: Duration, clock: &Arc<VirtualClock>) -> Self {
        Self { silence: Some((silence, clock.clone())), ..self }
    }
}

impl From<Outcome> for Step {
    fn from(outcome: Outcome) -> Self {
        Self { silence: None, outcome }
    }
}

impl From<http::Response<Vec<u8>>> for Step {
    fn from(answer: http::Response<Vec<u8>>) -> Self {
        Outcome::Answer(answer).into()
    }
}

/// Answers from a list; a request too many is a failed test.
#[derive(Default)]
pub struct Scripted {
    /// Each with what it is for; none for whatever comes next.
    steps: Mutex<VecDeque<(Option<Asked>, Step)>>,
    requests: Mutex<Vec<reqwest::Request>>,
}

impl Scripted {
    /// Answers in order.
    pub fn new(answers: impl IntoIterator<Item = http::Response<Vec<u8>>>) -> Arc<Self> {
        Self::following(answers.into_iter().map(Step::from))
    }

    /// Does one step for each request, in order.
    pub fn following(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        Self::with(steps.into_iter().map(|step| (None, step)))
    }

    /// Does for each request the first step left that is for it, in whatever order they come.
    pub fn answering(steps: impl IntoIterator<Item = (Asked, Step)>) -> Arc<Self> {
        let steps = steps.into_iter();
        Self::with(steps.map(|(asked, step)| (Some(asked), step)))
    }

    fn with(steps: impl Iterator<Item = (Option<Asked>, Step)>) -> Arc<Self> {
        Arc::new(Self { steps: Mutex::new(steps.collect()), ..Self::default() })
    }

    /// Answers in order, and a client that asks for them.
    pub fn client(answers: impl IntoIterator<Item = http::Response<Vec<u8>>>) -> (Arc<Self>, Client) {
        let scripted = Self::new(answers);
        let client =
            Client::builder().token(TOKEN).retry(RetryPolicy::none()).transport(scripted.clone()).build().unwrap();
        (scripted, client)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<reqwest::Request> {
        self.requests.lock().unwrap().iter().map(|request| request.try_clone().unwrap()).collect()
    }

    /// How many answers nobody asked for so far.
    pub fn left(&self) -> usize {
        self.steps.lock().unwrap().len()
    }
}

impl Transport for Scripted {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let url = request.url().clone();
        let asked = asked(&request);
        self.requests.lock().unwrap().push(request);
        let step = {
            let mut steps = self.steps.lock().unwrap();
            let is_for = |wanted: &Option<Asked>| wanted.as_ref().is_none_or(|one| *one == asked);
            let place = steps.iter().position(|(wanted, _)| is_for(wanted));
            place.and_then(|place| steps.remove(place))
        };
        let (_, step) = step.unwrap_or_else(|| panic!("no answer is left for {operation} {url}"));
        Box::pin(async move {
            if let Some((silence, clock)) = step.silence {
                clock.advance(silence);
                // An alarm that is due by now comes first.
                tokio::task::yield_now().await;
            }
            match step.outcome {
                Outcome::Answer(answer) => Ok(answer.into()),
                Outcome::BreaksOff(answer, kind) => Ok(answer
                    .map(|body| {
                        let parts = [Ok(body), Err(io::Error::from(kind))];
                        reqwest::Body::wrap_stream(futures_util::stream::iter(parts))
                    })
                    .into()),
                Outcome::NotSent => Err(reqwest::Client::new().get("no url").build().unwrap_err()),
            }
        })
    }
}

/// An answer with a status and a body.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> http::Response<Vec<u8>> {
    http::Response::builder().status(status).body(body.into()).unwrap()
}
