//! ionosctl before 6.9 (July 2025) kept a flat JSON file, which a machine still has on which ionosctl was not used
//! since.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::credentials::{Parts, filled, filled_secret};
use super::layer::Found;
use super::{Layer, Origin, Surroundings, address, places, refuse};
use crate::Error;

/// What is still open and may be decided by this file.
pub(super) struct Wanted {
    pub(super) credentials: bool,
    pub(super) base_url: bool,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "userdata.token")]
    token: Option<SecretString>,
    #[serde(rename = "userdata.name")]
    username: Option<String>,
    #[serde(rename = "userdata.password")]
    password: Option<SecretString>,
    #[serde(rename = "userdata.api-url")]
    base_url: Option<String>,
}

/// What the old file sets; it is not opened where nothing is wanted of it.
pub(super) fn layer(surroundings: &dyn Surroundings, wanted: Wanted) -> Result<Layer, Error> {
    if !wanted.credentials && !wanted.base_url {
        return Ok(Layer::default());
    }
    let search = places::json(surroundings)?;
    let mut without_credentials = search.missing;
    let Some(file) = search.opened else {
        return Ok(Layer { without_credentials, ..Layer::default() });
    };
    let path = file.path.display().to_string();
    let document: Document = serde_json::from_str(file.text.expose_secret()).map_err(|error| {
        // The error's own text may repeat a value.
        refuse(format!(
            "{path} is not a config file of ionosctl: it cannot be understood at line {}, column {}",
            error.line(),
            error.column()
        ))
        .with_hint("correct or remove it")
    })?;
    let credentials = Parts {
        source: &path,
        names: ["userdata.token", "userdata.name", "userdata.password"],
        token: filled_secret(document.token),
        username: filled(document.username),
        password: filled_secret(document.password),
    }
    .credentials()?;
    if credentials.is_none() {
        without_credentials.push(format!("{path} has none"));
    }
    let base_url = match filled(document.base_url).filter(|_| wanted.base_url) {
        Some(text) => Some(address::host_alone(&text).ok_or_else(|| {
            refuse(format!("{path} has a username or password in userdata.api-url"))
                .with_hint("leave them out, credentials have their own entries")
        })?),
        None => None,
    };
    let origin = || Origin::File { path: file.path.clone(), profile: None };
    Ok(Layer {
        credentials: credentials.map(|value| Found::new(value, origin())),
        base_url: base_url.map(|value| Found::new(value, origin())),
        without_credentials,
        ..Layer::default()
    })
}
