//! The lock of a contract's folder. The lock allows only one export at a time, because two exports would remove each
//! other's temporary files. The operating system releases the lock when the process ends. The lock file names the owner
//! of the lock.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::fs::permissions::private;
use crate::fs::{FailPoint, FailPoints, json_file, regular_file};
use crate::layout::{ContractFolder, LOCK};
use crate::lock_owner::LockOwner;

/// Maximum number of bytes that are read from the lock file, which describes the owner.
const MAX_OWNER_BYTES: u64 = 1 << 16;

/// The lock of a contract's folder, released when dropped.
#[derive(Debug)]
pub(crate) struct ContractLock {
    _file: File,
}

impl ContractLock {
    /// Acquires the lock. Fails with [`Error::Locked`] if another process holds it.
    pub(crate) fn acquire(
        folder: &ContractFolder,
        now: DateTime<Utc>,
        fail_points: &FailPoints,
    ) -> Result<Self, Error> {
        let path = folder.path().join(LOCK);
        let failed = |error| Error::Create { path: path.clone(), source: error };
        let mut options = File::options();
        private(options.read(true).write(true).create(true).truncate(false));
        let mut file = regular_file::open_to_continue(&mut options, &path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut content = String::new();
                // If the file cannot be read, the error names no owner.
                let _ = (&file).take(MAX_OWNER_BYTES).read_to_string(&mut content);
                let holder = serde_json::from_str(&content).ok();
                return Err(Error::Locked { path: folder.path().to_path_buf(), owner: holder });
            }
            Err(TryLockError::Error(source)) => {
                regular_file::remove_if_empty(&file, &path);
                return Err(Error::NoLocks { path: folder.path().to_path_buf(), source });
            }
        }
        let owner = json_file::to_pretty(&LockOwner::current_process(now));
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        file.write_all(&owner).map_err(failed)?;
        fail_points.reach(FailPoint::LockTaken);
        Ok(Self { _file: file })
    }

    /// Whether another process holds the lock. `false` if the lock file cannot be opened, or if the file system has no
    /// locks.
    pub(crate) fn is_held(folder: &ContractFolder) -> bool {
        let file = regular_file::open(&folder.path().join(LOCK));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}
