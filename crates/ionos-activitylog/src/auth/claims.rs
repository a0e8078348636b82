//! The claims of a token: its user, contract and expiry. The client uses them to skip requests that cannot succeed and
//! to explain failures.
//!
//! **Claims are not verified.** The signature is not checked, and anyone can make up a token: use claims for
//! explanations and defaults, never to grant access.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use ionos_activitylog_client::Scalar;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::contract::ContractNumber;

/// The privilege to read the log, as tokens name it.
pub(super) const PRIVILEGE: &str = "ACCESS_ACTIVITY_LOG";

/// The roles that may read the log without the privilege.
const READING_ROLES: [&str; 3] = ["owner", "admin", "administrator"];

/// The claims of a JSON Web Token. **Not verified:** the signature is not checked, and anyone can make up a token with
/// these claims. Use them for messages and defaults, never as a proof.
///
/// A field is `None` if the token does not have the claim, or has it in an unknown format. The claims are those that
/// the vendor's own command line reads, and `exp` of RFC 7519.
///
/// ```
/// use ionos_activitylog::Claims;
///
/// // The payload is {"exp":1795176000,"identity":{"contractNumber":31721060}}.
/// let token = "e30.eyJleHAiOjE3OTUxNzYwMDAsImlkZW50aXR5Ijp7ImNvbnRyYWN0TnVtYmVyIjozMTcyMTA2MH19.c2lnbmVk";
/// let claims = Claims::read_unverified(token).unwrap();
/// assert_eq!(claims.contract.unwrap().as_str(), "31721060");
/// assert_eq!(claims.expires_at.unwrap().to_rfc3339(), "2026-11-20T12:00:00+00:00");
/// assert!(Claims::read_unverified("an-opaque-token").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The contract that the token is bound to, with its digits unchanged: `identity.contractNumber`.
    pub contract: Option<ContractNumber>,
    /// The expiry in UTC, rounded down to whole seconds: `exp`.
    pub expires_at: Option<DateTime<Utc>>,
    /// The user's privileges, such as "ACCESS_ACTIVITY_LOG": `identity.privileges`. `None` if the claim is not a list
    /// of strings.
    pub privileges: Option<Vec<String>>,
    /// The user's role, such as "owner": `identity.role`.
    pub role: Option<String>,
    /// The user's id: `identity.uuid`.
    pub user: Option<String>,
    /// The id with which the owner of the token can delete the token: `kid` of the header.
    pub token_id: Option<String>,
}

impl Claims {
    /// Reads the claims of a JSON Web Token **without verifying the token**. A JSON Web Token has three parts,
    /// separated by dots and encoded in base64url, with or without padding; the second part is a JSON object. `None`
    /// for any other text, which is an opaque token.
    #[must_use]
    pub fn read_unverified(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.trim().split('.').collect();
        let &[header, payload, _signature] = parts.as_slice() else {
            return None;
        };
        let payload = ClaimMembers::decode(payload)?;
        let header = ClaimMembers::decode(header).unwrap_or_default();
        let identity: ClaimMembers = payload.get("identity").unwrap_or_default();
        Some(Self {
            contract: identity.get("contractNumber").and_then(|number: Scalar| number.text().parse().ok()),
            expires_at: payload.get("exp").and_then(|time| parse_expiry(&time)),
            privileges: identity.get("privileges"),
            role: identity.get("role"),
            user: identity.get("uuid"),
            token_id: header.get("kid"),
        })
    }

    /// Whether the claims allow reading the log. `Some(true)` for an owner or administrator of the contract, and for a
    /// user with the privilege `ACCESS_ACTIVITY_LOG`. For any other user, `Some(false)` if the token has a list of
    /// privileges, and `None` if the token has no such list.
    ///
    /// The service may decide otherwise: privileges may have changed since the token was issued.
    #[must_use]
    pub fn may_read_log(&self) -> Option<bool> {
        let is_reading_role = |role: &String| READING_ROLES.iter().any(|r| r.eq_ignore_ascii_case(role));
        if self.role.as_ref().is_some_and(is_reading_role) {
            return Some(true);
        }
        let privileges = self.privileges.as_ref()?;
        Some(privileges.iter().any(|privilege| privilege == PRIVILEGE))
    }
}

/// The members of a JSON object as raw JSON, so that a member in an unknown format does not affect the others.
#[derive(Default, serde::Deserialize)]
struct ClaimMembers(BTreeMap<String, Box<RawValue>>);

impl ClaimMembers {
    fn decode(part: &str) -> Option<Self> {
        // Some issuers add padding, and some set the unused trailing bits, so both are accepted.
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &URL_SAFE,
            GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent)
                .with_decode_allow_trailing_bits(true),
        );
        serde_json::from_slice(&LENIENT.decode(part).ok()?).ok()
    }

    fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }
}

/// Parses seconds since 1970, with an optional fraction (RFC 7519). Rounds the time down, so that a token is never
/// refreshed too late.
fn parse_expiry(time: &Scalar) -> Option<DateTime<Utc>> {
    let text = time.text();
    if let Ok(seconds) = text.parse() {
        return DateTime::from_timestamp(seconds, 0);
    }
    let seconds: f64 = text.parse().ok()?;
    if !seconds.is_finite() {
        return None;
    }
    // A number outside the range of `i64` becomes the nearest `i64`, which is outside the range of dates.
    DateTime::from_timestamp(seconds.floor() as i64, 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const HEADER: &str = r#"{"alg":"RS256","kid":"token-4711"}"#;

    /// A token with this payload.
    pub(crate) fn jwt(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(HEADER), part(payload), part("signed"))
    }

    fn read(payload: &str) -> Claims {
        Claims::read_unverified(&jwt(payload)).unwrap()
    }

    #[test]
    fn all_members_are_read_with_and_without_padding() {
        let payload = r#"{"iss":"ionos","exp":1795176000,"identity":{"uuid":"u-1","contractNumber":31721060,
            "role":"user","isParent":false,"privileges":["DATA_CENTER_CREATE","ACCESS_ACTIVITY_LOG"]}}"#;
        let expected = Claims {
            contract: Some(31_721_060.into()),
            expires_at: Some("2026-11-20T12:00:00Z".parse().unwrap()),
            privileges: Some(vec!["DATA_CENTER_CREATE".to_owned(), "ACCESS_ACTIVITY_LOG".to_owned()]),
            role: Some("user".to_owned()),
            user: Some("u-1".to_owned()),
            token_id: Some("token-4711".to_owned()),
        };
        // Payloads of three lengths, which need zero, one and two characters of padding.
        for payload in [payload.to_owned(), format!("{payload} "), format!("{payload}  ")] {
            assert_eq!(read(&payload), expected);
            let padded = |text: &str| URL_SAFE.encode(text);
            let token = format!("{}.{}.", padded(HEADER), padded(&payload));
            assert_eq!(Claims::read_unverified(&token), Some(expected.clone()));
        }
    }

    #[test]
    fn an_opaque_token_has_no_claims() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let object = part("{}");
        let cases = [
            String::new(),
            "opaque".to_owned(),
            "a.b".to_owned(),
            "..".to_owned(),
            format!("{object}.{object}"),
            format!("{object}.{object}.{object}.{object}"),
            format!("{object}.!!!.x"),
            format!("{object}.{}.x", part("[]")),
            format!("{object}.{}.x", part("7")),
            format!("{object}.{}.x", part("{\"exp\":")),
            format!("{object}.{}.x", URL_SAFE_NO_PAD.encode([0xff, 0xfe])),
        ];
        for token in cases {
            assert_eq!(Claims::read_unverified(&token), None, "{token}");
        }
    }

    #[test]
    fn a_missing_or_malformed_claim_is_none_and_the_others_are_read() {
        let none = Claims { token_id: Some("token-4711".to_owned()), ..Claims::default() };
        let payloads = [
            "{}",
            r#"{"identity":null,"exp":null}"#,
            r#"{"identity":"me","exp":true}"#,
            r#"{"identity":{"contractNumber":-1,"privileges":"ALL","role":7,"uuid":{}},"exp":"soon"}"#,
            r#"{"identity":{"contractNumber":1.5,"privileges":[{"name":"ACCESS_ACTIVITY_LOG"}]}}"#,
        ];
        for payload in payloads {
            assert_eq!(read(payload), none, "{payload}");
        }
        let claims = read(r#"{"identity":{"contractNumber":[],"role":"owner"},"exp":0}"#);
        assert_eq!((claims.contract, claims.role.as_deref()), (None, Some("owner")));
        assert_eq!(claims.expires_at, Some(DateTime::UNIX_EPOCH));
        let broken_header = format!("!.{}.", URL_SAFE_NO_PAD.encode(r#"{"exp":0}"#));
        let claims = Claims::read_unverified(&broken_header).unwrap();
        assert_eq!((claims.token_id, claims.expires_at), (None, Some(DateTime::UNIX_EPOCH)));
    }

    #[test]
    fn a_contract_number_keeps_its_digits() {
        for written in [
            "9876543218374837483",
            r#""9876543218374837483""#,
            "18446744073709551615",
            "99999999999999999999",
            r#""00042""#,
        ] {
            let claims = read(&format!(r#"{{"identity":{{"contractNumber":{written}}}}}"#));
            assert_eq!(claims.contract.unwrap().as_str(), written.trim_matches('"'));
        }
    }

    #[test]
    fn an_expiry_is_read_in_every_number_format() {
        let noon = Some("2026-11-20T12:00:00Z".parse().unwrap());
        let cases = [
            ("1795176000", noon),
            ("1795176000.75", noon),
            ("1.795176e9", noon),
            (r#""1795176000""#, noon),
            (r#""1795176000.25""#, noon),
            ("99999999999999999999", None),
            ("1e400", None),
            (r#""inf""#, None),
            (r#""NaN""#, None),
            (r#""""#, None),
        ];
        for (written, expected) in cases {
            let claims = read(&format!(r#"{{"exp":{written}}}"#));
            assert_eq!(claims.expires_at, expected, "{written}");
        }
    }

    #[test]
    fn privileges_and_roles_decide_who_may_read_the_log() {
        let cases = [
            ("{}", None),
            (r#"{"role":"user"}"#, None),
            (r#"{"privileges":[]}"#, Some(false)),
            (r#"{"privileges":["DATA_CENTER_CREATE"],"role":"user"}"#, Some(false)),
            (r#"{"privileges":["ACCESS_ACTIVITY_LOG"]}"#, Some(true)),
            (r#"{"privileges":[],"role":"owner"}"#, Some(true)),
            (r#"{"privileges":[],"role":"Administrator"}"#, Some(true)),
            (r#"{"role":"admin"}"#, Some(true)),
        ];
        for (identity, expected) in cases {
            let claims = read(&format!(r#"{{"identity":{identity}}}"#));
            assert_eq!(claims.may_read_log(), expected, "{identity}");
        }
    }
}
