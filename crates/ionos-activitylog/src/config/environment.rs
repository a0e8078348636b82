//! The environment variables of the vendor's tools. One that is set but empty counts as not set, as it does there.

use secrecy::SecretString;

use super::credentials::Parts;
use super::layer::Found;
use super::surroundings::variable;
use super::{Credentials, Layer, Origin, Surroundings};
use crate::Error;

const TOKEN: &str = "IONOS_TOKEN";
const USERNAME: &str = "IONOS_USERNAME";
const PASSWORD: &str = "IONOS_PASSWORD";
const API_URL: &str = "IONOS_API_URL";
const CONTRACT: &str = "IONOS_CONTRACT_NUMBER";
const PINNED_CERTIFICATE: &str = "IONOS_PINNED_CERT";

/// Where the YAML file is.
pub(super) const CONFIG_FILE: &str = "IONOS_CONFIG_FILE";
/// Which of its profiles is in force; goes before the file's own choice.
pub(super) const CURRENT_PROFILE: &str = "IONOS_CURRENT_PROFILE";

/// What the environment sets.
pub(super) fn layer(surroundings: &dyn Surroundings) -> Result<Layer, Error> {
    let username = variable(surroundings, USERNAME)?;
    let password = variable(surroundings, PASSWORD)?.map(SecretString::from);
    let pair = username.clone().zip(password.clone());
    let credentials = Parts {
        source: "the environment",
        names: [TOKEN, USERNAME, PASSWORD],
        token: variable(surroundings, TOKEN)?.map(SecretString::from),
        username,
        password,
    }
    .credentials()?;
    let without_credentials = match credentials {
        Some(_) => Vec::new(),
        None => vec![format!("{TOKEN}, {USERNAME} and {PASSWORD} are not set")],
    };
    let found = |name: &'static str| -> Result<_, Error> {
        let value = variable(surroundings, name)?;
        Ok(value.map(|value| Found::new(value.trim().to_owned(), Origin::Environment(name))))
    };
    Ok(Layer {
        credentials: credentials.map(|value| {
            let of_pair = Origin::Environment("IONOS_USERNAME and IONOS_PASSWORD");
            let Credentials::Token(_) = value else {
                return Found::new(value, of_pair);
            };
            let next = pair.map(|(username, password)| (Credentials::Basic { username, password }, of_pair));
            Found { overruled: next.into_iter().collect(), ..Found::new(value, Origin::Environment(TOKEN)) }
        }),
        base_url: found(API_URL)?,
        contract: found(CONTRACT)?,
        pinned_certificate: found(PINNED_CERTIFICATE)?,
        without_credentials,
        ..Layer::default()
    })
}
