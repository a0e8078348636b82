//! Removes secrets from texts and JSON before they reach an error, a log or a user. The list of secret names and the
//! rules for matching them are in `ionos_activitylog_client::redact`, which the simulator and the command line use too.

mod json;
mod name;
mod url;

use ionos_activitylog_client::redact;
use secrecy::{ExposeSecret, SecretString};

pub(crate) use json::redact_json;
pub(crate) use name::redact_name;
pub(crate) use url::redact_url;

/// The text shown in place of a secret.
pub const REDACTED: &str = redact::REDACTED;

/// Whether a header, parameter or member of this name may hold a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    redact::is_secret_name(name)
}

/// Replaces secrets that can be recognized by their form: private keys, JSON Web Tokens, credentials after the name of
/// an HTTP authentication scheme, and user and password in an address such as `user:password@host`.
#[must_use]
pub fn redact_secret_forms(text: &str) -> String {
    redact::redact_secret_forms(text)
}

/// The value of a setting or an argument, for use in a message. [`REDACTED`] if the value may be a secret that was
/// typed in the wrong place.
#[must_use]
pub fn redact_value(value: &str) -> &str {
    redact::redact_value(value)
}

/// Replaces known secrets in every spelling, and everything that looks like a credential.
#[must_use]
pub fn redact_text(text: &str, known: &[&str]) -> String {
    redact::redact_credentials(&redact::redact_known(text, known))
}

/// The secrets in the value of an `Authorization` header: the credential, and the password of a Basic credential.
#[must_use]
pub fn authorization_secrets(value: &str) -> Vec<String> {
    redact::authorization_secrets(value)
}

/// Replaces known secrets in every spelling: see [`redact::redact_known`].
pub(crate) fn redact_secrets(text: &str, secrets: &[&SecretString]) -> String {
    let secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
    redact::redact_known(text, &secrets)
}
