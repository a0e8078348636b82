//! Who may read which log is decided anew for each request, from two headers and the time: a client must cope with a
//! token that ends, is revoked, lacks a privilege or is bound to another contract, in the middle of a run. So this is
//! decided in one place, before anything else about a request is looked at but its path and method.
//!
//! What a world accepts, each in the header `Authorization`:
//!
//! - the *plain token*, opaque text, which reads every contract of the world;
//! - an *unsigned token* ([`TestToken`]), which reads the contract that it names, or every contract for a reseller;
//! - *user name and password*, which read every contract of the world.
//!
//! The header `X-Contract-Number` then narrows what may be read to one of these contracts.
//!
//! Deliberately absent: signatures. Whoever can write a token can read a simulated log.

mod basic;
mod claims;
mod contracts;
mod revocation;
mod token;

use std::fmt;
use std::slice;

use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::world::record::Text;

pub(crate) use basic::Accounts;
use claims::Claims;
pub(crate) use contracts::Contracts;
pub(crate) use revocation::Revocations;
pub use token::TestToken;

/// The privilege that opens the log, as the vendor's tokens name it.
pub(crate) const PRIVILEGE: &str = "ACCESS_ACTIVITY_LOG";

/// The roles that read the log without that privilege, in any case.
const READING_ROLES: [&str; 3] = ["owner", "admin", "administrator"];

/// Names the contract that whoever has several acts for, as in other APIs of the vendor.
const ACTING_FOR: HeaderName = HeaderName::from_static("x-contract-number");

/// What a world accepts.
pub(crate) struct Access {
    /// The contracts of the world.
    pub(crate) contracts: Contracts,
    /// The plain token. It is compared and not read: an end that it may name does not count.
    pub(crate) token: String,
    pub(crate) accounts: Accounts,
    pub(crate) revocations: Revocations,
    /// Code of the answers that say 403.
    pub(crate) forbidden_code: Text,
}

/// The contracts whose log may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted<'a> {
    All(&'a Contracts),
    One(&'a u64),
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It does not prove who asks: 401.
    Unauthorized,
    /// Who asks may not do this: 403, and a sentence that says what was missing.
    Forbidden(Text),
}

impl Access {
    /// What a request with these headers may read at this time.
    pub(crate) fn judge(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Granted<'_>, Denied> {
        let granted = self.identify(headers, now)?;
        match headers.get(ACTING_FOR) {
            Some(contract) => granted.narrowed(contract),
            None => Ok(granted),
        }
    }

    /// What the one who asks may read.
    fn identify(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Granted<'_>, Denied> {
        let (scheme, given) = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .ok_or(Denied::Unauthorized)?;
        // The scheme may be in any case (RFC 9110, section 11.1).
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        if is("Basic") && self.accounts.accept(given) {
            return Ok(Granted::All(&self.contracts));
        }
        if !is("Bearer") || self.revocations.holds(given) {
            return Err(Denied::Unauthorized);
        }
        if given != self.token {
            return self.by_claims(given, now);
        }
        if self.revocations.count() { Ok(Granted::All(&self.contracts)) } else { Err(Denied::Unauthorized) }
    }

    /// What an unsigned token grants.
    fn by_claims(&self, token: &str, now: DateTime<Utc>) -> Result<Granted<'_>, Denied> {
        let claims = Claims::read(token).ok_or(Denied::Unauthorized)?;
        let own = self.contracts.find(&claims.contract).ok_or(Denied::Unauthorized)?;
        if claims.ended(now) {
            return Err(Denied::Unauthorized);
        }
        if !claims.may_read_log() {
            return Err(Denied::Forbidden(format!("The token lacks the privilege {PRIVILEGE}").into()));
        }
        Ok(if claims.reseller { Granted::All(&self.contracts) } else { Granted::One(own) })
    }
}

/// Without the token and what was revoked.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("contracts", &self.contracts.numbers())
            .field("accounts", &self.accounts)
            .field("forbidden_code", &self.forbidden_code)
            .finish_non_exhaustive()
    }
}

impl<'a> Granted<'a> {
    /// At least one, in the order of the world.
    pub(crate) fn contracts(self) -> &'a [u64] {
        match self {
            Self::All(contracts) => contracts.numbers(),
            Self::One(contract) => slice::from_ref(contract),
        }
    }

    /// Whether a contract is among them.
    pub(crate) fn holds(self, number: u64) -> bool {
        match self {
            Self::All(contracts) => contracts.holds(number),
            Self::One(contract) => *contract == number,
        }
    }

    /// The granted contract with this number. Numbers are compared as text: 012 is not 12.
    pub(crate) fn find(self, number: &str) -> Option<&'a u64> {
        match self {
            Self::All(contracts) => contracts.find(number),
            Self::One(contract) => (contracts::number(number) == Some(*contract)).then_some(contract),
        }
    }

    /// This contract alone.
    fn narrowed(self, number: &HeaderValue) -> Result<Self, Denied> {
        let number = String::from_utf8_lossy(number.as_bytes());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Denied::Forbidden(
                format!(
                    "The header X-Contract-Number must hold the number of a contract; it was understood as {number:?}"
                )
                .into(),
            ));
        }
        match self.find(&number) {
            Some(contract) => Ok(Self::One(contract)),
            None => Err(Denied::Forbidden(
                format!("The contract {number} of the header X-Contract-Number is none that may be read").into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
