//! The principal of an event. Its address may have been written by a proxy, in any of the forms that proxies use.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::members::read_text;
use super::vocabulary::ServiceName;
use crate::json;

/// The user, service and address that acted (`/principal`). Values are as the service wrote them, `None` if missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal<'a> {
    /// The login name, an e-mail address (`/principal/identity/username`).
    pub user: Option<Cow<'a, str>>,
    /// The contract of the user (`/principal/identity/contractNumber`), with its digits as they are written. For a
    /// reseller it may differ from the contract whose log contains the event.
    pub contract: Option<Cow<'a, str>>,
    /// The address that the request came from (`/principal/sourceIP`); [`Principal::ip`] parses it.
    pub source_ip: Option<Cow<'a, str>>,
    /// The service that the user called (`/principal/sourceService`).
    pub service: Option<ServiceName<'a>>,
    /// The host that served the request (`/principal/serviceHost`).
    pub host: Option<Cow<'a, str>>,
}

impl<'a> Principal<'a> {
    pub(super) fn new(principal: &'a str) -> Self {
        let [identity, source_ip, service, host] =
            json::get_many(principal, ["identity", "sourceIP", "sourceService", "serviceHost"]);
        let [user, contract] = json::get_many(identity.unwrap_or_default(), ["username", "contractNumber"]);
        Self {
            user: read_text(user),
            contract: read_text(contract),
            source_ip: read_text(source_ip),
            service: read_text(service).map(ServiceName::new),
            host: read_text(host),
        }
    }

    /// The client address in [`Principal::source_ip`]: the first entry of a comma-separated list. The entry may have
    /// brackets, a port or a zone, which are removed. `None` if the entry is not an IP address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        let first = self.source_ip.as_deref()?.split(',').next()?.trim();
        if let Ok(address) = first.parse::<SocketAddr>() {
            return Some(address.ip());
        }
        let (bare, rest) = match first.strip_prefix('[') {
            Some(open) => open.split_once(']')?,
            None => (first, ""),
        };
        let is_port = |port: &str| port.parse::<u16>().is_ok();
        if !rest.is_empty() && !rest.strip_prefix(':').is_some_and(is_port) {
            return None;
        }
        match bare.split_once('%') {
            Some((address, _)) => address.parse().ok().filter(IpAddr::is_ipv6),
            None => bare.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_forms_of_addresses_that_proxies_write() {
        let cases = [
            ("203.0.113.42", Some("203.0.113.42")),
            (" 203.0.113.42:8080 ", Some("203.0.113.42")),
            ("203.0.113.42, 10.0.0.1", Some("203.0.113.42")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("[fe80::1%eth0]:443", Some("fe80::1")),
            ("::ffff:10.0.0.1", Some("::ffff:10.0.0.1")),
            ("", None),
            (",203.0.113.42", None),
            ("unknown", None),
            ("203.0.113.256", None),
            ("203.0.113.42%eth0", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]x", None),
            ("203.0.113.42:99999", None),
        ];
        for (source, expected) in cases {
            let principal = Principal { source_ip: Some(source.into()), ..Principal::default() };
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(principal.ip(), expected, "{source}");
        }
    }
}
