//! The YAML file is written by hand and by several tools, and holds secrets. So it is read leniently (what is not
//! known is passed over, a version may be a number or a text), and a message about it never repeats what it holds.
//!
//! The shape is that of the vendor's `fileconfiguration` package.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::credentials::filled;
use super::places::Opened;
use super::refuse;
use crate::Error;

/// The part of the version before the point that this client knows.
const KNOWN_VERSION: &str = "1";

/// A config file. Without `Debug`, since some of its texts may hold secrets where they do not belong.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    version: Option<String>,
    current_profile: Option<String>,
    profiles: Option<Vec<Profile>>,
    environments: Option<Vec<Environment>>,
}

/// Who asks, and in which environment.
#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) credentials: Option<ProfileCredentials>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct ProfileCredentials {
    pub(super) token: Option<SecretString>,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
}

/// Where the products are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Environment {
    pub(super) name: Option<String>,
    pub(super) certificate_auth_data: Option<String>,
    products: Option<Vec<Product>>,
}

#[derive(Deserialize)]
pub(super) struct Product {
    pub(super) name: Option<String>,
    endpoints: Option<Vec<Endpoint>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    /// A host, or a whole address.
    pub(super) name: Option<String>,
    location: Option<String>,
    skip_tls_verify: Option<String>,
    pub(super) certificate_auth_data: Option<String>,
}

impl Document {
    /// Reads the file.
    ///
    /// Fails when it is empty, is no config file, or is of a version that this client does not know.
    pub(super) fn parse(file: &Opened) -> Result<Self, Error> {
        let path = file.path.display();
        let text = file.text.expose_secret();
        // Some editors on Windows begin a file with this mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = read(text, &file.path)?;
        let document =
            document.ok_or_else(|| refuse(format!("{path} is empty")).with_hint("fill it in or remove it"))?;
        match filled(document.version.clone()) {
            Some(version) if version.trim().split('.').next() != Some(KNOWN_VERSION) => Err(refuse(format!(
                "{path} is of another version than {KNOWN_VERSION}, the only one that this client knows"
            ))
            .with_hint("write it anew with the vendor's tools")),
            _ => Ok(document),
        }
    }

    /// The profile that the file itself puts in force.
    pub(super) fn current_profile(&self) -> Option<String> {
        filled(self.current_profile.clone())
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        self.profiles.as_deref().unwrap_or_default()
    }

    pub(super) fn environments(&self) -> &[Environment] {
        self.environments.as_deref().unwrap_or_default()
    }
}

/// The file as YAML; none where it is empty.
#[cfg(feature = "config-file")]
fn read(text: &str, path: &Path) -> Result<Option<Document>, Error> {
    yaml_serde::from_str(text).map_err(|error| {
        // The error's own text may repeat a value.
        let place = match error.location() {
            Some(place) => format!(" at line {}, column {}", place.line(), place.column()),
            None => String::new(),
        };
        refuse(format!("{} is not a config file of the vendor's tools: it cannot be understood{place}", path.display()))
            .with_hint("correct or remove it")
    })
}

/// A file that is there and not read would be a source passed over in silence.
#[cfg(not(feature = "config-file"))]
fn read(_: &str, path: &Path) -> Result<Option<Document>, Error> {
    Err(refuse(format!("{} is there, and this build reads no YAML", path.display()))
        .with_hint("switch on the feature config-file, or give all settings in the program"))
}

impl Environment {
    pub(super) fn products(&self) -> &[Product] {
        self.products.as_deref().unwrap_or_default()
    }
}

impl Product {
    pub(super) fn endpoints(&self) -> &[Endpoint] {
        self.endpoints.as_deref().unwrap_or_default()
    }
}

impl Endpoint {
    pub(super) fn location(&self) -> &str {
        self.location.as_deref().unwrap_or_default().trim()
    }

    /// Whether it serves every location.
    pub(super) fn is_global(&self) -> bool {
        let location = self.location();
        location.is_empty() || location.eq_ignore_ascii_case("global")
    }

    /// Whether checking certificates is to be switched off. What is not plainly "no" counts as "yes", which is
    /// refused: so a way of writing it that is not known here does no harm.
    pub(super) fn skips_verification(&self) -> bool {
        let text = self.skip_tls_verify.as_deref().unwrap_or_default().trim();
        !["", "false", "no", "off", "n"].iter().any(|no| text.eq_ignore_ascii_case(no))
    }
}

/// Whether two names of profiles or products mean the same: the vendor's tools look neither at case nor at white
/// space round a name.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
