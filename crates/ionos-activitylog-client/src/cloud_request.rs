//! The vendor's description of the log ends at the log. What a request asked for and what became of it, the Cloud API
//! tells, at the same address. So this one operation is written by hand, in the shape of the generated ones.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, encode_path};
use reqwest::header::{ACCEPT, HeaderValue};
use serde_json::value::RawValue;

use crate::{Client, Error, ResponseValue};

/// Where the Cloud API tells about requests, below the address of the vendor's API.
const PATH: &str = "/cloudapi/v6/requests";

impl Client {
    /// Sends a `GET` request to `/cloudapi/v6/requests/{requestId}`, for the request with its status (`depth=1`).
    ///
    /// # Errors
    ///
    /// As the generated operations; every status but 200 is an unexpected response.
    pub async fn get_request(&self, request_id: &str) -> Result<ResponseValue<Box<RawValue>>, Error<()>> {
        let url = format!("{}{PATH}/{}", self.baseurl(), encode_path(request_id));
        let mut request = self
            .client()
            .get(url)
            .query(&[("depth", "1")])
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .build()?;
        let info = OperationInfo { operation_id: "get_request" };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}
