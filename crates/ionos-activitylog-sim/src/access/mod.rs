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
    pub(crate) contracts: Vec<u64>,
    /// The plain token. It is compared and not read: an end that it may name does not count.
    pub(crate) token: String,
    pub(crate) accounts: Accounts,
    pub(crate) revocations: Revocations,
    /// Code of the answers that say 403.
    pub(crate) forbidden_code: Text,
}

/// The contracts whose log may be read, in the order of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granted<'a>(&'a [u64]);

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
    pub(crate) fn judge(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<Granted<'_>, Denied> {
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
            return Ok(Granted(&self.contracts));
        }
        if !is("Bearer") || self.revocations.holds(given) {
            return Err(Denied::Unauthorized);
        }
        if given != self.token {
            return self.by_claims(given, now);
        }
        if self.revocations.count() {
            Ok(Granted(&self.contracts))
        } else {
            Err(Denied::Unauthorized)
        }
    }

    /// What an unsigned token grants.
    fn by_claims(&self, token: &str, now: DateTime<Utc>) -> Result<Granted<'_>, Denied> {
        let claims = Claims::read(token).ok_or(Denied::Unauthorized)?;
        let own = Granted(&self.contracts)
            .find(&claims.contract)
            .ok_or(Denied::Unauthorized)?;
        if claims.ended(now) {
            return Err(Denied::Unauthorized);
        }
        if !claims.may_read_log() {
            return Err(Denied::Forbidden(
                format!("The token lacks the privilege {PRIVILEGE}").into(),
            ));
        }
        Ok(if claims.reseller {
            Granted(&self.contracts)
        } else {
            Granted(slice::from_ref(own))
        })
    }
}

/// Without the token and what was revoked.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("contracts", &self.contracts)
            .field("accounts", &self.accounts)
            .field("forbidden_code", &self.forbidden_code)
            .finish_non_exhaustive()
    }
}

impl<'a> Granted<'a> {
    /// At least one.
    pub(crate) fn contracts(self) -> &'a [u64] {
        self.0
    }

    /// The granted contract with this number. Numbers are compared as text: 012 is not 12.
    pub(crate) fn find(self, number: &str) -> Option<&'a u64> {
        self.0.iter().find(|known| known.to_string() == number)
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
            Some(contract) => Ok(Self(slice::from_ref(contract))),
            None => Err(Denied::Forbidden(
                format!(
                    "The contract {number} of the header X-Contract-Number is none that may be read"
                )
                .into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
