//! Looks up the requests of operations in the Cloud API, each request once. An unknown request is not an error: the
//! Cloud API keeps requests for a shorter time than the log keeps events, and some operations were not requested
//! through this API.

use std::collections::BTreeMap;

use ionos_activitylog::{Client, CloudRequest, ErrorKind};

use super::operation::Operation;
use crate::error::CommandError;

/// The request of an operation according to the Cloud API.
#[derive(Clone, Debug)]
pub(crate) enum CloudRequestInfo {
    Known(Box<CloudRequest>),
    /// A sentence that says why the request is not known.
    Unknown(String),
}

/// Client of the Cloud API that remembers the responses.
pub(crate) struct CloudRequestLookup {
    client: Client,
    known: BTreeMap<String, CloudRequestInfo>,
}

impl CloudRequestLookup {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, known: BTreeMap::new() }
    }

    /// Looks up the request of an operation.
    pub(crate) async fn look_up(&mut self, operation: &Operation) -> Result<CloudRequestInfo, CommandError> {
        let Some(request) = operation.request() else {
            return Ok(CloudRequestInfo::Unknown(
                "no event of this operation has a request ID, so the Cloud API cannot be queried".to_owned(),
            ));
        };
        if let Some(info) = self.known.get(&*request) {
            return Ok(info.clone());
        }
        let info = match self.client.cloud_request(&request).await {
            Ok(known) => CloudRequestInfo::Known(Box::new(known.into_inner())),
            Err(error) if error.kind() == ErrorKind::NotFound => CloudRequestInfo::Unknown(format!(
                "the Cloud API does not know the request {request} (404): it keeps only its own requests, and only for \
                 some time"
            )),
            // The log may contain a request id that is not valid in the Cloud API.
            Err(error) if error.kind() == ErrorKind::Configuration => {
                CloudRequestInfo::Unknown(format!("the Cloud API was not queried: {error}"))
            }
            Err(error) => return Err(error.into()),
        };
        self.known.insert(request.into_owned(), info.clone());
        Ok(info)
    }
}
