//! A pinned TLS certificate, as in the vendor's tools: if `IONOS_PINNED_CERT` is set, only one certificate is accepted.
//! The pin is the SHA-256 of the whole certificate (not of its key). A malformed pin is an error, unless another
//! setting overrides the pin.

#[cfg(feature = "__rustls")]
pub(super) mod verifier;

use crate::error::{Error, ErrorKind};

/// Parses the SHA-256 of a certificate to 64 lower-case hex digits. Colons and white space are ignored, as in the
/// vendor's tools.
///
/// Fails with [`ErrorKind::Configuration`] if the text does not have exactly 64 hex digits. The error does not quote
/// the text, which may be a secret that was pasted by mistake.
pub(crate) fn parse_fingerprint(text: &str) -> Result<String, Error> {
    let digits: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::new(ErrorKind::Configuration, "invalid pinned certificate (IONOS_PINNED_CERT)")
            .with_hint("use the SHA-256 of the certificate, 64 hex digits"));
    }
    Ok(digits.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_that_the_vendor_accepts_are_parsed() {
        let plain = "0123456789abcdefABCDEF9876543210".repeat(2);
        let pairs: Vec<String> = plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into()).collect();
        for text in [plain.clone(), pairs.join(":"), format!(" {} \n", pairs.join(" ")), plain.to_uppercase()] {
            assert_eq!(parse_fingerprint(&text).unwrap(), plain.to_lowercase(), "{text}");
        }
    }

    #[test]
    fn an_invalid_fingerprint_is_refused_without_quoting_it() {
        for text in ["", "planted", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            let error = parse_fingerprint(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
    }
}
