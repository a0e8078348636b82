//! Validates the API address. Users write the address with or without scheme, trailing slash and product path, and all
//! spellings mean the same. Plain http to another machine is refused, because it would expose the token.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::defaults::DEFAULT_BASE_URL;
use crate::error::{Error, ErrorKind};
use crate::redact::{redact_url, redact_value};

/// The path that the generated client appends.
const PRODUCT_PATH: &str = "/activitylog/v1";

/// A valid API address: https, or http to loopback; without trailing slash, product path and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    authority: String,
    host: String,
    port: Option<u16>,
    loopback: bool,
}

impl BaseUrl {
    /// Parses an address. The default scheme is https, as in the vendor's tools.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let scheme_alone = ["http:", "https:"].iter().any(|scheme| {
            let begin = text.get(..scheme.len()).unwrap_or_default();
            begin.eq_ignore_ascii_case(scheme) && !text[scheme.len()..].starts_with("//")
        });
        if scheme_alone {
            return Err(invalid(text, "\"//\" is missing after the scheme").with_hint(format_hint()));
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme)
            .map_err(|error| invalid(text, &format!("it is malformed ({error})")).with_hint(format_hint()))?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(invalid(text, "it has no host").with_hint(format_hint()));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(ErrorKind::Configuration, "the API address contains a user name or password")
                .with_hint("remove them, and set the credentials separately"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(text, "it has a query or a fragment").with_hint("remove everything from '?' or '#' on"));
        }
        // A token that was entered as the address may have the form of a host. Looking up this host would show the
        // token to the name servers.
        if redact_value(text) != text {
            return Err(Error::new(ErrorKind::Configuration, "the API address looks like a token or password")
                .with_hint(format!("set credentials separately; {}", format_hint())));
        }
        let loopback = is_loopback(host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(
                    invalid(text, "plain http to another machine would expose the token").with_hint("use https")
                );
            }
            scheme => {
                return Err(invalid(text, &format!("the scheme {scheme} is not supported")).with_hint("use https"));
            }
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(PRODUCT_PATH).unwrap_or(path).trim_end_matches('/');
        Ok(Self {
            text: format!("{}://{authority}{path}", url.scheme()),
            authority,
            host: host.to_owned(),
            port: url.port_or_known_default(),
            loopback,
        })
    }

    /// The address without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and, if given, port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without the port.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, or the default port of the scheme.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the scheme is https.
    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether the host is this machine. The client must not use a proxy for this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn format_hint() -> String {
    format!("write it like {DEFAULT_BASE_URL}")
}

fn invalid(text: &str, reason: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("invalid API address {:?}: {reason}", redact_value(&redact_url(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_an_address_mean_the_same() {
        let cases = [
            ("https://api.ionos.com", "https://api.ionos.com"),
            (" https://api.ionos.com/ \n", "https://api.ionos.com"),
            ("api.ionos.com", "https://api.ionos.com"),
            ("api.ionos.com:8443//", "https://api.ionos.com:8443"),
            ("https://api.ionos.com/activitylog/v1", "https://api.ionos.com"),
            ("https://gateway.example.com/ionos/activitylog/v1/", "https://gateway.example.com/ionos"),
            ("HTTP://LocalHost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1"),
            ("http://[::1]:1/", "http://[::1]:1"),
        ];
        for (text, base) in cases {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), base, "{text}");
        }
    }

    #[test]
    fn an_address_that_exposes_a_secret_or_cannot_work_is_refused_with_a_reason() {
        let cases = [
            ("http://api.ionos.com", "plain http to another machine"),
            ("http://127.0.0.1.example.com", "plain http to another machine"),
            ("http://localhost.example.com", "plain http to another machine"),
            ("http://0.0.0.0", "plain http to another machine"),
            ("ftp://api.ionos.com", "the scheme ftp is not supported"),
            ("https://", "malformed"),
            ("https:/example.com", "is missing after the scheme"),
            ("HTTP:example.com", "is missing after the scheme"),
            ("", "malformed"),
            ("https://exa mple.com", "malformed"),
            ("https://api.ionos.com:port", "malformed"),
            ("https://api.ionos.com?token=planted", "query or a fragment"),
            ("https://user:planted@api.ionos.com", "user name or password"),
            ("eyJhbGciOiJIUzI1NiJ9.planted.c2ln", "looks like a token or password"),
            ("planted0123456789ABCDEFGHIJKLMNOP", "looks like a token or password"),
            ("https://user:planted@api.ionos.com:port", "malformed"),
        ];
        for (text, reason) in cases {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert!(!error.to_string().contains("planted"), "{text}: {error}");
        }
    }
}
