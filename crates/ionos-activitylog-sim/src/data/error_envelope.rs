//! The vendor's error envelope: a status and a list of messages. It occurs in records of failed requests, and as the
//! body of an error of the API.

use serde::Serialize;

use crate::data::value::{Scalar, Text, to_json};

/// An error with one or more messages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorEnvelope {
    pub(crate) http_status: Scalar,
    pub(crate) messages: Vec<ErrorMessage>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorMessage {
    pub(crate) error_code: Text,
    pub(crate) message: Text,
}

impl ErrorEnvelope {
    /// An error with one message.
    pub(crate) fn with_message(status: u16, code: Text, message: Text) -> Self {
        Self { http_status: Scalar::Whole(status.into()), messages: vec![ErrorMessage { error_code: code, message }] }
    }

    pub(crate) fn to_json(&self) -> String {
        to_json(self)
    }
}
