//! Every request needs authorisation, whatever carries it; and the generated client puts a header on each that the
//! vendor's own clients do not send. Both are settled here, in front of every transport.

use std::sync::Arc;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::header::{AUTHORIZATION, HeaderValue, USER_AGENT};

use crate::Error;
use crate::token::Token;

const AGENT: &str = concat!("ionos-activitylog/", env!("CARGO_PKG_VERSION"));

/// Completes requests and passes them on.
pub(crate) struct Gateway {
    authorization: HeaderValue,
    next: Arc<dyn Transport>,
}

impl Gateway {
    pub(crate) fn new(token: &Token, next: Arc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self {
            authorization: token.authorization()?,
            next,
        })
    }
}

impl Transport for Gateway {
    fn send<'a>(&'a self, operation: &'static str, mut request: reqwest::Request) -> Exchange<'a> {
        let headers = request.headers_mut();
        headers.remove("api-version");
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(AUTHORIZATION, self.authorization.clone());
        self.next.send(operation, request)
    }
}
