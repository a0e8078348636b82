//! What is in force after all sources were asked, and the list by which a person can see it.

use std::fmt;

use super::layer::Found;
use super::{Credentials, Layer, Origin, Setting, address, refuse};
use crate::contract::ContractNumber;
use crate::defaults::DEFAULT_BASE_URL;
use crate::error::Error;
use crate::fingerprint;

/// The mark by which a certificate in PEM is known.
pub(super) const PEM_MARK: &str = "-----BEGIN CERTIFICATE-----";

/// The settings in force. `Debug` shows no secret.
pub(crate) struct Resolved {
    /// Who asks.
    pub(crate) credentials: Option<Credentials>,
    /// The address of the API, not checked yet.
    pub(crate) base_url: Option<String>,
    /// The contract to name in the header X-Contract-Number: checked digits.
    pub(crate) contract: Option<String>,
    /// The fingerprint of the only certificate to trust, 64 hex digits.
    pub(crate) pinned_certificate: Option<String>,
    /// Certificates in PEM to trust besides the platform's.
    pub(crate) root_certificates: Option<String>,
    /// All settings, in a fixed order: credentials, API address, contract, pinned certificate, root certificates, config
    /// file, profile.
    pub(crate) settings: Vec<Setting>,
    without_credentials: Vec<String>,
}

impl Resolved {
    /// Fails when the contract is no contract number.
    pub(super) fn new(mut said: Layer) -> Result<Self, Error> {
        if let Some(contract) = &mut said.contract {
            let number = contract.value.trim().parse::<ContractNumber>();
            let number = number.map_err(|error| match contract.origin {
                Origin::Environment(name) => error.with_setting(name),
                _ => error,
            })?;
            contract.value = number.to_string();
        }
        if let Some(pin) = &mut said.pinned_certificate {
            pin.value = fingerprint::parse(&pin.value)?;
        }
        let pinned = said.pinned_certificate.is_some();
        let settings = vec![
            setting("credentials", &said.credentials, "not set", |value| value.shown()),
            setting("API address", &said.base_url, DEFAULT_BASE_URL, |value| address::shown(value)),
            // What does not count is not checked, so it may be anything.
            setting("contract", &said.contract, "not set", |value| {
                let number = value.trim().parse::<ContractNumber>();
                number.map_or("no contract number".to_owned(), |number| number.to_string())
            }),
            setting("pinned certificate", &said.pinned_certificate, "not set", |value| {
                fingerprint::parse(value).unwrap_or_else(|_| "no fingerprint".to_owned())
            }),
            setting("root certificates", &said.root_certificates, "those of the platform", |value| match pinned {
                true => "not used, a certificate is pinned".to_owned(),
                false => counted(value),
            }),
            setting("config file", &said.config_file, "none", String::clone),
            setting("profile", &said.profile, "none", String::clone),
        ];
        Ok(Self {
            credentials: value(said.credentials),
            base_url: value(said.base_url),
            contract: value(said.contract),
            pinned_certificate: value(said.pinned_certificate),
            root_certificates: value(said.root_certificates),
            settings,
            without_credentials: said.without_credentials,
        })
    }

    /// The settings where a token provider stands in for credentials.
    pub(crate) fn with_provider(&self) -> Vec<Setting> {
        let provider = Setting::new("credentials", "token provider", Origin::Program);
        let overruled = self
            .settings
            .iter()
            .filter(|setting| setting.name() == provider.name() && setting.origin() != &Origin::Default)
            .flat_map(Setting::with_overruled)
            .collect();
        let provider = provider.before(overruled);
        let others = self.settings.iter().filter(|setting| setting.name() != provider.name());
        [provider.clone()].into_iter().chain(others.cloned()).collect()
    }

    /// The credentials; without any, an error with all that was tried, what each source said, and what to do.
    pub(crate) fn credentials_or_error(&self) -> Result<&Credentials, Error> {
        self.credentials.as_ref().ok_or_else(|| {
            refuse(format!("there are no credentials: {}", self.without_credentials.join("; ")))
                .with_hint("set IONOS_TOKEN to a token of your account")
        })
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn setting<T>(name: &'static str, found: &Option<Found<T>>, default: &str, shown: impl Fn(&T) -> String) -> Setting {
    match found {
        Some(found) => {
            let overruled =
                found.overruled.iter().map(|(value, origin)| Setting::new(name, &shown(value), origin.clone()));
            Setting::new(name, &shown(&found.value), found.origin.clone()).before(overruled.collect())
        }
        None => Setting::new(name, default, Origin::Default),
    }
}

fn value<T>(found: Option<Found<T>>) -> Option<T> {
    found.map(|found| found.value)
}

/// A file of certificates may by mistake hold a private key too, so none of it is shown.
fn counted(pem: &str) -> String {
    match pem.matches(PEM_MARK).count() {
        1 => "1 certificate besides those of the platform".to_owned(),
        several => format!("{several} certificates besides those of the platform"),
    }
}
