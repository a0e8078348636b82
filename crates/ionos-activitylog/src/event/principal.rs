//! Who acted, and from where. The address is text that somebody's proxy may have written.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::{ServiceName, text};
use crate::json;

/// Who acted, and through what. Each value is as the service wrote it, and none where it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal<'a> {
    /// The login name, an e-mail address (`/principal/identity/username`).
    pub user: Option<Cow<'a, str>>,
    /// The contract they acted under, which for a reseller need not be the contract whose log it is
    /// (`/principal/identity/contractNumber`). The digits as they were written.
    pub contract: Option<Cow<'a, str>>,
    /// Where the request came from (`/principal/sourceIP`): see [`Principal::ip`].
    pub source_ip: Option<Cow<'a, str>>,
    /// The service they used (`/principal/sourceService`).
    pub service: Option<ServiceName<'a>>,
    /// The machine that served the request (`/principal/serviceHost`).
    pub host: Option<Cow<'a, str>>,
}

impl<'a> Principal<'a> {
    pub(super) fn of(principal: &'a str) -> Self {
        let [identity, source_ip, service, host] =
            json::pick(principal, ["identity", "sourceIP", "sourceService", "serviceHost"]);
        let [user, contract] = json::pick(identity.unwrap_or_default(), ["username", "contractNumber"]);
        Self {
            user: text(user),
            contract: text(contract),
            source_ip: text(source_ip),
            service: text(service).map(ServiceName::new),
            host: text(host),
        }
    }

    /// The address of the client, where [`Principal::source_ip`] is one: the first of a list that commas separate, with
    /// or without brackets, port or zone.
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
    fn an_address_is_found_in_what_proxies_write() {
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
