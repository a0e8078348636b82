//! Reads the body of an operation that returns bytes. A page is up to a megabyte of records. `ionos-activitylog`
//! validates and searches the bytes in one pass; deserializing them into a generated type would need a second pass.

use bytes::Bytes;
use futures_util::TryStreamExt;
use progenitor_client::{ByteStream, Error, ResponseValue};

/// Reads the body to its end and keeps the status and the headers.
///
/// # Errors
///
/// [`Error::ResponseBodyError`] if the connection fails before the end of the body.
pub async fn read_body<E>(response: ResponseValue<ByteStream>) -> Result<ResponseValue<Bytes>, Error<E>> {
    let (status, headers) = (response.status(), response.headers().clone());
    let chunks: Vec<Bytes> = response.into_inner_stream().try_collect().await.map_err(Error::ResponseBodyError)?;
    let body = match <[Bytes; 1]>::try_from(chunks) {
        Ok([body]) => body,
        Err(chunks) => chunks.concat().into(),
    };
    Ok(ResponseValue::new(body, status, headers))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    #[tokio::test]
    async fn chunks_are_joined_in_their_order() {
        for chunks in [vec![], vec!["one"], vec!["one", "", "two"]] {
            let stream = stream::iter(chunks.clone().into_iter().map(|chunk| Ok(Bytes::from(chunk))));
            let stream = ByteStream::new(Box::pin(stream));
            let response = ResponseValue::new(stream, StatusCode::OK, HeaderMap::new());
            let body = read_body::<()>(response).await.unwrap();
            assert_eq!((body.status(), &body[..]), (StatusCode::OK, chunks.concat().as_bytes()));
        }
    }
}
