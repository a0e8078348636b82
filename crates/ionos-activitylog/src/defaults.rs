//! The default values of the client, each with its reason. The crate's documentation lists them in one table.

use std::time::Duration;

/// The API address if no other is set: where the vendor serves the API.
pub const DEFAULT_BASE_URL: &str = "https://api.ionos.com";

/// Maximum time to establish a connection: 10 s. A host that has not answered by then is unreachable.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time between two reads of an answer: 30 s. The first bytes of a large page may take long.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum time per attempt: 2 min, enough for a page of 1000 events over a very slow line.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// Maximum size of an answer in bytes, after decompression: 64 MiB, a hundred times a page of 1000 events.
pub const BODY_CAP: u64 = 64 * 1024 * 1024;
