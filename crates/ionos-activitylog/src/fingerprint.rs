//! A pinned certificate is written in several ways, and one that is written wrongly must not pass for none.

use crate::{Error, ErrorKind};

/// The SHA-256 of a certificate as 64 lower-case hex digits; colons and white space are left out, as the vendor's
/// tools do.
///
/// Fails with [`ErrorKind::Configuration`] for anything else, without repeating it: it may be something else that was
/// pasted.
pub(crate) fn parse(text: &str) -> Result<String, Error> {
    let digits: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::new(ErrorKind::Configuration, "the pinned certificate (IONOS_PINNED_CERT) cannot be read")
            .with_hint("give the SHA-256 of the certificate, 64 hex digits"));
    }
    Ok(digits.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_ways_to_write_a_fingerprint_are_read() {
        let plain = "0123456789abcdefABCDEF9876543210".repeat(2);
        let pairs: Vec<String> = plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into()).collect();
        for text in [plain.clone(), pairs.join(":"), format!(" {} \n", pairs.join(" ")), plain.to_uppercase()] {
            assert_eq!(parse(&text).unwrap(), plain.to_lowercase(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for text in ["", "planted", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
    }
}
