//! An address in the vendor's files may carry a path that is not this product's, and any address that is not checked
//! yet may carry a password.

/// The address as far as its host and port; a scheme is kept where there is one. The vendor's tools leave out the
/// path too, since each product adds its own.
///
/// None where it holds a username or password.
pub(super) fn host_alone(address: &str) -> Option<String> {
    let address = address.trim();
    if address.contains('@') {
        return None;
    }
    let (scheme, rest) = match address.find("://") {
        Some(place) => address.split_at(place + "://".len()),
        None => ("", address),
    };
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    Some(format!("{scheme}{host}"))
}

/// The address as far as it may be shown: what stands before an '@' may be a password, what follows '?' or '#' a
/// key, and where there are both, anything may be either.
pub(crate) fn shown(address: &str) -> String {
    let end = address.find(['?', '#']);
    match (address.rsplit_once('@'), end) {
        (Some(_), Some(_)) => "[redacted]".to_owned(),
        (Some((_, rest)), None) => format!("[redacted]@{rest}"),
        (None, Some(end)) => address[..end].to_owned(),
        (None, None) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_in_a_file_only_scheme_host_and_port_count() {
        let cases = [
            ("api.ionos.com", "api.ionos.com"),
            (" https://api.ionos.com/ ", "https://api.ionos.com"),
            ("https://a.example:8443/cloudapi/v6", "https://a.example:8443"),
            ("a.example:8443/cloudapi/v6?x=1", "a.example:8443"),
            ("http://[::1]:80/x", "http://[::1]:80"),
            ("a.example\\b", "a.example"),
        ];
        for (address, host) in cases {
            assert_eq!(host_alone(address).as_deref(), Some(host), "{address}");
        }
        assert_eq!(host_alone("https://u:planted@a.example"), None);
    }

    #[test]
    fn what_may_be_a_secret_in_an_address_is_not_shown() {
        let cases = [
            ("https://a.example/b", "https://a.example/b"),
            ("https://u:planted@a.example/b", "[redacted]@a.example/b"),
            ("https://a.example?key=planted", "https://a.example"),
            ("https://a.example#planted", "https://a.example"),
            ("https://u:pla?nted@a.example", "[redacted]"),
            ("https://a.example?key=pla@nted", "[redacted]"),
        ];
        for (address, text) in cases {
            assert_eq!(shown(address), text);
        }
    }
}
