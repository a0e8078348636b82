//! A page of the log is a million bytes of records, and making sure that it is JSON takes as long as everything else that
//! is done with it. Whoever has to look at every record anyway can do both at once. So a page is handed on as the bytes
//! that came, and who reads them is the caller's affair.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use progenitor_client::{Error, ResponseValue};

/// The body of an answer as it came, complete and unread, with the type that it is expected to have.
pub struct Unread<T> {
    body: Bytes,
    view: PhantomData<fn() -> T>,
}

impl<T> Unread<T> {
    /// Takes the body in, up to its end.
    pub(crate) async fn from_response<E>(response: reqwest::Response) -> Result<ResponseValue<Self>, Error<E>> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
        let view = PhantomData;
        Ok(ResponseValue::new(Self { body, view }, status, headers))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// That the body cannot be read, as it is said of an answer which is read at once.
    #[must_use]
    pub fn refused<E>(self, error: serde_json::Error) -> Error<E> {
        Error::InvalidResponsePayload(self.body, error)
    }
}

impl<T> fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unread({} bytes)", self.body.len())
    }
}
