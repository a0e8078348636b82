//! What a client does with a token's contract, privileges and end cannot be tested with a real token, which is a
//! secret, ends, and belongs to somebody. A test token says what the test wants and is worth nothing anywhere else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::PRIVILEGE;
use crate::log::LOG_BEGIN;
use crate::world::random::{Key, Random, fingerprint};
use crate::world::record::json;

/// A hundred years of 365.25 days: a test that is not about the end of a token must not meet it.
const LIFETIME: TimeDelta = TimeDelta::days(36_525);

/// Whose a token is unless somebody else is named.
const USER: &str = "7f9d0a53-3f6c-4f0e-9a55-0c1e6a2b8d41";

/// Chooses what an unsigned token says, which a simulator accepts when it names one of its contracts.
///
/// The token is a JSON Web Token with an empty signature (RFC 7519, section 6). Its claims are those that the vendor's
/// own command line reads: `identity` with `uuid`, `contractNumber` (a number), `role` and `privileges`; the header's
/// `kid`, the id of the token; and the usual `iss`, `iat` and `exp`. Equal choices make equal tokens, and no clock is
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
/// let token = TestToken::new(own).issued(noon).lifetime(TimeDelta::hours(1));
/// assert_eq!(ask(own, &token.build())?, 200);
/// assert_eq!(ask(other, &token.build())?, 403);
/// assert_eq!(ask(own, &token.clone().privileges(["DATA_CENTER_CREATE"]).build())?, 403);
/// assert_eq!(ask(own, &token.expires(noon).build())?, 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TestToken {
    identity: Identity,
    issued: DateTime<Utc>,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    At(DateTime<Utc>),
    After(TimeDelta),
}

#[derive(Serialize)]
struct Header {
    typ: &'static str,
    alg: &'static str,
    kid: String,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'static str,
    iat: i64,
    exp: i64,
    identity: &'a Identity,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    uuid: String,
    contract_number: u64,
    role: String,
    privileges: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_parent: bool,
}

impl TestToken {
    /// A token that is bound to a contract, of a user who may read its log: the role "user" with the privilege
    /// "ACCESS_ACTIVITY_LOG", issued at [`LOG_BEGIN`], with an end that no test meets by accident.
    pub fn new(contract: u64) -> Self {
        Self {
            identity: Identity {
                uuid: USER.into(),
                contract_number: contract,
                role: "user".into(),
                privileges: vec![PRIVILEGE.into()],
                is_parent: false,
            },
            issued: LOG_BEGIN,
            end: End::After(LIFETIME),
        }
    }

    /// The id of the user, `identity.uuid`. The default is the same UUID for every token.
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.identity.uuid = id.into();
        self
    }

    /// The role of the user, `identity.role`. A simulator lets "owner", "admin" and "administrator", in any case, read
    /// the log without the privilege. The default is "user".
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.identity.role = role.into();
        self
    }

    /// The privileges of the user, `identity.privileges`, in place of those chosen before. The default is
    /// "ACCESS_ACTIVITY_LOG" alone, the one that reads the log.
    pub fn privileges<P: Into<String>>(mut self, privileges: impl IntoIterator<Item = P>) -> Self {
        self.identity.privileges = privileges.into_iter().map(Into::into).collect();
        self
    }

    /// When the token was made, `iat`, in whole seconds, rounded down. It decides only where a lifetime begins: a
    /// simulator accepts a token before this time. The default is [`LOG_BEGIN`].
    pub fn issued(mut self, time: DateTime<Utc>) -> Self {
        self.issued = time;
        self
    }

    /// How long after it was made the token ends; in place of an end chosen before. Not above zero is a token that was
    /// never good. The default is a hundred years.
    pub fn lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.end = End::After(lifetime);
        self
    }

    /// When the token ends, `exp`, exclusive, in whole seconds, rounded down; in place of a lifetime chosen before.
    pub fn expires(mut self, time: DateTime<Utc>) -> Self {
        self.end = End::At(time);
        self
    }

    /// Whether it is the token of a reseller, which reads every contract of the simulator and can name one of them in
    /// `X-Contract-Number`. How the vendor marks such tokens is not public; the mark is `identity.isParent`, chosen by
    /// this crate. The default is false.
    pub fn reseller(mut self, reseller: bool) -> Self {
        self.identity.is_parent = reseller;
        self
    }

    /// The token, as it is sent after `Bearer `.
    #[must_use]
    pub fn build(&self) -> String {
        let payload = json(&Payload {
            iss: "ionoscloud",
            iat: self.issued.timestamp(),
            exp: self.end().timestamp(),
            identity: &self.identity,
        });
        let header = json(&Header { typ: "JWT", alg: "none", kid: token_id(&payload) });
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(header), part(payload))
    }

    fn end(&self) -> DateTime<Utc> {
        match self.end {
            End::At(time) => time,
            End::After(lifetime) => self.issued.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }
}

/// Different for every payload, and of the form of the vendor's ids.
fn token_id(payload: &str) -> String {
    let key = Key { seed: fingerprint(["token ", payload]), contract: 0, part: Key::ANSWERS };
    Random::new(key, 0).uuid().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parts(token: &str) -> (Value, Value) {
        let parts: Vec<&str> = token.split('.').collect();
        let &[header, payload, ""] = parts.as_slice() else {
            panic!("not three parts, the last one empty: {token}");
        };
        let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (read(header), read(payload))
    }

    #[test]
    fn a_token_has_the_claims_of_the_vendor() {
        let issued = "2026-11-20T12:00:00.999Z".parse().unwrap();
        let token = TestToken::new(31_721_060)
            .user("u-1")
            .role("owner")
            .privileges(["DATA_CENTER_CREATE", PRIVILEGE])
            .issued(issued)
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
    fn without_a_choice_the_log_can_be_read_and_the_end_is_far_away() {
        let (_, payload) = parts(&TestToken::new(1).build());
        assert_eq!(payload["identity"]["role"], json!("user"));
        assert_eq!(payload["identity"]["privileges"], json!([PRIVILEGE]));
        assert_eq!(payload["iat"], json!(LOG_BEGIN.timestamp()));
        let end: DateTime<Utc> = "2125-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(payload["exp"], json!(end.timestamp()));
    }

    #[test]
    fn the_same_choices_make_the_same_token_and_any_other_choice_another_one() {
        let token = TestToken::new(1);
        let tokens = [
            token.clone(),
            TestToken::new(2),
            token.clone().user("u"),
            token.clone().role("owner"),
            token.clone().privileges::<String>([]),
            token.clone().issued(DateTime::UNIX_EPOCH),
            token.clone().lifetime(TimeDelta::hours(1)),
            token.clone().expires(DateTime::UNIX_EPOCH),
            token.clone().reseller(true),
        ];
        assert_eq!(token.build(), tokens[0].clone().build());
        let texts: std::collections::BTreeSet<String> = tokens.iter().map(TestToken::build).collect();
        let ids: std::collections::BTreeSet<String> =
            texts.iter().map(|text| parts(text).0["kid"].to_string()).collect();
        assert_eq!((texts.len(), ids.len()), (tokens.len(), tokens.len()));
    }

    #[test]
    fn the_last_choice_of_an_end_counts_and_no_lifetime_is_too_long() {
        let end = |token: &TestToken| parts(&token.build()).1["exp"].as_i64().unwrap();
        let epoch = TestToken::new(1).issued(DateTime::UNIX_EPOCH);
        let time = DateTime::from_timestamp(7, 0).unwrap();
        let second = TimeDelta::seconds(1);
        for (token, expected) in [
            (epoch.clone().expires(time).lifetime(second), 1),
            (epoch.clone().lifetime(second).expires(time), 7),
            (epoch.clone().lifetime(-second), -1),
            (epoch.clone().lifetime(TimeDelta::MAX), DateTime::<Utc>::MAX_UTC.timestamp()),
        ] {
            assert_eq!(end(&token), expected, "{token:?}");
        }
    }

    #[test]
    fn debug_output_shows_the_choices_and_not_the_token() {
        let token = TestToken::new(31_721_060);
        let (shown, text) = (format!("{token:?}"), token.build());
        assert!(shown.contains("31721060"), "{shown}");
        assert!(text.split('.').all(|part| part.is_empty() || !shown.contains(part)));
    }
}
