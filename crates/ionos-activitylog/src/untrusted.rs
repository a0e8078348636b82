//! Gives the fuzz targets access to the private readers of untrusted text: the reader of an answer of the service, and
//! the reader of the settings of a machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::api::page::{Page, max_hits, read_hits};
use crate::config::{self, Env, NonUnicode, Options, Setting};
use crate::error::Error;
use crate::range::DateRange;

/// Reads the body of an answer to a request for `limit` events from `offset` on. Fails with a reason if the body is not
/// a page.
pub fn read_page(body: Vec<u8>, range: DateRange, offset: u64, limit: u64) -> Result<Page, String> {
    let hits = read_hits(body.into(), max_hits(limit)).map_err(|(_, error)| error.to_string())?;
    Page::from_hits(hits, range, offset)
}

/// A machine with the given environment variables and files, and with the home directory `/home/u`.
struct SimulatedMachine<'a> {
    variables: &'a BTreeMap<String, String>,
    files: &'a BTreeMap<PathBuf, Vec<u8>>,
}

impl Env for SimulatedMachine<'_> {
    fn variable(&self, name: &str) -> Result<Option<String>, NonUnicode> {
        Ok(self.variables.get(name).filter(|value| !value.trim().is_empty()).cloned())
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let bytes = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        String::from_utf8(bytes.clone()).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/home/u".into())
    }

    fn config_dir(&self) -> Option<PathBuf> {
        Some("/home/u/.config".into())
    }
}

/// The settings of a machine, and the names of its profiles. Fails in the same cases as
/// [`ClientBuilder::from_env`](crate::ClientBuilder).
pub fn resolve_settings(
    variables: &BTreeMap<String, String>,
    files: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(Vec<Setting>, Vec<String>), Error> {
    let machine = SimulatedMachine { variables, files };
    let resolved = config::resolve(Options::default(), &machine)?;
    Ok((resolved.settings, config::profiles(&machine)?))
}
