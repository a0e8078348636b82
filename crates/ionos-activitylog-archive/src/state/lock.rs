//! Two exports of one contract at the same time would each take the other's files for leftovers. So whoever writes holds
//! a lock, which the system takes back when the process ends, however it ends; and the file says who it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layout::ContractFolder;
use crate::text;
use crate::{Error, Step, Steps};

const LOCK: &str = "_state.lock";

/// A process that writes to an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Writer {
    /// The version of the program.
    pub version: String,
    /// The name of the machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// Since when it has been writing.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub since: DateTime<Utc>,
}

impl Writer {
    pub(crate) fn this(now: DateTime<Utc>) -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), host: host(), pid: std::process::id(), since: now }
    }
}

#[cfg(unix)]
fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// The right to write to the folder of a contract; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock. Fails with [`Error::Locked`] when somebody has it.
    pub(crate) fn take(folder: &ContractFolder, now: DateTime<Utc>, steps: &Steps) -> Result<Self, Error> {
        let path = folder.path().join(LOCK);
        let failed = |error| Error::Create(path.clone(), error);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut said = String::new();
                // Where it cannot be read, that somebody has it is still known.
                let _ = file.read_to_string(&mut said);
                let holder = serde_json::from_str(&said).ok();
                return Err(Error::Locked(folder.path().to_path_buf(), holder));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let me = text::pretty(&Writer::this(now));
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        file.write_all(&me).map_err(failed)?;
        steps.pass(Step::LockTaken);
        Ok(Self { _file: file })
    }
}
