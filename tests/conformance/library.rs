//! Runs the cases of the behaviour contract with the library, with scripted responses, a virtual clock and fixed random
//! numbers.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{
    AccessToken, Client, ContractNumber, DateRange, Error, PageSize, RetryPolicy, TokenFuture, TokenProvider,
};

use super::case::{Case, Credentials, Failure, Fault, Message, Order, Request, Response, Success, Total, When};
use super::compare::Observed;
use crate::support::scripted::{ScriptedTransport, Step};

/// Runs a case.
pub fn run(case: &Case) -> Observed {
    let clock = clock(case);
    let scripted = script(case, &clock);
    let mut events_before = 0;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(async {
        let client = client(case, scripted.clone(), clock.clone())?;
        perform(case, &client, &mut events_before).await
    });
    let message = result.as_ref().err().map(Error::to_string);
    Observed {
        requests: scripted.requests(),
        waits: clock.waits(),
        unused: scripted.unused(),
        result: result.map_err(|error| Some(failure(&error, events_before))),
        message,
        exit_code: None,
    }
}

/// The virtual clock of a case. The clock also draws the random numbers of the case.
pub fn clock(case: &Case) -> Arc<VirtualClock> {
    let clock = VirtualClock::starting_at(case.given.now.parse().unwrap());
    Arc::new(clock.with_chance(case.given.chance))
}

/// The transport that answers with the responses of a case.
pub fn script(case: &Case, clock: &Arc<VirtualClock>) -> Arc<ScriptedTransport> {
    let steps = case.given.responses.iter().flat_map(|response| (0..response.times).map(|_| step(response, clock)));
    if case.given.order == Order::AsListed {
        return ScriptedTransport::with_steps(steps);
    }
    let requests = case.then.requests.as_deref().unwrap_or_default();
    let steps: Vec<Step> = steps.collect();
    assert_eq!(requests.len(), steps.len(), "a case with the `order` \"any\" needs one request per response");
    let wanted = requests.iter().map(Request::target);
    ScriptedTransport::with_targets(wanted.zip(steps))
}

/// The step of the script for a response of a case.
fn step(response: &Response, clock: &Arc<VirtualClock>) -> Step {
    let mut answer = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        answer = answer.header(name, value);
    }
    let body = match (&response.body, &response.json) {
        (Some(_), Some(_)) => panic!("a response has both `body` and `json`"),
        (Some(text), None) => text.clone(),
        (None, Some(json)) => json.to_string(),
        (None, None) => String::new(),
    };
    let answer = answer.body(body.into_bytes()).unwrap();
    let step = match response.fault {
        None => answer.into(),
        Some(Fault::ResetInBody) => Step::breaks_off(answer, io::ErrorKind::ConnectionReset),
        Some(Fault::EndInBody) => Step::breaks_off(answer, io::ErrorKind::UnexpectedEof),
    };
    match response.silence_ms {
        0 => step,
        silence => step.after_silence(Duration::from_millis(silence), clock),
    }
}

fn client(case: &Case, transport: Arc<ScriptedTransport>, clock: Arc<VirtualClock>) -> Result<Client, Error> {
    let settings = &case.given.settings;
    let millis = Duration::from_millis;
    let mut retry = RetryPolicy::builder();
    if let Some(attempts) = settings.attempts {
        retry = retry.attempts(attempts);
    }
    if let Some(base) = settings.base_ms {
        retry = retry.base(millis(base));
    }
    if let Some(cap) = settings.cap_ms {
        retry = retry.cap(millis(cap));
    }
    if let Some(ceiling) = settings.retry_after_ceiling_ms {
        retry = retry.retry_after_ceiling(millis(ceiling));
    }
    if let Some(deadline) = settings.deadline_ms {
        retry = retry.deadline(millis(deadline));
    }
    let mut builder = Client::builder().retry(retry.build()?).transport(transport).clock(clock);
    if let Some(timeout) = settings.attempt_timeout_ms {
        builder = builder.attempt_timeout(millis(timeout));
    }
    if let Some(cap) = settings.body_cap_bytes {
        builder = builder.body_cap(cap);
    }
    if let Some(url) = &settings.base_url {
        builder = builder.base_url(url);
    }
    if let Some(contract) = &settings.acting_for {
        builder = builder.acting_for(contract.parse()?);
    }
    if let Some(suffix) = &settings.user_agent_suffix {
        builder = builder.user_agent_suffix(suffix);
    }
    match &case.given.credentials {
        Credentials::Token(token) => builder.token(token),
        Credentials::TokensInTurn(tokens) => {
            builder.token_provider(Arc::new(TokensInTurnProvider(Mutex::new(tokens.clone().into()))))
        }
        Credentials::UserNameAndPassword(name, password) => builder.username_and_password(name, password),
    }
    .build()
}

/// Provides each token once, in order.
struct TokensInTurnProvider(Mutex<VecDeque<String>>);

impl TokenProvider for TokensInTurnProvider {
    fn token(&self) -> TokenFuture<'_> {
        let token = self.0.lock().unwrap().pop_front();
        Box::pin(async move { Ok(AccessToken::new(token.ok_or("no token is left")?)?) })
    }
}

async fn perform(case: &Case, client: &Client, read: &mut usize) -> Result<Success, Error> {
    let range = |start: &str, end: &str| {
        let time = |text: &str| text.parse().unwrap();
        DateRange::new(time(start), time(end))
    };
    let size = case.given.settings.page_size.map(PageSize::new);
    let size = size.transpose()?.unwrap_or_default();
    match &case.when {
        When::Info {} => {
            let info = client.info().await?.into_inner();
            Ok(Success::Info { name: info.name, version: info.version, href: info.href })
        }
        When::Contracts {} => {
            let contracts = client.contracts().await?;
            let numbers = contracts.iter().map(|contract| contract.number.to_string()).collect();
            Ok(Success::Contracts(numbers))
        }
        When::Page { contract, start, end, offset } => {
            let contract: ContractNumber = contract.parse()?;
            let page = client.page(&contract, range(start, end)?, *offset, size).await?;
            Ok(Success::Page {
                events: page.events.iter().map(|event| event.raw().to_owned()).collect(),
                total: page.total.map(|total| Total { count: total.count, exact: total.exact }),
            })
        }
        When::Events { contract, start, end } => {
            let events = client.events(contract.parse()?, range(start, end)?);
            let mut stream = events.page_size(size).stream();
            let mut records = Vec::new();
            while let Some(event) = stream.try_next().await? {
                records.push(event.raw().to_owned());
                *read = records.len();
            }
            Ok(Success::Events(records))
        }
        When::Pages { contract, start, end } => {
            let events = client.events(contract.parse()?, range(start, end)?);
            let mut pages = events.page_size(size).pages();
            let mut records = Vec::new();
            while let Some(page) = pages.try_next().await? {
                records.extend(page.events.iter().map(|event| event.raw().to_owned()));
                *read = records.len();
            }
            Ok(Success::Events(records))
        }
    }
}

fn failure(error: &Error, events_before: usize) -> Failure {
    Failure {
        kind: kebab_case(&format!("{:?}", error.kind())),
        status: error.status(),
        attempts: error.attempts(),
        retryable: error.is_retryable(),
        retry_after_ms: error.retry_after().map(|time| u64::try_from(time.as_millis()).unwrap()),
        request_id: error.request_id().map(str::to_owned),
        messages: error
            .messages()
            .iter()
            .map(|message| Message { code: message.code.clone(), text: message.text.clone() })
            .collect(),
        events_before,
    }
}

/// Converts `RateLimited` to `rate-limited`.
fn kebab_case(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
