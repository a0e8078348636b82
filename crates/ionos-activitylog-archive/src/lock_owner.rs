//! Identifies the process that holds the lock of a contract's folder. Errors, the state and the run log name this
//! process.

use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;

/// A process that writes to an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LockOwner {
    /// Version of the program.
    pub version: String,
    /// Host name of the machine.
    pub host: String,
    /// Process id on that machine.
    pub pid: u32,
    /// Start of the export, UTC.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub since: DateTime<Utc>,
}

impl LockOwner {
    /// This process, writing since `now`.
    pub(crate) fn current_process(now: DateTime<Utc>) -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), host: host_name(), pid: std::process::id(), since: now }
    }
}

impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, pid, since, .. } = self;
        let host = text::single_line(Path::new(host));
        write!(f, "process {pid} on {host} since {}", text::time(*since))
    }
}

#[cfg(unix)]
fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_in_a_host_name_are_escaped() {
        let since = "2026-11-20T12:00:00Z".parse().unwrap();
        let owner = LockOwner { host: "a\u{1b}[2J".to_owned(), pid: 7, ..LockOwner::current_process(since) };
        assert_eq!(owner.to_string(), "process 7 on a\\u{1b}[2J since 2026-11-20T12:00:00Z");
    }
}
