//! The simulator as a transport of the generated client, so that a test of a client needs no socket, no port and no
//! runtime with I/O. Requests are answered by the same code as in the HTTP server.
//!
//! The caller sees a fault as an HTTP client would report it: decompression bombs arrive decompressed, a body longer
//! than announced is cut, and a shorter one ends with an [`std::io::Error`]. Delays use tokio's timer, so a test may
//! pause tokio's clock.

use std::sync::Arc;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::ResponseBuilderExt;

use crate::api;
use crate::api::service::Service;
use crate::http::body::BodyStream;
use crate::reply::ReplyEnd;

/// A transport that answers requests from a simulated service.
pub(crate) struct InProcessTransport(pub(crate) Arc<Service>);

impl Transport for InProcessTransport {
    fn send<'a>(&'a self, _operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            let url = request.url().clone();
            let request: http::Request<reqwest::Body> = request.try_into()?;
            let reply = api::reply(&self.0, &request);
            if !reply.delivery.delay.is_zero() {
                tokio::time::sleep(reply.delivery.delay).await;
            }
            if reply.delivery.end == ReplyEnd::ResetBeforeHead {
                return fail_with_reset(url).await;
            }
            let mut response = reply.into_client_response().map(reqwest::Body::wrap);
            // reqwest takes the URL of a response from this extension.
            if let Some(extensions) = http::response::Builder::new().url(url).extensions_mut() {
                *response.extensions_mut() = std::mem::take(extensions);
            }
            Ok(response.into())
        })
    }
}

/// The error of a client whose connection is reset before the response begins.
///
/// reqwest errors cannot be constructed, so this function reads a body that fails at once with a reset. Reading this
/// body needs no client and no socket, and `is_connect` of the error is false. The cause of the error is an
/// [`std::io::Error`] of the kind `ConnectionReset`.
async fn fail_with_reset(url: reqwest::Url) -> reqwest::Result<reqwest::Response> {
    let body = reqwest::Body::wrap(BodyStream::reset_at_start());
    match reqwest::Response::from(http::Response::new(body)).bytes().await {
        Err(error) => Err(error.with_url(url)),
        Ok(rest) => Ok(http::Response::new(rest).into()),
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog_client::{Client, Context};

    use crate::Simulator;

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
    async fn a_response_has_its_url_and_length() {
        let simulator = Simulator::builder().build();
        let url: reqwest::Url = "https://api.ionos.com/activitylog/v1".parse().unwrap();
        let request = reqwest::Request::new(http::Method::GET, url.clone());
        let response = simulator.transport().send("get_info", request).await.unwrap();
        assert_eq!(response.url(), &url);
        let length = response.content_length();
        assert_eq!(length, Some(response.bytes().await.unwrap().len() as u64));
    }
}
