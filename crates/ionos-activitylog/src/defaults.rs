//! Every number that a client starts with, and why it is that number.

use std::time::Duration;

/// How long to wait for a connection: 10 s. Who has not answered by then is not there.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for the next bytes of an answer: 30 s. A large page may be slow to begin.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one attempt may take in all: 2 minutes, a page of 1000 events over a very slow line.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// The longest body of an answer, unpacked: 64 MiB, a hundred times a page of 1000 events.
pub const BODY_CAP: u64 = 64 * 1024 * 1024;
