//! Compresses replies for clients that accept gzip.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

use crate::reply::Reply;

/// Whether `Accept-Encoding` allows gzip (RFC 9110, section 12.5.3). An entry for gzip takes precedence over `*`.
pub(super) fn is_gzip_accepted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter();
    let codings: Vec<(&str, bool)> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(parse_coding).collect();
    ["gzip", "*"]
        .into_iter()
        .find_map(|name| {
            let mut matches = codings.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
            matches.next().map(|(_, accepted)| *accepted)
        })
        .unwrap_or(false)
}

/// The name of a coding, and whether the coding is accepted. A coding with a weight of zero is not accepted.
fn parse_coding(text: &str) -> (&str, bool) {
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let zero = parameters.split(';').any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("q") && weight.trim().parse::<f64>().is_ok_and(|weight| weight == 0.0)
        })
    });
    (name.trim(), !zero)
}

/// Compresses the body at the fastest level. Does nothing if the body is empty, or if the delivery compresses it
/// anyway.
pub(super) fn compress(reply: &mut Reply) {
    if reply.response.body().is_empty() || reply.delivery.spaces.is_some() {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did, the body would stay uncompressed.
    if encoder.write_all(reply.response.body()).is_ok()
        && let Ok(packed) = encoder.finish()
    {
        reply.replace_body_with_gzip(packed.into());
    }
}
