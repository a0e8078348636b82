//! A handwritten operation in the form of the generated operations. It is not generated, because the API description
//! covers only the Activity Log API, but body and status of a request come from the Cloud API, which has the same base
//! URL.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, encode_path};
use serde_json::value::RawValue;

use crate::{Client, Error, ResponseValue};

/// Path of the requests of the Cloud API, below the base URL.
const PATH: &str = "/cloudapi/v6/requests";

impl Client {
    /// Sends a `GET` request to `/cloudapi/v6/requests/{requestId}`. The answer is the request with its status
    /// (`depth=1`).
    ///
    /// # Errors
    ///
    /// The errors of the generated operations. Any status but 200 is [`Error::UnexpectedResponse`].
    pub async fn get_request(&self, request_id: &str) -> Result<ResponseValue<Box<RawValue>>, Error<()>> {
        let url = format!("{}{PATH}/{}", self.baseurl(), encode_path(request_id));
        let mut request = self.client().get(url).query(&[("depth", "1")]).build()?;
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
