//! A handwritten operation in the form of the generated operations. The Cloud API stores the requests of its clients,
//! each with its body and its status. The API description covers only the Activity Log API, which has the same base
//! URL, so an operation of the Cloud API cannot be generated.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, encode_path};
use serde_json::value::RawValue;

use crate::{Client, Error, ResponseValue};

/// Path, relative to the base URL, of the requests that the Cloud API has stored.
const PATH: &str = "/cloudapi/v6/requests";

impl Client {
    /// Sends a `GET` request to `/cloudapi/v6/requests/{requestId}`. The answer is the stored request with this id,
    /// including its status (`depth=1`).
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
