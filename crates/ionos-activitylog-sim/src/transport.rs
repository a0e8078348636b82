//! A test of a client should need no socket, no port and no runtime with I/O. So the simulator is also a transport of
//! the generated client: the request is answered in place, by the same code that the HTTP server calls.
//!
//! A fault looks as it does behind an HTTP client: pauses are slept, with tokio's timer, so that a test may pause time;
//! a body is unpacked, has no more than its announced length, and ends with an [`std::io::Error`] if it has less.

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::ResponseBuilderExt;

use crate::Simulator;
use crate::delivery::{End, Stream};
use crate::service;

/// The simulator, as the generated client sees it.
pub(crate) struct InProcess(pub(crate) Simulator);

impl Transport for InProcess {
    fn send<'a>(&'a self, _operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            let url = request.url().clone();
            let request: http::Request<reqwest::Body> = request.try_into()?;
            let reply = service::reply(&self.0, &request);
            if !reply.delivery.delay.is_zero() {
                tokio::time::sleep(reply.delivery.delay).await;
            }
            if reply.delivery.end == End::ResetBeforeHead {
                return no_answer(url).await;
            }
            let mut response = reply.in_process().map(reqwest::Body::wrap);
            // reqwest's way to say which URL a response is from.
            if let Some(extensions) = http::response::Builder::new().url(url).extensions_mut() {
                *response.extensions_mut() = std::mem::take(extensions);
            }
            Ok(response.into())
        })
    }
}

/// What a client sees when the connection is reset before the answer begins.
///
/// reqwest has no way to make an error but to run into one. This one comes from a body that is reset at once: without
/// a client, a name or an address that might exist after all, and, unlike a name that does not resolve, it does not
/// claim that there was no connection. Its cause is an [`std::io::Error`] of the right kind.
async fn no_answer(url: reqwest::Url) -> reqwest::Result<reqwest::Response> {
    let body = reqwest::Body::wrap(Stream::reset());
    match reqwest::Response::from(http::Response::new(body)).bytes().await {
        Err(error) => Err(error.with_url(url)),
        Ok(rest) => Ok(http::Response::new(rest).into()),
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog_client::{Client, Context};

    use super::*;

    #[tokio::test]
    async fn the_generated_client_is_answered_in_process() {
        let simulator = Simulator::builder().build();
        let context = Context::new(simulator.transport());
        let client = Client::new_with_client("https://api.ionos.com", reqwest::Client::new(), context.clone());
        let info = client.get_info().send().await.unwrap();
        assert_eq!(info.name.as_deref(), Some("CLOUD API"));
        assert!(client.get_available_contracts().send().await.is_err());
        assert_eq!(context.answer().unwrap().status, 200);
    }

    #[tokio::test]
    async fn a_response_knows_its_url_and_length() {
        let simulator = Simulator::builder().build();
        let url: reqwest::Url = "https://api.ionos.com/activitylog/v1".parse().unwrap();
        let request = reqwest::Request::new(http::Method::GET, url.clone());
        let response = simulator.transport().send("get_info", request).await.unwrap();
        assert_eq!(response.url(), &url);
        let length = response.content_length();
        assert_eq!(length, Some(response.bytes().await.unwrap().len() as u64));
    }
}
