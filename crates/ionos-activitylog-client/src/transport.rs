//! The generated client must not decide how a request travels: the facade adds authorisation and limits, tests and
//! the simulator answer without a socket. So every request goes through one trait object, and what came back is
//! noted beside it, because the generated errors drop the status and the headers of an answer they cannot read.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::Client;

/// A request on its way; resolves to the answer, or to why there is none.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send + 'a>>;

/// Carries out one request. Retries, if any, belong above it: a transport does not see a body that breaks off.
pub trait Transport: Send + Sync {
    /// Sends the request once. `operation` is the operation id in snake case, such as `get_by_contract`.
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a>;
}

/// The status line and headers of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
}

/// What a [`Client`] holds for one call: the transport, and the answer once it is there.
///
/// Make one for each call; clones share the noted answer.
#[derive(Clone)]
pub struct Context {
    transport: Arc<dyn Transport>,
    answer: Arc<OnceLock<Answer>>,
}

impl Context {
    /// A context for one call over the given transport.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, answer: Arc::default() }
    }

    /// The status and headers of the first answer, whether or not its body could be read.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.get()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl ClientHooks<Context> for Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let response = self.inner.transport.send(info.operation_id, request).await?;
        // Fails only when the context served a call before, and then the first answer stays.
        let _ = self.inner.answer.set(Answer { status: response.status(), headers: response.headers().clone() });
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Canned(&'static str);

    impl Transport for Canned {
        fn send<'a>(&'a self, operation: &'static str, _: reqwest::Request) -> Exchange<'a> {
            let response = http::Response::builder().header("x-operation", operation).body(self.0);
            Box::pin(async move { Ok(response.unwrap().into()) })
        }
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_still_leaves_its_status_and_headers() {
        let context = Context::new(Arc::new(Canned("<html>")));
        let client = Client::new_with_client("http://localhost", reqwest::Client::new(), context.clone());
        assert!(client.get_info().send().await.is_err());
        let answer = context.answer().unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-operation"], "get_info");
    }
}
