//! The YAML file of the vendor's tools, in the format of their `fileconfiguration` package. Parsing is lenient, because
//! several tools and people write the file: unknown members are ignored and a version may be a number or a string.
//! Error messages quote only names and endpoint locations from the file, because other values may be secrets.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::credentials::non_blank;
use super::env::CURRENT_PROFILE;
use super::files::OpenedFile;
use super::{config_error, quoted, quoted_list, suggestion};
use crate::error::Error;
use crate::redact::redact_value;

/// The supported major version.
const SUPPORTED_VERSION: &str = "1";

/// A parsed file. It has no `Debug`, because any of its texts may contain a misplaced secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigDocument {
    version: Option<String>,
    current_profile: Option<String>,
    profiles: Option<Vec<Profile>>,
    environments: Option<Vec<ProductEnvironment>>,
}

/// Credentials, and the environment in which they are valid.
#[derive(Deserialize)]
pub(super) struct Profile {
    name: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) credentials: Option<ProfileCredentials>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct ProfileCredentials {
    pub(super) token: Option<SecretString>,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
}

/// The addresses of the vendor's products.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductEnvironment {
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

impl ConfigDocument {
    /// Parses the file. Fails if it is empty, is not a config file, or has an unsupported version.
    pub(super) fn parse(file: &OpenedFile) -> Result<Self, Error> {
        let path = file.path.display();
        let text = file.text.expose_secret();
        // Some editors on Windows write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = parse_yaml(text, &file.path)?;
        let document =
            document.ok_or_else(|| config_error(format!("{path} is empty")).with_hint("fill it in or remove it"))?;
        match non_blank(document.version.clone()) {
            Some(version) if version.trim().split('.').next() != Some(SUPPORTED_VERSION) => Err(config_error(format!(
                "{path} has an unsupported version: this client supports version {SUPPORTED_VERSION}"
            ))
            .with_hint("recreate it with the vendor's tools")),
            _ => Ok(document),
        }
    }

    /// The profile to use: the `requested` one, otherwise the one from `IONOS_CURRENT_PROFILE` (`from_env`), otherwise
    /// the `currentProfile` of the file. As in the vendor's tools, `None` if none of the three is set, even if the file
    /// has only one profile.
    ///
    /// Fails if the file has no profile with the chosen name, because the program must not use other credentials than
    /// the requested ones. If two profiles have the same name, the first counts.
    pub(super) fn select_profile(
        &self,
        requested: Option<&str>,
        from_env: Option<&str>,
        path: &Path,
    ) -> Result<Option<&Profile>, Error> {
        let current = self.current_profile();
        let (name, origin) = match (requested, from_env, current.as_deref()) {
            (Some(name), _, _) => (name, String::new()),
            (None, Some(name), _) => (name, format!(", which {CURRENT_PROFILE} names")),
            (None, None, Some(name)) => (name, ", which its currentProfile names".to_owned()),
            (None, None, None) => return Ok(None),
        };
        // A name from the file is shown by `quoted`, because YAML may have joined the name with a secret. A name that
        // the program or a variable sets does not come from the file, so `redact_value` is enough.
        let shown = match (requested, from_env) {
            (None, None) => quoted(name),
            _ => format!("{:?}", redact_value(name.trim())),
        };
        let known = || self.profiles().iter().map(Profile::name);
        match self.profiles().iter().find(|profile| is_same_name(profile.name(), name)) {
            Some(profile) => Ok(Some(profile)),
            None => Err(config_error(format!(
                "{} has no profile {}{origin}{}; {}",
                path.display(),
                shown,
                suggestion(name, known()),
                match self.profiles() {
                    [] => "it has no profiles".to_owned(),
                    _ => format!("it has only {}", quoted_list(known())),
                }
            ))
            .with_hint("choose another profile, or add this one")),
        }
    }

    /// The name in `currentProfile`; `None` if it is missing or blank.
    pub(super) fn current_profile(&self) -> Option<String> {
        non_blank(self.current_profile.clone())
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        self.profiles.as_deref().unwrap_or_default()
    }

    pub(super) fn environments(&self) -> &[ProductEnvironment] {
        self.environments.as_deref().unwrap_or_default()
    }
}

/// Parses YAML; `None` if the text is empty.
#[cfg(feature = "config-file")]
fn parse_yaml(text: &str, path: &Path) -> Result<Option<ConfigDocument>, Error> {
    yaml_serde::from_str(text).map_err(|error| {
        // The parser's own message may quote a secret.
        let place = match error.location() {
            Some(place) => format!(" at line {}, column {}", place.line(), place.column()),
            None => String::new(),
        };
        config_error(format!("{} is not a valid config file: it cannot be parsed{place}", path.display()))
            .with_hint("correct or remove it")
    })
}

/// Always fails, because skipping an existing file could run the program with other credentials.
#[cfg(not(feature = "config-file"))]
fn parse_yaml(_: &str, path: &Path) -> Result<Option<ConfigDocument>, Error> {
    Err(config_error(format!("{} exists, but this build cannot read YAML", path.display()))
        .with_hint("enable the feature config-file, or set everything in the program"))
}

impl Profile {
    /// The name as the file spells it, without surrounding white space.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }
}

impl ProductEnvironment {
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

    /// Whether the endpoint serves every location.
    pub(super) fn is_global(&self) -> bool {
        let location = self.location();
        location.is_empty() || location.eq_ignore_ascii_case("global")
    }

    /// Whether the file switches off certificate verification. Every text except a known spelling of "no" counts as
    /// "yes". The caller returns an error for "yes", so an unknown spelling never disables verification.
    pub(super) fn skips_verification(&self) -> bool {
        let text = self.skip_tls_verify.as_deref().unwrap_or_default().trim();
        !["", "false", "no", "off", "n"].iter().any(|no| text.eq_ignore_ascii_case(no))
    }
}

/// Whether two names of profiles or products are equal, ignoring case and surrounding white space as the vendor's tools
/// do.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
