//! Finds the vendor's config files and reads addresses in them. The vendor's tools and their documentation name three
//! places for the YAML file and two for the JSON file; they are tried in turn, and the error for missing credentials
//! lists the places without a file.

use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::config_error;
use super::env::{CONFIG_FILE, Env, unicode_variable};
use crate::error::Error;
use crate::redact::redact_value;

const YAML_NAME: &str = "config.yaml";
const JSON_NAME: &str = "config.json";

/// A file that exists, and its text.
pub(super) struct OpenedFile {
    pub(super) path: PathBuf,
    pub(super) text: SecretString,
}

/// The result of looking for a file in several places.
#[derive(Default)]
pub(super) struct FileSearch {
    /// The first file that exists; `None` if no place has a file.
    pub(super) opened: Option<OpenedFile>,
    /// One sentence for each place that was tried and has no file; if no place is known, one sentence with the reason.
    pub(super) missing: Vec<String>,
}

/// Finds the YAML file: the file that `IONOS_CONFIG_FILE` names, which must exist, or else the first existing file in
/// the default places.
///
/// Tries the place of ionosctl first, then the two places of the vendor's SDKs: the path in their code, which has no
/// file extension, and then the path in their documentation, which has one.
pub(super) fn find_yaml(env: &dyn Env) -> Result<FileSearch, Error> {
    if let Some(path) = unicode_variable(env, CONFIG_FILE)? {
        let search = open_first(env, YAML_NAME, [Some(PathBuf::from(&path))])?;
        if search.opened.is_none() {
            return Err(config_error(format!("{CONFIG_FILE} names {}, which does not exist", redact_value(&path)))
                .with_hint("correct or unset it"));
        }
        return Ok(search);
    }
    let home = env.home();
    let in_home = |place: &str| home.as_ref().map(|home| home.join(place));
    open_first(
        env,
        YAML_NAME,
        [
            env.config_dir().map(|dir| dir.join("ionosctl/config.yaml")),
            in_home(".ionos/config"),
            in_home(".ionos/config.yaml"),
        ],
    )
}

/// Finds the JSON file that versions of ionosctl before 6.9 wrote.
pub(super) fn find_json(env: &dyn Env) -> Result<FileSearch, Error> {
    open_first(
        env,
        JSON_NAME,
        [
            env.config_dir().map(|dir| dir.join("ionosctl/config.json")),
            env.home().map(|home| home.join(".ionosctl/config.json")),
        ],
    )
}

/// Opens the first file that exists. Fails if this file cannot be read.
fn open_first<const N: usize>(env: &dyn Env, name: &str, places: [Option<PathBuf>; N]) -> Result<FileSearch, Error> {
    let mut search = FileSearch::default();
    for path in places.into_iter().flatten() {
        match env.read(&path) {
            Ok(text) => {
                let text = text.into();
                search.opened = Some(OpenedFile { path, text });
                return Ok(search);
            }
            Err(error) if matches!(error.kind(), IoErrorKind::NotFound | IoErrorKind::NotADirectory) => {
                search.missing.push(format!("{} does not exist", path.display()));
            }
            Err(error) => return Err(read_error(&path, &error)),
        }
    }
    if search.missing.is_empty() {
        let missing =
            format!("{name} cannot be found, because the home and config directories of the user are unknown");
        search.missing.push(missing);
    }
    Ok(search)
}

fn read_error(path: &Path, error: &std::io::Error) -> Error {
    let path = path.to_string_lossy();
    let path = redact_value(&path);
    match error.kind() {
        IoErrorKind::InvalidData => {
            config_error(format!("{path} is not valid UTF-8")).with_hint("correct or remove it")
        }
        _ => config_error(format!("{path} cannot be read ({error})")).with_hint("make it readable or remove it"),
    }
}

/// Scheme (if present), host and port of an address. The path is ignored, as in the vendor's tools, because each
/// product appends its own path.
///
/// `None` if the address contains `@`, because the text before it may be a username and password.
pub(super) fn host_of(address: &str) -> Option<String> {
    let address = address.trim();
    if address.contains('@') {
        return None;
    }
    let (scheme, rest) = match address.find("://") {
        Some(place) => address.split_at(place + "://".len()),
        None => ("", address),
    };
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    Some(format!("{scheme}{host}"))
}

/// Whether an address that [`host_of`] returned has the form of a host with an optional port. A text of any other form
/// may be a secret.
pub(super) fn is_host(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    let port = match host.rsplit_once(']') {
        Some((_, after)) => after.strip_prefix(':'),
        None => host.split_once(':').map(|(_, port)| port),
    };
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    !host.is_empty() && !host.contains(char::is_whitespace) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_of_an_address_are_used() {
        let cases = [
            ("api.ionos.com", "api.ionos.com"),
            (" https://api.ionos.com/ ", "https://api.ionos.com"),
            ("https://a.example:8443/cloudapi/v6", "https://a.example:8443"),
            ("a.example:8443/cloudapi/v6?x=1", "a.example:8443"),
            ("http://[::1]:80/x", "http://[::1]:80"),
            ("a.example\\b", "a.example"),
        ];
        for (address, host) in cases {
            assert_eq!(host_of(address).as_deref(), Some(host), "{address}");
        }
        assert_eq!(host_of("https://u:planted@a.example"), None);
    }

    #[test]
    fn a_host_has_no_white_space_and_its_port_is_a_number() {
        for (address, is_valid) in [
            ("api.ionos.com", true),
            ("https://a.example:8443", true),
            ("http://[::1]:80", true),
            ("[::1]", true),
            ("token:planted", false),
            ("a.example token:planted", false),
            ("a.example planted", false),
            ("https://", false),
        ] {
            assert_eq!(is_host(address), is_valid, "{address}");
        }
    }
}
