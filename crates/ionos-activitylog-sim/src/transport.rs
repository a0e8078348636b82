//! A test of a client should need no socket, no port and no runtime with I/O. So the simulator is also a transport of
//! the generated client: the request is answered in place, by the same code that the HTTP server calls.

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::ResponseBuilderExt;

use crate::Simulator;

/// The simulator, as the generated client sees it.
pub(crate) struct InProcess(pub(crate) Simulator);

impl Transport for InProcess {
    fn send<'a>(&'a self, _operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            let url = request.url().clone();
            let request: http::Request<reqwest::Body> = request.try_into()?;
            let mut response = self.0.answer(&request);
            // reqwest's way to say which URL a response is from.
            if let Some(extensions) = http::response::Builder::new().url(url).extensions_mut() {
                *response.extensions_mut() = std::mem::take(extensions);
            }
            Ok(response.into())
        })
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
        let client = Client::new_with_client(
            "https://api.ionos.com",
            reqwest::Client::new(),
            context.clone(),
        );
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
        let response = simulator
            .transport()
            .send("get_info", request)
            .await
            .unwrap();
        assert_eq!(response.url(), &url);
        let length = response.content_length();
        assert_eq!(length, Some(response.bytes().await.unwrap().len() as u64));
    }
}
