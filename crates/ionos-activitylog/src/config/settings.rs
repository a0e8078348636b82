//! Reads the settings of the program and of the environment, combines the settings of all sources by precedence, and
//! resolves them. Overridden values are kept with their origin, so that a user can see why another value is in force.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::config_error;
use super::credentials::{CredentialParts, Credentials};
use super::env::{Env, unicode_variable};
use super::setting::{Origin, Setting};
use crate::contract::ContractNumber;
use crate::defaults::DEFAULT_BASE_URL;
use crate::error::Error;
use crate::net::tls_pin::parse_fingerprint;
use crate::redact::{redact_name, redact_url, redact_value};

const TOKEN: &str = "IONOS_TOKEN";
const USERNAME: &str = "IONOS_USERNAME";
const PASSWORD: &str = "IONOS_PASSWORD";
const API_URL: &str = "IONOS_API_URL";
const CONTRACT: &str = "IONOS_CONTRACT_NUMBER";
const PINNED_CERTIFICATE: &str = "IONOS_PINNED_CERT";

/// The line that starts a PEM certificate.
pub(super) const PEM_HEADER: &str = "-----BEGIN CERTIFICATE-----";

/// The settings made by the program. `Debug` prints none of them.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// The profile of the YAML file to use.
    pub(crate) profile: Option<String>,
    pub(crate) token: Option<SecretString>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) base_url: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) pinned_certificate: Option<String>,
    /// One or more certificates in PEM.
    pub(crate) root_certificates: Option<String>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Omits even the address, which may contain a password before validation.
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// A value and its origin.
pub(super) struct Sourced<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
    /// The values that `value` overrides, in order of precedence.
    pub(super) overridden: Vec<(T, Origin)>,
}

impl<T> Sourced<T> {
    pub(super) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin, overridden: Vec::new() }
    }

    /// The value of the first source that has one. If both sources have a value, the value of the second source is kept
    /// as overridden.
    pub(super) fn or(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(mut first), Some(second)) => {
                first.overridden.push((second.value, second.origin));
                first.overridden.extend(second.overridden);
                Some(first)
            }
            (first, second) => first.or(second),
        }
    }
}

/// The settings of one source, or of several combined by precedence.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) credentials: Option<Sourced<Credentials>>,
    pub(super) base_url: Option<Sourced<String>>,
    pub(super) contract: Option<Sourced<String>>,
    pub(super) pinned_certificate: Option<Sourced<String>>,
    pub(super) root_certificates: Option<Sourced<String>>,
    /// The path of the YAML file.
    pub(super) config_file: Option<Sourced<String>>,
    /// The profile of the YAML file.
    pub(super) profile: Option<Sourced<String>>,
    /// One sentence for each place that was searched and has no credentials.
    pub(super) without_credentials: Vec<String>,
}

impl Settings {
    /// The settings of the program. They are used as they are: an empty token is an error when the client is built, and
    /// the token of the environment does not replace it.
    pub(super) fn from_program(options: Options) -> Result<Self, Error> {
        let username_empty = options.username.as_deref().is_some_and(str::is_empty);
        let password = options.password.as_ref();
        if username_empty || password.is_some_and(|text| text.expose_secret().is_empty()) {
            return Err(config_error("the username or password set in the program is empty")
                .with_hint("set both, or a token alone"));
        }
        let credentials = CredentialParts {
            source: "the program",
            names: ["a token", "a username", "a password"],
            token: options.token,
            username: options.username,
            password: options.password,
        }
        .into_credentials()?;
        let without_credentials = match credentials {
            Some(_) => Vec::new(),
            None => vec!["the program sets none".to_owned()],
        };
        let sourced = |value: Option<String>| value.map(|value| Sourced::new(value, Origin::Program));
        Ok(Self {
            credentials: credentials.map(|value| Sourced::new(value, Origin::Program)),
            base_url: sourced(options.base_url),
            contract: sourced(options.contract),
            pinned_certificate: sourced(options.pinned_certificate),
            root_certificates: sourced(options.root_certificates),
            without_credentials,
            ..Self::default()
        })
    }

    /// The settings of the environment variables. An empty variable counts as unset, as in the vendor's tools.
    pub(super) fn from_env(env: &dyn Env) -> Result<Self, Error> {
        let username = unicode_variable(env, USERNAME)?;
        let password = unicode_variable(env, PASSWORD)?.map(SecretString::from);
        let pair = username.clone().zip(password.clone());
        let credentials = CredentialParts {
            source: "the environment",
            names: [TOKEN, USERNAME, PASSWORD],
            token: unicode_variable(env, TOKEN)?.map(SecretString::from),
            username,
            password,
        }
        .into_credentials()?;
        let without_credentials = match credentials {
            Some(_) => Vec::new(),
            None => vec![format!("{TOKEN}, {USERNAME} and {PASSWORD} are not set")],
        };
        let sourced = |name: &'static str| -> Result<_, Error> {
            let value = unicode_variable(env, name)?;
            Ok(value.map(|value| Sourced::new(value.trim().to_owned(), Origin::Environment(name))))
        };
        Ok(Self {
            credentials: credentials.map(|value| {
                let of_pair = Origin::Environment("IONOS_USERNAME and IONOS_PASSWORD");
                let Credentials::Token(_) = value else {
                    return Sourced::new(value, of_pair);
                };
                let pair = pair.map(|(username, password)| (Credentials::Basic { username, password }, of_pair));
                Sourced { overridden: pair.into_iter().collect(), ..Sourced::new(value, Origin::Environment(TOKEN)) }
            }),
            base_url: sourced(API_URL)?,
            contract: sourced(CONTRACT)?,
            pinned_certificate: sourced(PINNED_CERTIFICATE)?,
            without_credentials,
            ..Self::default()
        })
    }

    /// These settings, completed by those of the `next` source.
    pub(super) fn or(mut self, next: Self) -> Self {
        self.without_credentials.extend(next.without_credentials);
        Self {
            credentials: Sourced::or(self.credentials, next.credentials),
            base_url: Sourced::or(self.base_url, next.base_url),
            contract: Sourced::or(self.contract, next.contract),
            pinned_certificate: Sourced::or(self.pinned_certificate, next.pinned_certificate),
            root_certificates: Sourced::or(self.root_certificates, next.root_certificates),
            config_file: Sourced::or(self.config_file, next.config_file),
            profile: Sourced::or(self.profile, next.profile),
            without_credentials: self.without_credentials,
        }
    }
}

/// The settings in force. `Debug` shows no secret.
pub(crate) struct ResolvedConfig {
    pub(crate) credentials: Option<Credentials>,
    /// The API address, not validated yet; `None` for the default.
    pub(crate) base_url: Option<String>,
    /// The contract for the header X-Contract-Number: validated digits.
    pub(crate) contract: Option<String>,
    /// The SHA-256 fingerprint of the only trusted certificate, 64 hex digits.
    pub(crate) pinned_certificate: Option<String>,
    /// Certificates in PEM that are trusted in addition to the platform's.
    pub(crate) root_certificates: Option<String>,
    /// All settings, in a fixed order: credentials, API address, contract, pinned certificate, root certificates,
    /// config file, profile.
    pub(crate) settings: Vec<Setting>,
    without_credentials: Vec<String>,
}

impl ResolvedConfig {
    /// Fails if the contract or the fingerprint in force is invalid.
    pub(super) fn new(mut settings: Settings) -> Result<Self, Error> {
        if let Some(contract) = &mut settings.contract {
            let number = contract.value.trim().parse::<ContractNumber>();
            let number = number.map_err(|error| match contract.origin {
                Origin::Environment(name) => error.with_setting(name),
                _ => error,
            })?;
            contract.value = number.to_string();
        }
        if let Some(pin) = &mut settings.pinned_certificate {
            pin.value = parse_fingerprint(&pin.value)?;
        }
        let pinned = settings.pinned_certificate.is_some();
        let listed = vec![
            list_setting("credentials", &settings.credentials, "not set", |value| value.redacted()),
            list_setting("API address", &settings.base_url, DEFAULT_BASE_URL, |value| {
                redact_value(&redact_url(value)).to_owned()
            }),
            // Overridden values are not validated, so the text may have any form.
            list_setting("contract", &settings.contract, "not set", |value| {
                let number = value.trim().parse::<ContractNumber>();
                number.map_or("invalid contract number".to_owned(), |number| number.to_string())
            }),
            list_setting("pinned certificate", &settings.pinned_certificate, "not set", |value| {
                parse_fingerprint(value).unwrap_or_else(|_| "invalid fingerprint".to_owned())
            }),
            list_setting("root certificates", &settings.root_certificates, "the platform's", |value| match pinned {
                true => "not used, a certificate is pinned".to_owned(),
                false => count_certificates(value),
            }),
            list_setting("config file", &settings.config_file, "none", |path| redact_value(path).to_owned()),
            list_setting("profile", &settings.profile, "none", |name| redact_name(name)),
        ];
        Ok(Self {
            credentials: into_value(settings.credentials),
            base_url: into_value(settings.base_url),
            contract: into_value(settings.contract),
            pinned_certificate: into_value(settings.pinned_certificate),
            root_certificates: into_value(settings.root_certificates),
            settings: listed,
            without_credentials: settings.without_credentials,
        })
    }

    /// The origin of a setting, for messages.
    pub(crate) fn origin(&self, name: &str) -> String {
        let setting = self.settings.iter().find(|setting| setting.name() == name);
        setting.map_or(Origin::Default, |setting| setting.origin().clone()).to_string()
    }

    /// The settings of a client with a token provider, which overrides all credentials.
    pub(crate) fn settings_with_provider(&self) -> Vec<Setting> {
        let provider = Setting::new("credentials", "token provider", Origin::Program);
        let overridden = self
            .settings
            .iter()
            .filter(|setting| setting.name() == provider.name() && setting.origin() != &Origin::Default)
            .flat_map(Setting::flattened)
            .collect();
        let provider = provider.with_overridden(overridden);
        let others = self.settings.iter().filter(|setting| setting.name() != provider.name());
        [provider.clone()].into_iter().chain(others.cloned()).collect()
    }

    /// The credentials. Fails if no source has any; the error lists each place with the reason.
    pub(crate) fn credentials_or_error(&self) -> Result<&Credentials, Error> {
        self.credentials.as_ref().ok_or_else(|| {
            config_error(format!("no credentials found: {}", self.without_credentials.join("; ")))
                .with_hint("set IONOS_TOKEN to a token of your account")
        })
    }
}

impl fmt::Debug for ResolvedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedConfig").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn list_setting<T>(
    name: &'static str,
    sourced: &Option<Sourced<T>>,
    default: &str,
    show: impl Fn(&T) -> String,
) -> Setting {
    match sourced {
        Some(sourced) => {
            let overridden =
                sourced.overridden.iter().map(|(value, origin)| Setting::new(name, &show(value), origin.clone()));
            let setting = Setting::new(name, &show(&sourced.value), sourced.origin.clone());
            setting.with_overridden(overridden.collect())
        }
        None => Setting::new(name, default, Origin::Default),
    }
}

fn into_value<T>(sourced: Option<Sourced<T>>) -> Option<T> {
    sourced.map(|sourced| sourced.value)
}

/// Shows only the number of certificates, because the text may also contain a private key.
fn count_certificates(pem: &str) -> String {
    match pem.matches(PEM_HEADER).count() {
        1 => "1 certificate in addition to the platform's".to_owned(),
        several => format!("{several} certificates in addition to the platform's"),
    }
}
