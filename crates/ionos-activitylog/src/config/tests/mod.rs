//! Tests of the configuration with a simulated environment.

mod credentials_files;
mod endpoints;
mod failures;
mod places;
mod precedence;
mod redaction;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::env::NonUnicode;
use super::{Credentials, Env, Options, ResolvedConfig, profiles, resolve};
use crate::error::{Error, ErrorKind};

const IONOSCTL: &str = "/home/u/.config/ionosctl/config.yaml";
const SDK: &str = "/home/u/.ionos/config";
const SDK_AS_DOCUMENTED: &str = "/home/u/.ionos/config.yaml";
const OLD: &str = "/home/u/.config/ionosctl/config.json";
const OLD_IN_HOME: &str = "/home/u/.ionosctl/config.json";

/// The variables, files and user directories of a simulated machine. A file may be unreadable.
struct Machine {
    variables: BTreeMap<&'static str, Result<String, NonUnicode>>,
    files: BTreeMap<PathBuf, Result<String, io::ErrorKind>>,
    has_user_dirs: bool,
}

fn machine() -> Machine {
    Machine { variables: BTreeMap::new(), files: BTreeMap::new(), has_user_dirs: true }
}

impl Machine {
    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, Ok(value.to_owned()));
        self
    }

    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), Ok(text.to_owned()));
        self
    }

    fn unreadable(mut self, path: &str, kind: io::ErrorKind) -> Self {
        self.files.insert(path.into(), Err(kind));
        self
    }

    fn resolve(&self) -> ResolvedConfig {
        resolve(Options::default(), self).unwrap()
    }

    /// The message of the configuration error.
    fn refusal(&self) -> String {
        sentence(&resolve(Options::default(), self).unwrap_err())
    }
}

fn sentence(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let text = error.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
    text
}

impl Env for Machine {
    fn variable(&self, name: &str) -> Result<Option<String>, NonUnicode> {
        let value = self.variables.get(name).cloned().transpose()?;
        Ok(value.filter(|value| !value.trim().is_empty()))
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let missing = Err(io::ErrorKind::NotFound);
        let file = self.files.get(path).cloned().unwrap_or(missing);
        file.map_err(io::Error::from)
    }

    fn home(&self) -> Option<PathBuf> {
        self.has_user_dirs.then(|| "/home/u".into())
    }

    fn config_dir(&self) -> Option<PathBuf> {
        self.has_user_dirs.then(|| "/home/u/.config".into())
    }
}

/// The credentials with their secrets, for comparison.
fn plain(credentials: Option<&Credentials>) -> String {
    match credentials {
        Some(Credentials::Token(token)) => format!("token {}", token.expose_secret()),
        Some(Credentials::Basic { username, password }) => {
            format!("{username}:{}", password.expose_secret())
        }
        None => "none".to_owned(),
    }
}

/// The settings other than defaults, as `name: value (origin)`.
fn in_force(resolved: &ResolvedConfig) -> Vec<String> {
    resolved
        .settings
        .iter()
        .filter(|setting| setting.origin() != &super::Origin::Default)
        .map(ToString::to_string)
        .collect()
}
