//! The vendor's tools and their documents name three places for the YAML file and two for the old JSON file. All
//! are tried, and all are named where nothing is found.

use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::environment::CONFIG_FILE;
use super::surroundings::variable;
use super::{Surroundings, refuse};
use crate::Error;

/// How ionosctl calls its file, and called it before 6.9.
const CONFIG: &str = "config.yaml";
const OLD_CONFIG: &str = "config.json";

/// A file that exists, and its text.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) text: SecretString,
}

/// What a look at several places found, and what is said of the places before it.
#[derive(Default)]
pub(super) struct Search {
    pub(super) opened: Option<Opened>,
    pub(super) missing: Vec<String>,
}

/// The YAML file: the one that `IONOS_CONFIG_FILE` names, which must exist, else the first of the default places.
///
/// ionosctl's own place comes first, then the one of the vendor's SDKs: in their code it has no extension, in
/// their documents it has.
pub(super) fn yaml(surroundings: &dyn Surroundings) -> Result<Search, Error> {
    if let Some(path) = variable(surroundings, CONFIG_FILE)? {
        let search = first(surroundings, CONFIG, [Some(PathBuf::from(&path))])?;
        if search.opened.is_none() {
            return Err(
                refuse(format!("{CONFIG_FILE} names {path}, which does not exist")).with_hint("correct or unset it")
            );
        }
        return Ok(search);
    }
    let home = surroundings.home();
    let in_home = |place: &str| home.as_ref().map(|home| home.join(place));
    first(
        surroundings,
        CONFIG,
        [
            surroundings.config_folder().map(|folder| folder.join("ionosctl/config.yaml")),
            in_home(".ionos/config"),
            in_home(".ionos/config.yaml"),
        ],
    )
}

/// The JSON file of ionosctl before 6.9.
pub(super) fn json(surroundings: &dyn Surroundings) -> Result<Search, Error> {
    first(
        surroundings,
        OLD_CONFIG,
        [
            surroundings.config_folder().map(|folder| folder.join("ionosctl/config.json")),
            surroundings.home().map(|home| home.join(".ionosctl/config.json")),
        ],
    )
}

/// Opens the first file that exists. Fails for one that exists and cannot be read.
fn first<const N: usize>(
    surroundings: &dyn Surroundings,
    name: &str,
    places: [Option<PathBuf>; N],
) -> Result<Search, Error> {
    let mut search = Search::default();
    for path in places.into_iter().flatten() {
        match surroundings.read(&path) {
            Ok(text) => {
                let text = text.into();
                search.opened = Some(Opened { path, text });
                return Ok(search);
            }
            Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => {
                search.missing.push(format!("{} does not exist", path.display()));
            }
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    if search.missing.is_empty() {
        let missing = format!("no folder of the user is known to look for {name} in");
        search.missing.push(missing);
    }
    Ok(search)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        Io::InvalidData => refuse(format!("{path} is not text in UTF-8")).with_hint("correct or remove it"),
        _ => refuse(format!("{path} cannot be read ({error})")).with_hint("make it readable or remove it"),
    }
}
