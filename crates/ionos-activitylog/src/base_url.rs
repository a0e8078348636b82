//! People write the address of the API in many ways: with and without scheme, with a trailing slash, with the
//! product's path. And a token sent over plain http to another machine is a token given away.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::defaults::DEFAULT_BASE_URL;
use crate::redact::redact_url;
use crate::{Error, ErrorKind};

/// The path that the generated client adds itself.
const PRODUCT_PATH: &str = "/activitylog/v1";

/// A checked address: https, or http to loopback; no trailing slash, no product path, no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    place: String,
    host: String,
    port: Option<u16>,
    loopback: bool,
}

impl BaseUrl {
    /// Reads an address; without a scheme it is taken as https, as the vendor's own tools do.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let scheme_alone = ["http:", "https:"].iter().any(|scheme| {
            let begin = text.get(..scheme.len()).unwrap_or_default();
            begin.eq_ignore_ascii_case(scheme) && !text[scheme.len()..].starts_with("//")
        });
        if scheme_alone {
            return Err(refuse(text, "its scheme is not followed by \"//\"").with_hint(like_default()));
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme)
            .map_err(|error| refuse(text, &format!("it cannot be read ({error})")).with_hint(like_default()))?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(refuse(text, "it has no host").with_hint(like_default()));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(ErrorKind::Configuration, "the API address holds a user name or password")
                .with_hint("leave them out, credentials have their own setting"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(
                refuse(text, "it has a query or a fragment").with_hint("leave out everything from '?' or '#' on")
            );
        }
        let loopback = is_loopback(host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(refuse(
                    text,
                    "it is plain http to another machine, which would show the token to everyone between",
                )
                .with_hint("use https"));
            }
            scheme => {
                return Err(refuse(text, &format!("its scheme is {scheme}")).with_hint("use https"));
            }
        }
        let place = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(PRODUCT_PATH).unwrap_or(path).trim_end_matches('/');
        Ok(Self {
            text: format!("{}://{place}{path}", url.scheme()),
            place,
            host: host.to_owned(),
            port: url.port_or_known_default(),
            loopback,
        })
    }

    /// The address without a trailing slash, ready for a path.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, for messages.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The host alone.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, also where the address leaves it to the scheme.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it is on this machine; then no proxy may be asked.
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

fn like_default() -> String {
    format!("write it like {DEFAULT_BASE_URL}")
}

fn refuse(text: &str, reason: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the API address {:?} cannot be used: {reason}", redact_url(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_it_mean_the_same() {
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
    fn what_would_leak_or_cannot_work_is_refused_with_a_reason() {
        let cases = [
            ("http://api.ionos.com", "plain http to another machine"),
            ("http://127.0.0.1.example.com", "plain http to another machine"),
            ("http://localhost.example.com", "plain http to another machine"),
            ("http://0.0.0.0", "plain http to another machine"),
            ("ftp://api.ionos.com", "its scheme is ftp"),
            ("https://", "cannot be read"),
            ("https:/example.com", "not followed by"),
            ("HTTP:example.com", "not followed by"),
            ("", "cannot be read"),
            ("https://exa mple.com", "cannot be read"),
            ("https://api.ionos.com:port", "cannot be read"),
            ("https://api.ionos.com?token=planted", "query or a fragment"),
            ("https://user:planted@api.ionos.com", "user name or password"),
            ("https://user:planted@api.ionos.com:port", "cannot be read"),
        ];
        for (text, reason) in cases {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert!(!error.to_string().contains("planted"), "{text}: {error}");
        }
    }
}
