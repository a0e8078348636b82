//! What the chain of sources reads comes through one seam, so that a test neither depends on the machine it runs on
//! nor changes it.

use std::env::{self, VarError};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::refuse;
use crate::Error;

/// What the chain reads: environment variables, files, and the places of the user's folders.
pub(crate) trait Surroundings {
    /// An environment variable; one that is empty or blank counts as not set.
    fn variable(&self, name: &str) -> Result<Option<String>, NotText>;
    /// The text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// The user's folder.
    fn home(&self) -> Option<PathBuf>;
    /// Where programs keep their settings: `$XDG_CONFIG_HOME` or `~/.config`, on macOS
    /// `~/Library/Application Support`, on Windows `%APPDATA%`.
    fn config_folder(&self) -> Option<PathBuf>;
}

/// An environment variable whose value is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotText;

/// The process that this code runs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process;

impl Surroundings for Process {
    fn variable(&self, name: &str) -> Result<Option<String>, NotText> {
        match env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(NotText),
        }
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn home(&self) -> Option<PathBuf> {
        env::home_dir().filter(|home| !home.as_os_str().is_empty())
    }

    fn config_folder(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            absolute(env::var_os("APPDATA"))
        } else if cfg!(target_os = "macos") {
            Some(self.home()?.join("Library/Application Support"))
        } else {
            absolute(env::var_os("XDG_CONFIG_HOME")).or_else(|| Some(self.home()?.join(".config")))
        }
    }
}

/// No variables and no files: only what the program sets counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing;

impl Surroundings for Nothing {
    fn variable(&self, _: &str) -> Result<Option<String>, NotText> {
        Ok(None)
    }

    fn read(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }

    fn config_folder(&self) -> Option<PathBuf> {
        None
    }
}

/// A relative folder would depend on where the program is started; the XDG rules say to pass over it.
fn absolute(folder: Option<OsString>) -> Option<PathBuf> {
    folder.map(PathBuf::from).filter(|path| path.is_absolute())
}

/// A variable that must be text where it is set.
pub(super) fn variable(surroundings: &dyn Surroundings, name: &str) -> Result<Option<String>, Error> {
    let value = surroundings.variable(name);
    value.map_err(|NotText| refuse(format!("{name} is not text")).with_hint("set it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_where_nothing_is() {
        assert_eq!(Process.variable("IONOS_NO_SUCH_VARIABLE"), Ok(None));
        let error = Process.read(Path::new("/no/such/file")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_an_absolute_folder_is_taken() {
        assert_eq!(absolute(Some("/a".into())), Some("/a".into()));
        assert_eq!(absolute(Some("a".into())), None);
        assert_eq!(absolute(Some("".into())), None);
        assert_eq!(absolute(None), None);
    }
}
