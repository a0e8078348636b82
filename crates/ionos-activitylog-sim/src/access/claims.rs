//! Parses the claims of an unsigned token. Parsing is as lenient as the vendor's own command line (padding is optional,
//! unknown claims are ignored), but a token without a valid contract number, or with an invalid expiry, grants nothing.
//! A role or a privilege that is not a string is ignored.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::access::PRIVILEGE;

/// Roles that may read the log without [`PRIVILEGE`], case-insensitive.
const PRIVILEGED_ROLES: [&str; 3] = ["owner", "admin", "administrator"];

/// The claims of an unsigned token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenClaims {
    /// The digits of `identity.contractNumber`, which is a number or a string.
    pub(super) contract: String,
    /// Whether the token reads every contract of the account: `identity.isParent`.
    pub(super) reseller: bool,
    /// The role of the user: `identity.role`.
    role: Option<String>,
    /// The privileges of the user: the strings in `identity.privileges`.
    privileges: Vec<String>,
    /// The time from which the token is expired (`exp`), rounded down to the second. `None` if the token does not
    /// expire.
    expires: Option<DateTime<Utc>>,
}

impl TokenClaims {
    /// Parses an unsecured JSON Web Token (RFC 7519, section 6: the algorithm "none" and an empty signature). `None` if
    /// the token is anything else, names no contract, or has an invalid `exp`.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.split('.').collect();
        let &[header, payload, ""] = parts.as_slice() else {
            return None;
        };
        if decode_object(header)?.get("alg")? != "none" {
            return None;
        }
        let payload = decode_object(payload)?;
        let identity = payload.get("identity")?.as_object()?;
        let contract = match identity.get("contractNumber")? {
            Value::String(digits) => digits.clone(),
            number => number.as_u64()?.to_string(),
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            contract,
            reseller: identity.get("isParent").and_then(Value::as_bool) == Some(true),
            role: identity.get("role").and_then(text),
            privileges: identity
                .get("privileges")
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(text).collect())
                .unwrap_or_default(),
            expires: match payload.get("exp") {
                Some(time) => Some(parse_numeric_date(time)?),
                None => None,
            },
        })
    }

    /// Whether the token has expired. At exactly the time of expiry, it has expired (RFC 7519, section 4.1.4).
    pub(super) fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether the token has [`PRIVILEGE`], or a role that does not need this privilege.
    pub(super) fn may_read_log(&self) -> bool {
        let named = |role: &String| PRIVILEGED_ROLES.iter().any(|r| r.eq_ignore_ascii_case(role));
        self.role.as_ref().is_some_and(named) || self.privileges.iter().any(|p| p == PRIVILEGE)
    }
}

/// Decodes one part of a token.
fn decode_object(part: &str) -> Option<Map<String, Value>> {
    // Some programs add padding, and some leave trailing bits.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    serde_json::from_slice(&LENIENT.decode(part).ok()?).ok()
}

/// Converts seconds since 1970, which may have a fraction by RFC 7519. Rounds down to the second.
fn parse_numeric_date(time: &Value) -> Option<DateTime<Utc>> {
    let whole = || Some(time.as_f64()?.floor() as i64);
    DateTime::from_timestamp(time.as_i64().or_else(whole)?, 0)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{URL_SAFE as PADDED, URL_SAFE_NO_PAD as UNPADDED};

    use super::*;

    const HEADER: &str = r#"{"alg":"none"}"#;

    fn unsigned(header: &str, payload: &str) -> String {
        format!("{}.{}.", UNPADDED.encode(header), UNPADDED.encode(payload))
    }

    fn parse(payload: &str) -> Option<TokenClaims> {
        TokenClaims::parse(&unsigned(HEADER, payload))
    }

    fn claims_of(contract: &str) -> TokenClaims {
        TokenClaims { contract: contract.into(), reseller: false, role: None, privileges: vec![], expires: None }
    }

    #[test]
    fn claims_are_parsed_with_and_without_padding_and_unknown_claims_are_ignored() {
        let payload = r#"{"iss":"x","nbf":1,"exp":1795176000,"identity":{"uuid":"u","contractNumber":31721060,
            "role":"user","privileges":["ACCESS_ACTIVITY_LOG",7],"isParent":true,"regDomain":"ionos.de"}}"#;
        let expected = TokenClaims {
            reseller: true,
            role: Some("user".into()),
            privileges: vec![PRIVILEGE.into()],
            expires: Some("2026-11-20T12:00:00Z".parse().unwrap()),
            ..claims_of("31721060")
        };
        // Payloads of three lengths, so that the padding has 0, 1 and 2 characters.
        for spaces in ["", " ", "  "] {
            let payload = format!("{payload}{spaces}");
            assert_eq!(parse(&payload), Some(expected.clone()));
            let padded = format!("{}.{}.", PADDED.encode(HEADER), PADDED.encode(payload));
            assert_eq!(TokenClaims::parse(&padded), Some(expected.clone()));
        }
    }

    #[test]
    fn a_signed_or_invalid_token_grants_nothing() {
        let payload = r#"{"identity":{"contractNumber":1}}"#;
        let good = unsigned(HEADER, payload);
        assert_eq!(TokenClaims::parse(&good), Some(claims_of("1")));
        for token in [
            String::new(),
            "opaque".into(),
            "..".into(),
            format!("{good}c2lnbmVk"),
            format!("{good}."),
            good.trim_end_matches('.').into(),
            unsigned(r#"{"alg":"RS256"}"#, payload),
            unsigned("{}", payload),
            unsigned("[]", payload),
            format!("!.{}.", UNPADDED.encode(payload)),
            format!("{}.!.", UNPADDED.encode(HEADER)),
            unsigned(HEADER, "{"),
            unsigned(HEADER, "[]"),
            unsigned(HEADER, "{}"),
            unsigned(HEADER, r#"{"identity":"me"}"#),
            unsigned(HEADER, r#"{"identity":{}}"#),
            unsigned(HEADER, r#"{"identity":{"contractNumber":1.5}}"#),
            unsigned(HEADER, r#"{"identity":{"contractNumber":-1}}"#),
            unsigned(HEADER, r#"{"identity":{"contractNumber":1},"exp":"soon"}"#),
            unsigned(HEADER, r#"{"identity":{"contractNumber":1},"exp":null}"#),
            unsigned(HEADER, r#"{"identity":{"contractNumber":1},"exp":1e300}"#),
        ] {
            assert_eq!(TokenClaims::parse(&token), None, "{token}");
        }
    }

    #[test]
    fn a_contract_number_is_a_number_or_a_string_and_keeps_its_digits() {
        for (written, digits) in [
            ("31721060", "31721060"),
            ("18446744073709551615", "18446744073709551615"),
            (r#""31721060""#, "31721060"),
            (r#""00042""#, "00042"),
        ] {
            let claims = parse(&format!(r#"{{"identity":{{"contractNumber":{written}}}}}"#));
            assert_eq!(claims, Some(claims_of(digits)), "{written}");
        }
    }

    #[test]
    fn a_token_expires_at_its_exp_rounded_down_to_the_second() {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (exp, last) in [("100", 99), ("100.75", 99), ("1e2", 99), ("-5", -6)] {
            let payload = format!(r#"{{"identity":{{"contractNumber":1}},"exp":{exp}}}"#);
            let claims = parse(&payload).unwrap();
            assert!(!claims.is_expired(time(last)), "{exp}");
            assert!(claims.is_expired(time(last + 1)), "{exp}");
        }
        assert!(!claims_of("1").is_expired(DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn the_privilege_or_a_privileged_role_is_required_to_read_the_log() {
        for (identity, expected) in [
            ("", false),
            (r#","role":"user""#, false),
            (r#","role":"user","privileges":["DATA_CENTER_CREATE"]"#, false),
            (r#","privileges":"ACCESS_ACTIVITY_LOG""#, false),
            (r#","privileges":["access_activity_log"]"#, false),
            (r#","privileges":["DATA_CENTER_CREATE","ACCESS_ACTIVITY_LOG"]"#, true),
            (r#","role":"owner","privileges":[]"#, true),
            (r#","role":"OWNER""#, true),
            (r#","role":"Admin""#, true),
            (r#","role":"administrators""#, false),
        ] {
            let payload = format!(r#"{{"identity":{{"contractNumber":1{identity}}}}}"#);
            assert_eq!(parse(&payload).unwrap().may_read_log(), expected, "{identity}");
        }
    }
}
