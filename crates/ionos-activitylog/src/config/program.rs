//! What the program sets goes before everything else, and is taken at its word: an empty token is a mistake to be
//! told about, not a wish for the token of the environment.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::credentials::Parts;
use super::layer::Found;
use super::{Layer, Origin, refuse};
use crate::Error;

/// The settings that a program makes itself. `Debug` shows none.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// The profile of the vendor's file to use; not a setting itself.
    pub(crate) profile: Option<String>,
    pub(crate) token: Option<SecretString>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) base_url: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) pinned_certificate: Option<String>,
    /// PEM, one or more.
    pub(crate) root_certificates: Option<String>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the address: before it is checked it may hold a password.
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// What the program sets.
pub(super) fn layer(options: Options) -> Result<Layer, Error> {
    let username_empty = options.username.as_deref().is_some_and(str::is_empty);
    let password = options.password.as_ref();
    if username_empty || password.is_some_and(|text| text.expose_secret().is_empty()) {
        return Err(refuse("the program set an empty username or password").with_hint("give both, or a token"));
    }
    let credentials = Parts {
        source: "the program",
        names: ["a token", "a username", "a password"],
        token: options.token,
        username: options.username,
        password: options.password,
    }
    .credentials()?;
    let without_credentials = match credentials {
        Some(_) => Vec::new(),
        None => vec!["the program set none".to_owned()],
    };
    Ok(Layer {
        credentials: credentials.map(|value| Found::new(value, Origin::Program)),
        base_url: found(options.base_url),
        contract: found(options.contract),
        pinned_certificate: found(options.pinned_certificate),
        root_certificates: found(options.root_certificates),
        without_credentials,
        ..Layer::default()
    })
}

fn found(value: Option<String>) -> Option<Found<String>> {
    value.map(|value| Found::new(value, Origin::Program))
}
