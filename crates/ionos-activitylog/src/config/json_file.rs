//! Reads the flat JSON file of ionosctl before 6.9 (July 2025), which still exists on machines where ionosctl has not
//! been used since then.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::config_error;
use super::credentials::{CredentialParts, non_blank, non_blank_secret};
use super::env::Env;
use super::files::{find_json, host_of, is_host};
use super::setting::Origin;
use super::settings::{Settings, Sourced};
use crate::error::Error;

/// Which settings are still open. A setting is open if no source of higher precedence than the JSON file has a value
/// for it.
pub(super) struct OpenSettings {
    pub(super) credentials: bool,
    pub(super) base_url: bool,
}

#[derive(Deserialize)]
struct JsonDocument {
    #[serde(rename = "userdata.token")]
    token: Option<SecretString>,
    #[serde(rename = "userdata.name")]
    username: Option<String>,
    #[serde(rename = "userdata.password")]
    password: Option<SecretString>,
    #[serde(rename = "userdata.api-url")]
    base_url: Option<String>,
}

/// The settings of the JSON file. Opens the file only if a setting is open.
pub(super) fn read(env: &dyn Env, open: OpenSettings) -> Result<Settings, Error> {
    if !open.credentials && !open.base_url {
        return Ok(Settings::default());
    }
    let search = find_json(env)?;
    let mut without_credentials = search.missing;
    let Some(file) = search.opened else {
        return Ok(Settings { without_credentials, ..Settings::default() });
    };
    let path = file.path.display().to_string();
    let document: JsonDocument = serde_json::from_str(file.text.expose_secret()).map_err(|error| {
        // serde_json's own message may quote a secret.
        config_error(format!(
            "{path} is not a valid config file of ionosctl: it cannot be parsed at line {}, column {}",
            error.line(),
            error.column()
        ))
        .with_hint("correct or remove it")
    })?;
    let credentials = CredentialParts {
        source: &path,
        names: ["userdata.token", "userdata.name", "userdata.password"],
        token: non_blank_secret(document.token),
        username: non_blank(document.username),
        password: non_blank_secret(document.password),
    }
    .into_credentials()?;
    if credentials.is_none() {
        without_credentials.push(format!("{path} has no credentials"));
    }
    let base_url = match non_blank(document.base_url).filter(|_| open.base_url) {
        Some(text) => Some(host_of(&text).ok_or_else(|| {
            config_error(format!("{path} has a username or password in userdata.api-url"))
                .with_hint("remove them; credentials have their own entries")
        })?),
        None => None,
    };
    if base_url.as_deref().is_some_and(|address| !is_host(address)) {
        return Err(config_error(format!("{path} has a userdata.api-url that is not the address of a host"))
            .with_hint("set it to the address of the API, or remove it"));
    }
    let origin = || Origin::File { path: file.path.clone(), profile: None };
    Ok(Settings {
        credentials: credentials.map(|value| Sourced::new(value, origin())),
        base_url: base_url.map(|value| Sourced::new(value, origin())),
        without_credentials,
        ..Settings::default()
    })
}
