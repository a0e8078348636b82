//! Redacts a URL before its validation, when it may still contain a password or a key.

use super::REDACTED;

/// The URL without the parts that may be secret: everything before the last '@', and everything from '?' or '#' on. If
/// the URL has an '@' and also a '?' or '#', any part may be secret, so no part is shown.
pub(crate) fn redact_url(url: &str) -> String {
    let end = url.find(['?', '#']);
    match (url.rsplit_once('@'), end) {
        (Some(_), Some(_)) => REDACTED.to_owned(),
        (Some((_, rest)), None) => format!("{REDACTED}@{rest}"),
        (None, Some(end)) => url[..end].to_owned(),
        (None, None) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_url_that_may_be_secret_are_not_shown() {
        let cases = [
            ("https://a.example/b", "https://a.example/b"),
            ("https://u:planted@a.example/b", "[redacted]@a.example/b"),
            ("https://a.example?key=planted", "https://a.example"),
            ("https://a.example#planted", "https://a.example"),
            ("https://u:pla?nted@a.example", "[redacted]"),
            ("https://a.example?key=pla@nted", "[redacted]"),
        ];
        for (url, expected) in cases {
            assert_eq!(redact_url(url), expected);
        }
    }
}
