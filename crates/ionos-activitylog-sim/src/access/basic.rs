//! The vendor still takes user name and password, but refuses them for accounts with a second factor since 2024-03-15,
//! and a client has to explain that refusal, because both are right.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The user names of a world and their passwords. `Debug` shows the user names only.
#[derive(Default)]
pub(crate) struct Accounts {
    pairs: Vec<(String, String)>,
    /// Whether the accounts have a second factor.
    pub(crate) two_factor: bool,
}

impl Accounts {
    pub(crate) fn add(&mut self, user: String, password: String) {
        self.pairs.push((user, password));
    }

    /// Whether these credentials, base64 of `user:password` as in RFC 7617, are one of the pairs and enough.
    pub(crate) fn accept(&self, credentials: &str) -> bool {
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        let Ok(given) = LENIENT.decode(credentials) else {
            return false;
        };
        // Compared whole, because a password may hold a colon.
        let known = |(user, password): &(String, String)| given == format!("{user}:{password}").into_bytes();
        !self.two_factor && self.pairs.iter().any(known)
    }
}

/// Without the passwords.
impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users: Vec<&str> = self.pairs.iter().map(|(user, _)| user.as_str()).collect();
        f.debug_struct("Accounts").field("users", &users).field("two_factor", &self.two_factor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(pairs: &[(&str, &str)]) -> Accounts {
        let mut accounts = Accounts::default();
        for (user, password) in pairs {
            accounts.add((*user).into(), (*password).into());
        }
        accounts
    }

    #[test]
    fn a_pair_is_accepted_as_rfc_7617_sends_it() {
        let accounts = accounts(&[("Aladdin", "open sesame"), ("test", "123£"), ("me", "with:colon")]);
        for (credentials, accepted) in [
            // The RFC's own examples, the first with and without padding.
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true),
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ", true),
            ("dGVzdDoxMjPCow==", true),
            ("bWU6d2l0aDpjb2xvbg==", true),
            // Aladdin:123£, a user name and a password that do not belong together.
            ("QWxhZGRpbjoxMjPCow==", false),
            // Aladdin, without a password.
            ("QWxhZGRpbg==", false),
            ("", false),
            ("Aladdin:open sesame", false),
        ] {
            assert_eq!(accounts.accept(credentials), accepted, "{credentials}");
        }
    }

    #[test]
    fn nothing_is_accepted_where_no_pair_is_known() {
        // An empty user name and an empty password.
        assert!(!accounts(&[]).accept("Og=="));
    }

    #[test]
    fn a_right_pair_is_refused_for_an_account_with_a_second_factor() {
        let mut accounts = accounts(&[("Aladdin", "open sesame")]);
        accounts.two_factor = true;
        assert!(!accounts.accept("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }

    #[test]
    fn debug_output_shows_the_users_and_no_password() {
        let shown = format!("{:?}", accounts(&[("me", "s3cret")]));
        assert!(shown.contains("me") && !shown.contains("s3cret"), "{shown}");
    }
}
