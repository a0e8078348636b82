//! HTTP Basic authentication. Since 2024-03-15 the vendor refuses correct passwords of accounts with a second factor,
//! and a client must explain this refusal to its user.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Accepted user names and passwords.
#[derive(Default)]
pub(crate) struct BasicAccounts {
    pairs: Vec<(String, String)>,
    /// Whether the accounts have a second factor, which makes Basic authentication fail.
    pub(crate) two_factor: bool,
}

impl BasicAccounts {
    pub(crate) fn add(&mut self, user: String, password: String) {
        self.pairs.push((user, password));
    }

    /// Whether these credentials, base64 of `user:password` as in RFC 7617, are accepted.
    pub(crate) fn accepts(&self, credentials: &str) -> bool {
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        let Ok(decoded) = LENIENT.decode(credentials) else {
            return false;
        };
        // The pair is compared as a whole, because a password may contain a colon.
        let matches = |(user, password): &(String, String)| decoded == format!("{user}:{password}").into_bytes();
        !self.two_factor && self.pairs.iter().any(matches)
    }
}

/// Prints the user names, but no passwords.
impl fmt::Debug for BasicAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users: Vec<&str> = self.pairs.iter().map(|(user, _)| user.as_str()).collect();
        f.debug_struct("BasicAccounts")
            .field("users", &users)
            .field("two_factor", &self.two_factor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(pairs: &[(&str, &str)]) -> BasicAccounts {
        let mut accounts = BasicAccounts::default();
        for (user, password) in pairs {
            accounts.add((*user).into(), (*password).into());
        }
        accounts
    }

    #[test]
    fn a_pair_is_accepted_in_the_encoding_of_rfc_7617() {
        let accounts = accounts(&[("Aladdin", "open sesame"), ("test", "123£"), ("me", "with:colon")]);
        for (credentials, accepted) in [
            // The RFC's own examples, the first with and without padding.
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true),
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ", true),
            ("dGVzdDoxMjPCow==", true),
            // A password with a colon.
            ("bWU6d2l0aDpjb2xvbg==", true),
            // Aladdin:123£, a user name and a password that do not belong together.
            ("QWxhZGRpbjoxMjPCow==", false),
            // Aladdin, without a password.
            ("QWxhZGRpbg==", false),
            ("", false),
            ("Aladdin:open sesame", false),
        ] {
            assert_eq!(accounts.accepts(credentials), accepted, "{credentials}");
        }
    }

    #[test]
    fn empty_credentials_are_refused_if_there_is_no_account() {
        // An empty user name and an empty password.
        assert!(!accounts(&[]).accepts("Og=="));
    }

    #[test]
    fn a_correct_pair_is_refused_if_the_account_has_a_second_factor() {
        let mut accounts = accounts(&[("Aladdin", "open sesame")]);
        accounts.two_factor = true;
        assert!(!accounts.accepts("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }

    #[test]
    fn debug_output_shows_the_users_and_no_passwords() {
        let shown = format!("{:?}", accounts(&[("me", "s3cret")]));
        assert!(shown.contains("me") && !shown.contains("s3cret"), "{shown}");
    }
}
