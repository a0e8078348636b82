//! Sends the requests of the generated operations through the [`Context`] of the call.

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{ACCEPT, HeaderValue};

use crate::generated::Client;
use crate::transport::Context;

impl ClientHooks<Context> for Client {
    async fn exec(&self, mut request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        // Generated operations that return bytes, and handwritten operations, do not set the Accept header.
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        self.inner.send(info.operation_id, request).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::transport::{Exchange, Transport};

    struct FixedAnswer(&'static str);

    impl Transport for FixedAnswer {
        fn send<'a>(&'a self, operation: &'static str, _: reqwest::Request) -> Exchange<'a> {
            let response = http::Response::builder().header("x-operation", operation).body(self.0);
            Box::pin(async move { Ok(response.unwrap().into()) })
        }
    }

    #[tokio::test]
    async fn the_context_keeps_status_and_headers_of_an_answer_whose_body_cannot_be_parsed() {
        let context = Context::new(Arc::new(FixedAnswer("<html>")));
        let client = Client::new_with_client("http://localhost", reqwest::Client::new(), context.clone());
        assert!(client.get_info().send().await.is_err());
        let answer = context.answer().unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-operation"], "get_info");
    }
}
