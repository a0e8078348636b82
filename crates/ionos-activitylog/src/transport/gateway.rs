//! Every request needs authorisation, whatever carries it; the generated client puts a header on each that the
//! vendor's own clients do not send; and an answer without end must not fill the memory. All that is settled here,
//! in front of every transport.

use std::sync::Arc;
use std::task::Poll;

use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, BodyStream, LengthLimitError, Limited, StreamBody};
use ionos_activitylog_client::{Exchange, Transport};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};

use crate::error::transport_fault::BodyTooLarge;
use crate::pacing::Exit;
use crate::{Error, ErrorKind};

const AGENT: &str = concat!("ionos-activitylog/", env!("CARGO_PKG_VERSION"));

/// Where resellers name the contract that they act for.
const CONTRACT: HeaderName = HeaderName::from_static("x-contract-number");

/// The user agent, with what the program adds to it.
pub(crate) fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, Error> {
    let text = suffix.map_or_else(|| AGENT.to_owned(), |suffix| format!("{AGENT} {suffix}"));
    HeaderValue::from_str(&text).map_err(|_| {
        Error::new(ErrorKind::Configuration, "the suffix of the user agent holds a character that no header takes")
            .with_hint("use visible ASCII")
    })
}

/// Completes the requests of one attempt and passes them on.
pub(crate) struct Gateway {
    pub(crate) authorization: HeaderValue,
    pub(crate) user_agent: HeaderValue,
    pub(crate) contract: Option<HeaderValue>,
    /// The longest body of an answer, unpacked, in bytes.
    pub(crate) body_cap: u64,
    /// The place that the request takes as long as it is on its way.
    pub(crate) place: Exit,
    pub(crate) next: Arc<dyn Transport>,
}

impl Transport for Gateway {
    fn send<'a>(&'a self, operation: &'static str, mut request: reqwest::Request) -> Exchange<'a> {
        let headers = request.headers_mut();
        headers.remove("api-version");
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(AUTHORIZATION, self.authorization.clone());
        if let Some(contract) = &self.contract {
            headers.insert(CONTRACT, contract.clone());
        }
        Box::pin(async move {
            let answer = self.next.send(operation, request).await?;
            Ok(giving_way(capped(answer, self.body_cap), &self.place))
        })
    }
}

/// The same answer, whose body fails where it passes the cap. It is unpacked by then, so the cap holds against
/// compression too.
fn capped(answer: reqwest::Response, cap: u64) -> reqwest::Response {
    // The connection holds an answer to the length that it declares, and one that is unpacked declares none.
    if answer.content_length().is_some_and(|length| length <= cap) {
        return answer;
    }
    let limit = usize::try_from(cap).unwrap_or(usize::MAX);
    let answer: http::Response<reqwest::Body> = answer.into();
    answer
        .map(|body| {
            let limited = Limited::new(body, limit).map_err(move |error| match error.downcast::<LengthLimitError>() {
                Ok(_) => Box::new(BodyTooLarge { cap }),
                Err(error) => error,
            });
            reqwest::Body::wrap(limited)
        })
        .into()
}

/// The same answer, which gives its place free when all of its body is there: to understand it takes some time of the
/// processor, in which the next request can be on its way already. Not where it is an error, which may say that there
/// should be no other so soon.
fn giving_way(answer: reqwest::Response, place: &Exit) -> reqwest::Response {
    if !answer.status().is_success() {
        return answer;
    }
    let answer: http::Response<reqwest::Body> = answer.into();
    let place = place.clone();
    let mut told = false;
    let end = stream::poll_fn(move |context| {
        if told {
            return Poll::Ready(None);
        }
        told = true;
        place.leave();
        // Whatever else is ready goes first, once.
        context.waker().wake_by_ref();
        Poll::Pending
    });
    answer.map(|body| reqwest::Body::wrap(StreamBody::new(BodyStream::new(body).chain(end)))).into()
}
