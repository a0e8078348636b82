//! Unsigned tokens for tests. A real token is secret, expires, and has the claims of its owner; a test token has the
//! claims that a test needs and is accepted only by the simulator.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::access::PRIVILEGE;
use crate::data::random::{Random, RandomKey, fingerprint};
use crate::data::value::to_json;
use crate::log::LOG_BEGIN;

/// Default lifetime: 100 years of 365.25 days. A token expires only in tests that set another lifetime.
const DEFAULT_LIFETIME: TimeDelta = TimeDelta::days(36_525);

/// Default id of the user.
const DEFAULT_USER: &str = "7f9d0a53-3f6c-4f0e-9a55-0c1e6a2b8d41";

/// Builds an unsigned token. A simulator accepts the token if the token names one of the simulator's contracts, has not
/// expired and is not revoked.
///
/// The token is a JSON Web Token with an empty signature (RFC 7519, section 6). Its claims are those that the vendor's
/// own command line reads: `identity` with `uuid`, `contractNumber` (a number), `role` and `privileges`, and the usual
/// `iss`, `iat` and `exp`. Its header has `kid`, the id of the token. Equal settings make equal tokens, and no clock is
/// read.
///
/// ```
/// use chrono::TimeDelta;
/// use ionos_activitylog_sim::{Simulator, TestToken};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let noon = "2026-11-20T12:00:00Z".parse()?;
/// let simulator = Simulator::builder().contracts(2).clock(move || noon).build();
/// let ask = |contract: u64, token: &str| {
///     http::Request::get(format!("/activitylog/v1/contracts/{contract}?limit=1"))
///         .header("authorization", format!("Bearer {token}"))
///         .body(())
///         .map(|request| simulator.answer(&request).status().as_u16())
/// };
/// let (own, other) = (simulator.contracts()[0], simulator.contracts()[1]);
/// let token = TestToken::new(own).issued_at(noon).lifetime(TimeDelta::hours(1));
/// assert_eq!(ask(own, &token.build())?, 200);
/// assert_eq!(ask(other, &token.build())?, 403);
/// assert_eq!(ask(own, &token.clone().privileges(["DATA_CENTER_CREATE"]).build())?, 403);
/// assert_eq!(ask(own, &token.expires_at(noon).build())?, 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TestToken {
    identity: TokenIdentity,
    issued_at: DateTime<Utc>,
    end: TokenEnd,
}

#[derive(Clone, Copy, Debug)]
enum TokenEnd {
    At(DateTime<Utc>),
    /// Lifetime, counted from `issued_at`.
    After(TimeDelta),
}

#[derive(Serialize)]
struct TokenHeader {
    typ: &'static str,
    alg: &'static str,
    kid: String,
}

#[derive(Serialize)]
struct TokenPayload<'a> {
    iss: &'static str,
    iat: i64,
    exp: i64,
    identity: &'a TokenIdentity,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenIdentity {
    uuid: String,
    contract_number: u64,
    role: String,
    privileges: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_parent: bool,
}

impl TestToken {
    /// A token for a user who may read the log of this contract: the role "user" with the privilege
    /// "ACCESS_ACTIVITY_LOG", issued at [`LOG_BEGIN`] with a lifetime of 100 years.
    pub fn new(contract: u64) -> Self {
        Self {
            identity: TokenIdentity {
                uuid: DEFAULT_USER.into(),
                contract_number: contract,
                role: "user".into(),
                privileges: vec![PRIVILEGE.into()],
                is_parent: false,
            },
            issued_at: LOG_BEGIN,
            end: TokenEnd::After(DEFAULT_LIFETIME),
        }
    }

    /// The id of the user, `identity.uuid`. Default: the same UUID for every token.
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.identity.uuid = id.into();
        self
    }

    /// The role of the user, `identity.role`. The roles "owner", "admin" and "administrator" (case-insensitive) may
    /// read the log without the privilege. Default: "user".
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.identity.role = role.into();
        self
    }

    /// The privileges of the user, `identity.privileges`. Replaces privileges set before. Default: only
    /// "ACCESS_ACTIVITY_LOG", which is required to read the log.
    pub fn privileges<P: Into<String>>(mut self, privileges: impl IntoIterator<Item = P>) -> Self {
        self.identity.privileges = privileges.into_iter().map(Into::into).collect();
        self
    }

    /// The time of issue, `iat`, rounded down to the second. The lifetime starts at this time, but a simulator also
    /// accepts the token before this time. Default: [`LOG_BEGIN`].
    pub fn issued_at(mut self, time: DateTime<Utc>) -> Self {
        self.issued_at = time;
        self
    }

    /// The time from issue to expiry. Replaces an expiry set before. A token with a lifetime of 0 or less has already
    /// expired when it is issued. Default: 100 years.
    pub fn lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.end = TokenEnd::After(lifetime);
        self
    }

    /// The time of expiry, `exp`, exclusive, rounded down to the second. Replaces a lifetime set before.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.end = TokenEnd::At(time);
        self
    }

    /// Whether this is the token of a reseller, which reads every contract of the simulator and can select one with the
    /// header `X-Contract-Number`. The vendor's mark for such tokens is not public; this crate uses
    /// `identity.isParent`. Default: false.
    pub fn reseller(mut self, reseller: bool) -> Self {
        self.identity.is_parent = reseller;
        self
    }

    /// The token, as sent after `Bearer `.
    #[must_use]
    pub fn build(&self) -> String {
        let payload = to_json(&TokenPayload {
            iss: "ionoscloud",
            iat: self.issued_at.timestamp(),
            exp: self.expiry().timestamp(),
            identity: &self.identity,
        });
        let header = to_json(&TokenHeader { typ: "JWT", alg: "none", kid: token_id(&payload) });
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(header), part(payload))
    }

    fn expiry(&self) -> DateTime<Utc> {
        match self.end {
            TokenEnd::At(time) => time,
            TokenEnd::After(lifetime) => {
                self.issued_at.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
        }
    }
}

/// A UUID, like the vendor's token ids. Different payloads have different ids.
fn token_id(payload: &str) -> String {
    let key = RandomKey { seed: fingerprint(["token ", payload]), contract: 0, part: RandomKey::ANSWERS };
    Random::new(key, 0).uuid().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parts(token: &str) -> (Value, Value) {
        let parts: Vec<&str> = token.split('.').collect();
        let &[header, payload, ""] = parts.as_slice() else {
            panic!("the token must have three parts, the last one empty: {token}");
        };
        let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (read(header), read(payload))
    }

    #[test]
    fn a_token_has_the_claims_of_the_vendors_tokens() {
        let issued = "2026-11-20T12:00:00.999Z".parse().unwrap();
        let token = TestToken::new(31_721_060)
            .user("u-1")
            .role("owner")
            .privileges(["DATA_CENTER_CREATE", PRIVILEGE])
            .issued_at(issued)
            .lifetime(TimeDelta::hours(1));
        let (header, payload) = parts(&token.build());
        let kid = &header["kid"];
        assert_eq!(header, json!({"typ": "JWT", "alg": "none", "kid": kid}));
        assert_eq!(kid.as_str().unwrap().len(), 36);
        assert_eq!(
            payload,
            json!({
                "iss": "ionoscloud",
                "iat": 1_795_176_000,
                "exp": 1_795_179_600,
                "identity": {
                    "uuid": "u-1",
                    "contractNumber": 31_721_060,
                    "role": "owner",
                    "privileges": ["DATA_CENTER_CREATE", "ACCESS_ACTIVITY_LOG"],
                },
            })
        );
        let (_, reseller) = parts(&token.reseller(true).build());
        assert_eq!(reseller["identity"]["isParent"], json!(true));
    }

    #[test]
    fn a_default_token_may_read_the_log_for_100_years() {
        let (_, payload) = parts(&TestToken::new(1).build());
        assert_eq!(payload["identity"]["role"], json!("user"));
        assert_eq!(payload["identity"]["privileges"], json!([PRIVILEGE]));
        assert_eq!(payload["iat"], json!(LOG_BEGIN.timestamp()));
        let end: DateTime<Utc> = "2125-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(payload["exp"], json!(end.timestamp()));
    }

    #[test]
    fn equal_settings_make_equal_tokens_and_different_settings_make_different_tokens() {
        let token = TestToken::new(1);
        let tokens = [
            token.clone(),
            TestToken::new(2),
            token.clone().user("u"),
            token.clone().role("owner"),
            token.clone().privileges::<String>([]),
            token.clone().issued_at(DateTime::UNIX_EPOCH),
            token.clone().lifetime(TimeDelta::hours(1)),
            token.clone().expires_at(DateTime::UNIX_EPOCH),
            token.clone().reseller(true),
        ];
        assert_eq!(token.build(), tokens[0].clone().build());
        let texts: std::collections::BTreeSet<String> = tokens.iter().map(TestToken::build).collect();
        let ids: std::collections::BTreeSet<String> =
            texts.iter().map(|text| parts(text).0["kid"].to_string()).collect();
        assert_eq!((texts.len(), ids.len()), (tokens.len(), tokens.len()));
    }

    #[test]
    fn expires_at_and_lifetime_replace_each_other_and_an_extreme_lifetime_does_not_fail() {
        let end = |token: &TestToken| parts(&token.build()).1["exp"].as_i64().unwrap();
        let epoch = TestToken::new(1).issued_at(DateTime::UNIX_EPOCH);
        let time = DateTime::from_timestamp(7, 0).unwrap();
        let second = TimeDelta::seconds(1);
        for (token, expected) in [
            (epoch.clone().expires_at(time).lifetime(second), 1),
            (epoch.clone().lifetime(second).expires_at(time), 7),
            (epoch.clone().lifetime(-second), -1),
            (epoch.clone().lifetime(TimeDelta::MAX), DateTime::<Utc>::MAX_UTC.timestamp()),
        ] {
            assert_eq!(end(&token), expected, "{token:?}");
        }
    }

    #[test]
    fn debug_output_shows_the_settings_and_not_the_token() {
        let token = TestToken::new(31_721_060);
        let (shown, text) = (format!("{token:?}"), token.build());
        assert!(shown.contains("31721060"), "{shown}");
        assert!(text.split('.').all(|part| part.is_empty() || !shown.contains(part)));
    }
}
