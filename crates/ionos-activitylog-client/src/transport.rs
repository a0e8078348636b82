//! The interface to the network: every request of the client goes through a [`Transport`]. `ionos-activitylog` has a
//! transport over HTTP; tests and the simulator answer without a socket. [`Context`] records the status and headers of
//! the answer, because the errors of the generated client do not contain them if the body cannot be read.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// The future of a request that a [`Transport`] sends. It resolves to the answer.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send + 'a>>;

/// Sends one request. The caller retries, because a transport does not notice a body that ends early.
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

    /// Sends the request of this call and records the status and headers of its answer.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        request: reqwest::Request,
    ) -> reqwest::Result<reqwest::Response> {
        let response = self.transport.send(operation, request).await?;
        // `set` fails only if the context is used for a second call. In this case, the first answer stays.
        let _ = self.answer.set(Answer { status: response.status(), headers: response.headers().clone() });
        Ok(response)
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
