//! Someone who already uses the vendor's tools has told this machine who they are and which address they use; being
//! asked again, in other words, is where setups go wrong. And a source that is half filled in and passed over in
//! silence means that a program runs as somebody else, or against another address, than its owner believes.
//!
//! So the names and files are the vendor's own, and what is half said is an error. The sources, first to last:
//!
//! 1. what the program sets;
//! 2. the environment: `IONOS_TOKEN`, `IONOS_USERNAME` with `IONOS_PASSWORD`, `IONOS_API_URL`,
//!    `IONOS_CONTRACT_NUMBER`, `IONOS_PINNED_CERT`;
//! 3. the YAML file of the vendor's tools: `IONOS_CONFIG_FILE`, else the first that exists of
//!    `ionosctl/config.yaml` in the user's config folder, `~/.ionos/config` and `~/.ionos/config.yaml`; in it, the
//!    profile that `IONOS_CURRENT_PROFILE` names, else the file's `currentProfile`;
//! 4. the `config.json` of ionosctl before 6.9, beside its YAML file or in `~/.ionosctl`.
//!
//! Where the program names a profile, that profile goes before the environment: who asks for it means it.
//!
//! The first source that has a setting decides it, each setting for itself; a token, or a username with its
//! password, is one setting. A source that is read is checked whole, also where an earlier one decides. The old JSON
//! file is read only where something that it may decide is still open.
//!
//! Deliberately absent: logging in, writing any of these files, and the file's rules for failing over to another
//! endpoint.
//!
//! The rules are those of ionosctl and of the vendor's `fileconfiguration` package; where the two differ, the
//! place in the code says so.

pub(crate) mod address;
mod credentials;
mod document;
mod endpoint;
mod environment;
mod file;
mod layer;
mod legacy;
mod places;
mod profile;
mod program;
mod resolved;
mod setting;
mod surroundings;

#[cfg(test)]
mod tests;

use crate::{Error, ErrorKind};
use layer::Layer;

pub(crate) use credentials::Credentials;
pub(crate) use program::Options;
pub(crate) use resolved::Resolved;
pub use setting::{Origin, Setting};
pub(crate) use surroundings::{Nothing, Process, Surroundings};

/// Asks the sources in their order and says what is in force. Nothing is sent.
///
/// That there are no credentials is no failure yet, since the program may get them elsewhere: see
/// [`Resolved::credentials_or_error`]. Fails with [`ErrorKind::Configuration`] when a source is half filled in, cannot
/// be read, or asks for something that this client does not do.
pub(crate) fn resolve(mut options: Options, surroundings: &dyn Surroundings) -> Result<Resolved, Error> {
    let profile = options.profile.take();
    let program = program::layer(options)?;
    let environment = environment::layer(surroundings)?;
    let (said, exists) = match profile {
        Some(profile) => {
            let file = file::layer(surroundings, program.base_url.is_none(), Some(&profile))?;
            (program.or(file.layer).or(environment), file.exists)
        }
        None => {
            let said = program.or(environment);
            let file = file::layer(surroundings, said.base_url.is_none(), None)?;
            (said.or(file.layer), file.exists)
        }
    };
    let old = legacy::Wanted {
        credentials: said.credentials.is_none(),
        // ionosctl does not carry this address over when it replaces the old file by the new one.
        base_url: said.base_url.is_none() && !exists,
    };
    let said = said.or(legacy::layer(surroundings, old)?);
    Resolved::new(said)
}

/// The names of the profiles in the YAML file, in its order; empty where there is no file.
pub(crate) fn profiles(surroundings: &dyn Surroundings) -> Result<Vec<String>, Error> {
    let Some(file) = places::yaml(surroundings)?.opened else {
        return Ok(Vec::new());
    };
    let document = document::Document::parse(&file)?;
    let names = document.profiles().iter().map(|profile| printable(profile.name()));
    Ok(names.filter(|name| !name.is_empty()).collect())
}

/// The error of a setting that cannot be used.
fn refuse(text: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Configuration, printable(text.as_ref()))
}

/// Names and paths come from outside, and a control character in them could steer a terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Names for a message: quoted, or what to say when there are none.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("{name:?}")).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
