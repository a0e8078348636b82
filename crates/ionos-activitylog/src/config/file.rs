//! The YAML file that the vendor's tools share: credentials by profile, addresses by environment.

use super::credentials::{Parts, filled, filled_secret};
use super::document::Document;
use super::endpoint;
use super::environment::{CONFIG_FILE, CURRENT_PROFILE};
use super::layer::Found;
use super::places;
use super::profile;
use super::surroundings::variable;
use super::{Layer, Origin, Surroundings, refuse};
use crate::Error;

/// What the file says, and whether there is one.
pub(super) struct FromFile {
    pub(super) layer: Layer,
    pub(super) exists: bool,
}

/// What the file sets. `with_endpoint` is false where the address of the API is known already; `profile` is the one that
/// the program asks for.
pub(super) fn layer(
    surroundings: &dyn Surroundings,
    with_endpoint: bool,
    profile: Option<&str>,
) -> Result<FromFile, Error> {
    let named = match profile {
        // It does not count, so neither does a mistake in it.
        Some(_) => variable(surroundings, CURRENT_PROFILE).ok().flatten(),
        None => variable(surroundings, CURRENT_PROFILE)?,
    };
    let search = places::yaml(surroundings)?;
    let Some(file) = search.opened else {
        return match (profile, named) {
            (Some(name), _) => Err(refuse(format!(
                "the profile {:?} was asked for, and there is no config file: {}",
                name.trim(),
                search.missing.join("; ")
            ))
            .with_hint("write one or ask for no profile")),
            (None, Some(name)) => Err(refuse(format!(
                "{CURRENT_PROFILE} names the profile {:?}, and there is no config file: {}",
                name.trim(),
                search.missing.join("; ")
            ))
            .with_hint(format!("write one or unset {CURRENT_PROFILE}"))),
            (None, None) => {
                Ok(FromFile { layer: Layer { without_credentials: search.missing, ..Layer::default() }, exists: false })
            }
        };
    };
    let document = Document::parse(&file)?;
    let asked_for = profile.map(|name| Found::new(name.trim().to_owned(), Origin::Program));
    let profile = profile::current(&document, profile, named.as_deref(), &file.path)?;
    let origin = || Origin::File { path: file.path.clone(), profile: profile.map(|profile| profile.name().to_owned()) };

    let own = profile.and_then(|profile| profile.credentials.clone());
    let own = own.unwrap_or_default();
    let credentials = Parts {
        source: &origin().to_string(),
        names: ["token", "username", "password"],
        token: filled_secret(own.token),
        username: filled(own.username),
        password: filled_secret(own.password),
    }
    .credentials()?;
    let mut without_credentials = search.missing;
    match (&credentials, profile) {
        (Some(_), _) => {}
        (None, Some(_)) => without_credentials.push(format!("{} has none", origin())),
        (None, None) => {
            without_credentials.push(format!("{} has no currentProfile and {CURRENT_PROFILE} is not set", origin()))
        }
    }

    let way = endpoint::way(&document, profile, &file.path, with_endpoint)?;
    let base_url = match with_endpoint {
        true => way.base_url,
        // It does not count, so neither does a mistake in it; but whoever looks for it is told that it does not count.
        false => endpoint::way(&document, profile, &file.path, true).ok().and_then(|way| way.base_url),
    };
    let config_file = match variable(surroundings, CONFIG_FILE)? {
        Some(_) => Origin::Environment(CONFIG_FILE),
        None => Origin::Default,
    };
    let of_file = Origin::File { path: file.path.clone(), profile: None };
    let named = named.map(|name| Found::new(name.trim().to_owned(), Origin::Environment(CURRENT_PROFILE)));
    let current = document.current_profile();
    let current = current.map(|name| Found::new(name.trim().to_owned(), of_file));
    Ok(FromFile {
        layer: Layer {
            credentials: credentials.map(|value| Found::new(value, origin())),
            base_url: base_url.map(|value| Found::new(value, origin())),
            root_certificates: way.root_certificates.map(|value| Found::new(value, origin())),
            config_file: Some(Found::new(file.path.display().to_string(), config_file)),
            profile: Found::before(asked_for, Found::before(named, current)),
            without_credentials,
            ..Layer::default()
        },
        exists: true,
    })
}
