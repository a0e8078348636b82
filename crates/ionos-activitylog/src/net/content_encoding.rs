//! Decodes the content encoding of an answer. The only encoding that a request accepts is gzip. The decoder keeps at
//! most one part of the compressed body and about 64 KiB of decoded content. The caller limits the total number of
//! decoded bytes, which stops a decompression bomb.

use std::io::{self, Write};

use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyDataStream, BodyExt};
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};

/// The encodings that a request accepts.
pub(crate) const ACCEPTED_ENCODINGS: HeaderValue = HeaderValue::from_static("gzip");

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Decodes a body in gzip, and removes the headers that describe the encoded body. Leaves a body in another encoding as
/// it is, with its header, so that [`unknown_encoding`] names the encoding.
pub(crate) fn decode_body(mut answer: reqwest::Response) -> reqwest::Response {
    if !matches!(&encodings(answer.headers())[..], [one] if is_gzip(one)) {
        return answer;
    }
    answer.headers_mut().remove(CONTENT_ENCODING);
    answer.headers_mut().remove(CONTENT_LENGTH);
    let answer: http::Response<reqwest::Body> = answer.into();
    answer.map(|body| reqwest::Body::wrap_stream(decoded_parts(body))).into()
}

/// The content encoding of an answer that was not decoded, such as `br` or `gzip, br`. `None` if there is none.
pub(crate) fn unknown_encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = encodings(headers);
    (!encodings.is_empty()).then(|| encodings.join(", "))
}

/// All content encodings in the order in which they were applied, without `identity`, which changes nothing.
fn encodings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let names = values.flat_map(|value| value.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")).collect()
}

/// Whether the name of an encoding stands for gzip. According to RFC 9110, section 8.4.1, names are case-insensitive,
/// and `x-gzip` means `gzip`.
fn is_gzip(encoding: &str) -> bool {
    ["gzip", "x-gzip"].iter().any(|name| encoding.eq_ignore_ascii_case(name))
}

fn decoded_parts(body: reqwest::Body) -> impl Stream<Item = Result<Bytes, BoxError>> + Send {
    stream::unfold(Some(GzipBody::new(body)), |gzip| async move {
        let mut gzip = gzip?;
        match gzip.next_part().await {
            Ok(Some(part)) => Some((Ok(part), Some(gzip))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

/// A body in gzip. According to RFC 1952, section 2.2, it may have several members, whose contents are joined.
struct GzipBody {
    body: BodyDataStream<reqwest::Body>,
    /// The part of the body that arrived last, without the bytes that are already decoded.
    input: Bytes,
    decoder: MultiGzDecoder<Vec<u8>>,
    /// Whether no byte has arrived yet. An empty body, such as that of a 204 answer, is accepted although it is not a
    /// gzip file.
    is_empty: bool,
    is_finished: bool,
}

impl GzipBody {
    fn new(body: reqwest::Body) -> Self {
        Self {
            body: body.into_data_stream(),
            input: Bytes::new(),
            decoder: MultiGzDecoder::new(Vec::new()),
            is_empty: true,
            is_finished: false,
        }
    }

    /// The next part of the decoded content. The part is empty if the received bytes of the body do not yield any
    /// content yet. `None` at the end.
    async fn next_part(&mut self) -> Result<Option<Bytes>, BoxError> {
        if self.is_finished {
            return Ok(None);
        }
        if self.input.is_empty() {
            match self.body.next().await.transpose()? {
                Some(data) => self.input = data,
                None => {
                    self.is_finished = true;
                    if !self.is_empty {
                        self.decoder.try_finish().map_err(name_encoding)?;
                    }
                    return Ok(Some(self.take_content()));
                }
            }
        }
        self.decode_input().map_err(name_encoding)?;
        Ok(Some(self.take_content()))
    }

    /// Decodes input until there is content, or no input is left.
    fn decode_input(&mut self) -> io::Result<()> {
        while !self.input.is_empty() && self.decoder.get_ref().is_empty() {
            self.is_empty = false;
            let decoded = self.decoder.write(&self.input)?;
            if decoded == 0 {
                return Err(io::Error::other("the decoder accepts no more data"));
            }
            self.input.advance(decoded);
        }
        Ok(())
    }

    fn take_content(&mut self) -> Bytes {
        std::mem::take(self.decoder.get_mut()).into()
    }
}

fn name_encoding(error: io::Error) -> BoxError {
    io::Error::new(error.kind(), format!("gzip: {error}")).into()
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures_util::TryStreamExt;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn body(parts: Vec<Vec<u8>>) -> reqwest::Body {
        reqwest::Body::wrap_stream(stream::iter(parts.into_iter().map(Ok::<_, io::Error>)))
    }

    async fn decode(parts: Vec<Vec<u8>>) -> Result<Vec<u8>, BoxError> {
        Ok(decoded_parts(body(parts)).try_collect::<Vec<_>>().await?.concat())
    }

    #[tokio::test]
    async fn members_are_joined_wherever_the_body_is_split() {
        let members = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(decode(vec![members.clone()]).await.unwrap(), b"one two");
        for size in 1..members.len() {
            let parts = members.chunks(size).map(<[u8]>::to_vec).collect();
            assert_eq!(decode(parts).await.unwrap(), b"one two", "in parts of {size} bytes");
        }
        assert_eq!(decode(vec![]).await.unwrap(), b"");
    }

    #[tokio::test]
    async fn a_body_that_is_cut_or_damaged_is_an_error() {
        let whole = [gzip(b"one"), gzip(b"two")].concat();
        let first = gzip(b"one").len();
        for end in (1..whole.len()).filter(|end| *end != first) {
            let error = decode(vec![whole[..end].to_vec()]).await.unwrap_err();
            assert!(error.to_string().starts_with("gzip: "), "{error}");
        }
        let mut damaged = whole.clone();
        damaged[first - 6] ^= 1;
        assert!(decode(vec![damaged]).await.is_err(), "the checksum of the first member does not match");
        assert!(decode(vec![b"plain text".to_vec()]).await.is_err());
        assert!(decode(vec![[whole, b"more".to_vec()].concat()]).await.is_err());
    }

    #[tokio::test]
    async fn the_content_of_a_bomb_arrives_in_small_parts() {
        let bomb = gzip(&vec![0; 10_000_000]);
        let sizes: Vec<usize> = decoded_parts(body(vec![bomb])).map_ok(|part| part.len()).try_collect().await.unwrap();
        assert_eq!(sizes.iter().sum::<usize>(), 10_000_000);
        assert!(sizes.iter().all(|size| *size <= 64 * 1024), "the largest part has {:?} bytes", sizes.iter().max());
    }

    #[test]
    fn gzip_is_recognized_by_all_its_names_and_any_other_encoding_is_reported() {
        let headers = |values: &[&str]| {
            let values = values.iter().map(|value| (CONTENT_ENCODING, value.parse().unwrap()));
            values.fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            })
        };
        for values in [&["gzip"][..], &["GZip"], &["x-gzip"], &[" X-GZIP "], &["identity, gzip,"], &["", "gzip"]] {
            let encodings = encodings(&headers(values));
            assert!(matches!(&encodings[..], [one] if is_gzip(one)), "{values:?}: {encodings:?}");
        }
        for (values, unknown) in [
            (&["br"][..], Some("br")),
            (&[" deflate,br "], Some("deflate, br")),
            (&["gzip", "gzip"], Some("gzip, gzip")),
            (&["Identity"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(unknown_encoding(&headers(values)).as_deref(), unknown, "{values:?}");
        }
    }
}
