//! Finds the client's settings in the places that the vendor's tools use, so that users of these tools need no further
//! setup.
//!
//! The sources, in order of precedence:
//!
//! 1. the settings that the program passes;
//! 2. the environment: `IONOS_TOKEN`, `IONOS_USERNAME` with `IONOS_PASSWORD`, `IONOS_API_URL`,
//!    `IONOS_CONTRACT_NUMBER`, `IONOS_PINNED_CERT`;
//! 3. the YAML file of the vendor's tools: the file that `IONOS_CONFIG_FILE` names, or else the first existing file of
//!    `ionosctl/config.yaml` in the user's config directory, `~/.ionos/config` and `~/.ionos/config.yaml`.
//!    `IONOS_CURRENT_PROFILE`, or else the file's `currentProfile`, selects a profile of the file;
//! 4. the `config.json` of ionosctl before 6.9, beside the YAML file of ionosctl or in `~/.ionosctl`.
//!
//! If the program names a profile, the YAML file takes precedence over the environment.
//!
//! Each setting is decided by the first source that has a value for it, independently of the other settings; a token,
//! or a username with its password, is one setting. A malformed file and incomplete credentials are errors in every
//! source that is read, even if an earlier source overrides them. If these errors were ignored, the program might run
//! with other credentials, or against another address, than the user expects. An API address, a contract number or a
//! fingerprint is validated only if it is used. The JSON file is read only if it can still decide a setting.
//!
//! This module deliberately does not log in, write any of these files, or apply the failover rules of the YAML file.
//!
//! The rules are those of ionosctl and of the vendor's `fileconfiguration` package.

mod credentials;
mod env;
mod files;
mod json_file;
mod setting;
mod settings;
mod yaml_document;
mod yaml_file;

#[cfg(test)]
mod tests;

use crate::error::text::replace_control_chars;
use crate::error::{Error, ErrorKind};
use crate::redact::redact_name;
use crate::suggest::did_you_mean;
use settings::Settings;
use yaml_document::ConfigDocument;

pub(crate) use credentials::Credentials;
pub(crate) use env::{EmptyEnv, Env, NonUnicode, ProcessEnv};
pub use setting::{Origin, Setting};
pub(crate) use settings::{Options, ResolvedConfig};

/// Resolves the settings from all sources in order of precedence. Sends no request.
///
/// Missing credentials are not an error yet, because a token provider may supply them: see
/// [`ResolvedConfig::credentials_or_error`]. Fails with [`ErrorKind::Configuration`] if a source is incomplete, cannot
/// be read, or requires something that this client does not support.
pub(crate) fn resolve(mut options: Options, env: &dyn Env) -> Result<ResolvedConfig, Error> {
    let profile = options.profile.take();
    let program = Settings::from_program(options)?;
    let environment = Settings::from_env(env)?;
    let (settings, yaml_exists) = match profile {
        Some(profile) => {
            let file = yaml_file::read(env, program.base_url.is_none(), Some(&profile))?;
            (program.or(file.settings).or(environment), file.exists)
        }
        None => {
            let settings = program.or(environment);
            let file = yaml_file::read(env, settings.base_url.is_none(), None)?;
            (settings.or(file.settings), file.exists)
        }
    };
    let open = json_file::OpenSettings {
        credentials: settings.credentials.is_none(),
        // ionosctl drops this address when it replaces the JSON file by a YAML file, so the address counts only if
        // there is no YAML file.
        base_url: settings.base_url.is_none() && !yaml_exists,
    };
    let settings = settings.or(json_file::read(env, open)?);
    ResolvedConfig::new(settings)
}

/// The names of the profiles in the YAML file, in the order of the file; empty if there is no file.
pub(crate) fn profiles(env: &dyn Env) -> Result<Vec<String>, Error> {
    let Some(file) = files::find_yaml(env)?.opened else {
        return Ok(Vec::new());
    };
    let document = ConfigDocument::parse(&file)?;
    let names = document.profiles().iter().map(|profile| replace_control_chars(profile.name()));
    Ok(names.filter(|name| !name.is_empty()).collect())
}

/// An error about a setting.
fn config_error(text: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Configuration, text.as_ref())
}

/// A name for a message, in quotation marks, and redacted if it may be a secret.
fn quoted(name: &str) -> String {
    format!("{:?}", redact_name(name))
}

/// The name that was probably meant, as part of a message. Suggests no name that may hold a secret.
fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    did_you_mean(name.trim(), known.filter(|known| redact_name(known) == known.trim()))
}

/// Names for a message: quoted and separated by commas, or `none`.
fn quoted_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(quoted).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
