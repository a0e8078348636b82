//! Access to environment variables, files and user directories, behind a trait, so that tests neither depend on their
//! machine nor change it.

use std::env::{self, VarError};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::config_error;
use crate::error::Error;
use crate::runtime::regular_file::read_regular_file;

/// Name of the variable with the path of the vendor's YAML config file.
pub(super) const CONFIG_FILE: &str = "IONOS_CONFIG_FILE";
/// Name of the variable with the profile to use; overrides `currentProfile` in the YAML config file.
pub(super) const CURRENT_PROFILE: &str = "IONOS_CURRENT_PROFILE";

/// Environment variables, files and user directories.
pub(crate) trait Env {
    /// The value of an environment variable; `None` if it is unset, empty or blank.
    fn variable(&self, name: &str) -> Result<Option<String>, NonUnicode>;
    /// Reads a text file.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// The user's home directory; `None` if it is unknown.
    fn home(&self) -> Option<PathBuf>;
    /// The user's config directory: `$XDG_CONFIG_HOME` or `~/.config`, on macOS `~/Library/Application Support`, on
    /// Windows `%APPDATA%`. `None` if it is unknown.
    fn config_dir(&self) -> Option<PathBuf>;
}

/// The value of an environment variable is not valid Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NonUnicode;

/// The environment of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessEnv;

/// Maximum size of a file with settings, in MiB.
const MAX_FILE_MIB: u64 = 1;

impl Env for ProcessEnv {
    fn variable(&self, name: &str) -> Result<Option<String>, NonUnicode> {
        match env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(NonUnicode),
        }
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let bytes = read_regular_file(path, MAX_FILE_MIB)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn home(&self) -> Option<PathBuf> {
        env::home_dir().filter(|home| !home.as_os_str().is_empty())
    }

    fn config_dir(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            absolute(env::var_os("APPDATA"))
        } else if cfg!(target_os = "macos") {
            Some(self.home()?.join("Library/Application Support"))
        } else {
            absolute(env::var_os("XDG_CONFIG_HOME")).or_else(|| Some(self.home()?.join(".config")))
        }
    }
}

/// An environment without variables, files and user directories, for clients whose settings all come from the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmptyEnv;

impl Env for EmptyEnv {
    fn variable(&self, _: &str) -> Result<Option<String>, NonUnicode> {
        Ok(None)
    }

    fn read(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }

    fn config_dir(&self) -> Option<PathBuf> {
        None
    }
}

/// The path if it is absolute. A relative path would depend on the working directory, so the XDG specification ignores
/// relative paths.
fn absolute(path: Option<OsString>) -> Option<PathBuf> {
    path.map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Reads a variable; fails if its value is not valid Unicode.
pub(super) fn unicode_variable(env: &dyn Env, name: &str) -> Result<Option<String>, Error> {
    let value = env.variable(name);
    value.map_err(|NonUnicode| config_error(format!("{name} is not valid UTF-8")).with_hint("set it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_none_and_a_missing_file_is_not_found() {
        assert_eq!(ProcessEnv.variable("IONOS_NO_SUCH_VARIABLE"), Ok(None));
        let error = ProcessEnv.read(Path::new("/no/such/file")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_an_absolute_config_directory_is_used() {
        assert_eq!(absolute(Some("/a".into())), Some("/a".into()));
        assert_eq!(absolute(Some("a".into())), None);
        assert_eq!(absolute(Some("".into())), None);
        assert_eq!(absolute(None), None);
    }

    #[test]
    fn only_a_regular_file_of_at_most_1_mib_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        for (bytes, is_read) in [(0, true), (1 << 20, true), ((1 << 20) + 1, false)] {
            std::fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            assert_eq!(ProcessEnv.read(&path).is_ok(), is_read, "{bytes}");
        }
        assert!(ProcessEnv.read(folder.path()).is_err(), "a folder");
        if cfg!(unix) {
            assert!(ProcessEnv.read(Path::new("/dev/zero")).is_err(), "a device without an end");
        }
    }
}
