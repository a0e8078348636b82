//! What a request asked for is not in the log, and the Cloud API knows it. It is asked once for each request, and what it
//! does not know is no failure: the log keeps its events for longer, and has events of other ways into the cloud.

use std::collections::BTreeMap;

use ionos_activitylog::{Client, CloudRequest, ErrorKind};

use super::operation::Operation;
use crate::error::CommandError;

/// What is told of an operation's request.
#[derive(Clone, Debug)]
pub(crate) enum CloudRequestInfo {
    Request(Box<CloudRequest>),
    /// Why nothing is, in one sentence.
    Nothing(String),
}

/// Answers of the Cloud API, each asked for once.
pub(crate) struct CloudRequestLookup {
    client: Client,
    known: BTreeMap<String, CloudRequestInfo>,
}

impl CloudRequestLookup {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, known: BTreeMap::new() }
    }

    /// What is told of an operation.
    pub(crate) async fn of(&mut self, operation: &Operation) -> Result<CloudRequestInfo, CommandError> {
        let Some(request) = operation.request() else {
            return Ok(CloudRequestInfo::Nothing(
                "no event of this operation names a request, so there is nothing to ask the Cloud API for".to_owned(),
            ));
        };
        if let Some(told) = self.known.get(&*request) {
            return Ok(told.clone());
        }
        let told = match self.client.cloud_request(&request).await {
            Ok(told) => CloudRequestInfo::Request(Box::new(told.into_inner())),
            Err(error) if error.kind() == ErrorKind::NotFound => CloudRequestInfo::Nothing(format!(
                "the Cloud API does not know the request {request} (404): it knows changes that came through it, for some \
                 time"
            )),
            // Others wrote the log, and what they put there may be no identifier at all.
            Err(error) if error.kind() == ErrorKind::Configuration => {
                CloudRequestInfo::Nothing(format!("the Cloud API is not asked: {error}"))
            }
            Err(error) => return Err(error.into()),
        };
        self.known.insert(request.into_owned(), told.clone());
        Ok(told)
    }
}
