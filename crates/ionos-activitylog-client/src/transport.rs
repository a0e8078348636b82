//! The seam to the network: every request of the client goes through a [`Transport`]. The facade implements it with its HTTP
//! stack; tests and the simulator answer without a socket. [`Context`] records the status and headers of the answer, because
//! the generated errors drop them if the body cannot be read.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};

use crate::Client;

/// A request in flight; resolves to its answer.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send + 'a>>;

/// Sends one request. Retries belong above the transport, which does not see a body that ends early.
pub trait Transport: Send + Sync {
    /// Sends the request once. `operation` is the operation id in snake case, such as `get_by_contract`.
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a>;
}

/// The status and headers of an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status code.
    pub status: StatusCode,
    /// Response headers, unredacted.
    pub headers: HeaderMap,
}

/// The state of one call: its transport and, later, the status and headers of its answer.
///
/// Each call needs its own context. Clones share the recorded answer.
#[derive(Clone)]
pub struct Context {
    transport: Arc<dyn Transport>,
    answer: Arc<OnceLock<Answer>>,
}

impl Context {
    /// A context for one call over this transport.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, answer: Arc::default() }
    }

    /// The status and headers of the answer, even if its body could not be read. `None` if there was no answer.
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
    async fn exec(&self, mut request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        // Generated operations that return bytes, and those written by hand, send no Accept header.
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let response = self.inner.transport.send(info.operation_id, request).await?;
        // Fails only if the context is reused, and then the first answer stays.
        let _ = self.inner.answer.set(Answer { status: response.status(), headers: response.headers().clone() });
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct FixedAnswer(&'static str);

    impl Transport for FixedAnswer {
        fn send<'a>(&'a self, operation: &'static str, _: reqwest::Request) -> Exchange<'a> {
            let response = http::Response::builder().header("x-operation", operation).body(self.0);
            Box::pin(async move { Ok(response.unwrap().into()) })
        }
    }

    #[tokio::test]
    async fn records_status_and_headers_of_an_answer_that_cannot_be_read() {
        let context = Context::new(Arc::new(FixedAnswer("<html>")));
        let client = Client::new_with_client("http://localhost", reqwest::Client::new(), context.clone());
        assert!(client.get_info().send().await.is_err());
        let answer = context.answer().unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-operation"], "get_info");
    }
}
