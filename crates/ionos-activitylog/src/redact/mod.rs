//! Removes secrets from texts and JSON before they reach an error, a log or a user. The list of secret names and the
//! matching are those of `ionos_activitylog_client::redact`, which the simulator and the command line use too.

mod json;
mod url;

use secrecy::{ExposeSecret, SecretString};

pub use ionos_activitylog_client::redact::{REDACTED, is_secret_name, redact_credentials, redact_known};
pub(crate) use json::redact_json;
pub(crate) use url::redact_url;

/// Replaces the secrets in every spelling: see [`redact_known`].
pub(crate) fn redact_secrets(text: &str, secrets: &[&SecretString]) -> String {
    let secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
    redact_known(text, &secrets)
}
