//! Identifies the process that holds the lock of a contract's folder.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;

/// A process that writes to an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LockOwner {
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

impl LockOwner {
    pub(crate) fn current_process(now: DateTime<Utc>) -> Self {
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
