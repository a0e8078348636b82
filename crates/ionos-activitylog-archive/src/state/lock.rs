//! Two exports of one contract at the same time would each take the other's files for leftovers. So whoever writes holds
//! a lock, which the system takes back when the process ends, however it ends; and the file says who it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::fs::{FailPoint, FailPoints, json_file};
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;

const LOCK: &str = "_state.lock";

/// The right to write to the folder of a contract; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct ContractLock {
    _file: File,
}

impl ContractLock {
    /// Takes the lock. Fails with [`Error::Locked`] when somebody has it.
    pub(crate) fn acquire(
        folder: &ContractFolder,
        now: DateTime<Utc>,
        fail_points: &FailPoints,
    ) -> Result<Self, Error> {
        let path = folder.path().join(LOCK);
        let failed = |error| Error::Create { path: path.clone(), source: error };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut said = String::new();
                // Where it cannot be read, that somebody has it is still known.
                let _ = file.read_to_string(&mut said);
                let holder = serde_json::from_str(&said).ok();
                return Err(Error::Locked { path: folder.path().to_path_buf(), owner: holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let me = json_file::to_pretty(&LockOwner::current_process(now));
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        file.write_all(&me).map_err(failed)?;
        fail_points.reach(FailPoint::LockTaken);
        Ok(Self { _file: file })
    }
}
