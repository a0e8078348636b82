//! Authorization: decides which contracts a request may read. The decision depends on two headers and the time. A
//! client must cope with a token that expires, is revoked, lacks a privilege or is bound to another contract.
//!
//! Accepted credentials, each in the header `Authorization`:
//!
//! - the *plain token*, opaque text, which reads every contract of the account;
//! - an *unsigned token* ([`TestToken`]), which reads the contract that it names, or every contract if it is the token
//!   of a reseller;
//! - *user name and password*, which read every contract of the account.
//!
//! The header `X-Contract-Number` restricts a request to one of the contracts that its credentials may read. A request
//! that is allowed here can still be refused by the `rate_limit`.
//!
//! Deliberately absent: signatures of tokens. So any client that can write a token can read a simulated log.

mod basic;
mod claims;
mod contracts;
pub(crate) mod rate_limit;
mod revocation;
mod token;

use std::fmt;
use std::slice;

use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use basic::BasicAccounts;
pub(crate) use contracts::Contracts;
pub(crate) use revocation::Revocations;
pub use token::TestToken;

use crate::data::value::Text;
use claims::TokenClaims;
use contracts::parse_contract_number;

/// The privilege that is required to read the log, as the vendor's tokens name it.
pub(crate) const PRIVILEGE: &str = "ACCESS_ACTIVITY_LOG";

/// The header with the contract to which a request is restricted, as in other APIs of the vendor.
const CONTRACT_HEADER: HeaderName = HeaderName::from_static("x-contract-number");

/// The contracts of the account, and the credentials that the simulator accepts.
pub(crate) struct AccessControl {
    pub(crate) contracts: Contracts,
    /// Opaque token that reads every contract. Compared as text and never parsed, so claims in it have no effect.
    pub(crate) token: String,
    pub(crate) accounts: BasicAccounts,
    pub(crate) revocations: Revocations,
    /// `errorCode` of every answer with the status 403.
    pub(crate) forbidden_code: Text,
}

/// The contracts that a request may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantedContracts<'a> {
    All(&'a Contracts),
    One(&'a u64),
}

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccessDenial {
    /// The credentials are missing or wrong: 401.
    Unauthorized,
    /// The credentials do not allow the request: 403, with a message that names the missing right.
    Forbidden(Text),
}

impl AccessControl {
    /// The contracts that a request with these headers may read at this time.
    pub(crate) fn authorize(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<GrantedContracts<'_>, AccessDenial> {
        let granted = self.authenticate(headers, now)?;
        match headers.get(CONTRACT_HEADER) {
            Some(contract) => granted.restrict_to(contract),
            None => Ok(granted),
        }
    }

    /// The contracts that the credentials may read.
    fn authenticate(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<GrantedContracts<'_>, AccessDenial> {
        let (scheme, credentials) = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .ok_or(AccessDenial::Unauthorized)?;
        // The scheme is case-insensitive (RFC 9110, section 11.1).
        let is_scheme = |name: &str| scheme.eq_ignore_ascii_case(name);
        if is_scheme("Basic") && self.accounts.accepts(credentials) {
            return Ok(GrantedContracts::All(&self.contracts));
        }
        if !is_scheme("Bearer") || self.revocations.contains(credentials) {
            return Err(AccessDenial::Unauthorized);
        }
        if credentials != self.token {
            return self.check_claims(credentials, now);
        }
        if self.revocations.use_plain_token() {
            Ok(GrantedContracts::All(&self.contracts))
        } else {
            Err(AccessDenial::Unauthorized)
        }
    }

    /// The contracts that an unsigned token may read.
    fn check_claims(&self, token: &str, now: DateTime<Utc>) -> Result<GrantedContracts<'_>, AccessDenial> {
        let claims = TokenClaims::parse(token).ok_or(AccessDenial::Unauthorized)?;
        let own = self.contracts.find(&claims.contract).ok_or(AccessDenial::Unauthorized)?;
        if claims.is_expired(now) {
            return Err(AccessDenial::Unauthorized);
        }
        if !claims.may_read_log() {
            return Err(AccessDenial::Forbidden(format!("The token lacks the privilege {PRIVILEGE}").into()));
        }
        Ok(if claims.reseller { GrantedContracts::All(&self.contracts) } else { GrantedContracts::One(own) })
    }
}

/// Prints neither the plain token nor the revoked tokens.
impl fmt::Debug for AccessControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessControl")
            .field("contracts", &self.contracts.numbers())
            .field("accounts", &self.accounts)
            .field("forbidden_code", &self.forbidden_code)
            .finish_non_exhaustive()
    }
}

impl<'a> GrantedContracts<'a> {
    /// The contract numbers in the order of the account; at least one.
    pub(crate) fn numbers(self) -> &'a [u64] {
        match self {
            Self::All(contracts) => contracts.numbers(),
            Self::One(contract) => slice::from_ref(contract),
        }
    }

    pub(crate) fn contains(self, number: u64) -> bool {
        match self {
            Self::All(contracts) => contracts.contains(number),
            Self::One(contract) => *contract == number,
        }
    }

    /// The granted contract with this number; `None` if the contract is not granted. A text with leading zeros is not a
    /// number: 012 is not 12.
    pub(crate) fn find(self, number: &str) -> Option<&'a u64> {
        match self {
            Self::All(contracts) => contracts.find(number),
            Self::One(contract) => (parse_contract_number(number) == Some(*contract)).then_some(contract),
        }
    }

    /// Restricts the grant to the contract in the header `X-Contract-Number`.
    fn restrict_to(self, number: &HeaderValue) -> Result<Self, AccessDenial> {
        let number = String::from_utf8_lossy(number.as_bytes());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AccessDenial::Forbidden(
                format!(
                    "The header X-Contract-Number must hold the number of a contract; its value was understood as {number:?}"
                )
                .into(),
            ));
        }
        match self.find(&number) {
            Some(contract) => Ok(Self::One(contract)),
            None => Err(AccessDenial::Forbidden(
                format!("The credentials do not allow the contract {number} of the header X-Contract-Number").into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
