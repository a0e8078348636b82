//! The default values of the client, each with its reason. A bound that only one module applies is a constant of that
//! module. The crate's documentation lists all default values in one table.

use std::time::Duration;

/// The API address if no other is set: the public address of the vendor's API.
pub const DEFAULT_BASE_URL: &str = "https://api.ionos.com";

/// Maximum time to establish a connection: 10 s. A host that has not answered by then is unreachable.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time between two reads of an answer: 30 s. The first bytes of a large page may take long.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum time per attempt: 2 min, enough for a page of 1000 events over a very slow line.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// Maximum time per call, including retries and waits: 5 min. Each page is a call, so a stream may take longer.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Maximum attempts per call: 5. The waits between the attempts add up to more time than a restart of the service
/// takes.
pub(crate) const RETRY_ATTEMPTS: u32 = 5;

/// Maximum wait before the first retry, if the service sends no `Retry-After`: 250 ms. The maximum doubles with each
/// further retry. The wait is random, from 0 to this maximum, so that clients do not retry at the same time.
pub(crate) const RETRY_BASE_WAIT: Duration = Duration::from_millis(250);

/// Maximum wait between two attempts, if the service sends no `Retry-After`: 10 s.
pub(crate) const RETRY_MAX_WAIT: Duration = Duration::from_secs(10);

/// Maximum `Retry-After` to wait for: 60 s. The user or a scheduler decides about longer waits.
pub(crate) const RETRY_AFTER_CEILING: Duration = Duration::from_secs(60);

/// Maximum `Retry-After` that is kept: 366 days. A longer one is shortened to this maximum. No call waits that long.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(366 * 86_400);

/// Initial number of requests in flight: 4. Exporting a week is three times as fast as with 1 request in flight, and
/// the load for the service is light.
pub(crate) const INITIAL_CONCURRENCY: u32 = 4;

/// Maximum number of requests in flight: 16. A higher number helps only at high latency.
pub(crate) const MAX_CONCURRENCY: u32 = 16;

/// Maximum size of an answer in bytes, after decompression: 64 MiB, a hundred times the size of a page of 1000 events.
pub const BODY_CAP: u64 = 64 * 1024 * 1024;

/// Maximum size in bytes read from the body of an error: 64 KiB. Error pages are shorter.
pub const ERROR_BODY_CAP: usize = 64 * 1024;

/// Maximum length of a message or body in an error: 500 characters, because an error is one line.
pub(crate) const SNIPPET_CHARS: usize = 500;

/// Remaining lifetime at which a token is refreshed: 5 min. By default, a call with its retries takes at most 5 min,
/// and two clocks usually differ by less.
pub const REFRESH_MARGIN: Duration = Duration::from_secs(5 * 60);

/// Minimum time between two calls of a token provider while its token is valid: 30 s. Without this minimum, a provider
/// that fails, or whose tokens expire within [`REFRESH_MARGIN`], would be called for every request. If the provider
/// reports a change of its token, this minimum applies only after a failed call.
pub const FETCH_BACKOFF: Duration = Duration::from_secs(30);

/// Maximum number of parts of one split of a window: 16. A part that still has too many events is split again. A higher
/// number would cost more requests if a total is wrong.
pub(crate) const MAX_PIECES: u64 = 16;

/// Maximum number of extra requests that wrong totals may cost in one reading: 32, enough to locate one mismatch. Each
/// full page of distinct events raises this maximum: see [`EXTRA_REQUESTS_PER_PAGE`].
pub(crate) const EXTRA_REQUESTS: u64 = 32;

/// Further requests that a wrong total may cost for each full page of distinct events: 1. If reading costs n requests
/// with correct totals, it costs at most 3 n + 50 with wrong totals, including [`EXTRA_REQUESTS`].
pub(crate) const EXTRA_REQUESTS_PER_PAGE: u64 = 1;

/// Maximum number of windows that a reading splits before it receives the first event: 128. With correct totals, about
/// 10 splits into 16 parts, one after the other, are enough to get from a long range to its shortest window. If several
/// windows are read at the same time, each of them may need these 10 splits.
pub(crate) const SPLITS_WITHOUT_EVENTS: u64 = 128;

/// Further windows that may be split for each full page of distinct events: 12. Splitting a window of years down to
/// milliseconds takes about 12 splits, one after the other.
pub(crate) const SPLITS_PER_PAGE: u64 = 12;

/// Maximum hits of a page per requested hit: 10. A service that sends more ignores `limit`, and a body full of tiny
/// hits would take more memory than [`BODY_CAP`].
pub(crate) const HITS_PER_LIMIT: u64 = 10;

/// Number of hits that a page may have in any case, even if `limit` is small: 10 000. A service that ignores `limit`
/// returns all hits of a window on one page.
pub(crate) const MIN_HITS_CAP: u64 = 10_000;

/// Maximum requests per window for pieces of its pages, if a page is damaged or too large: 300. Locating one damaged or
/// too large record in a page of 1000 takes at most 20 requests.
pub(crate) const MAX_PIECE_REQUESTS: u64 = 300;

/// Maximum requests of a comparison of totals, in addition to two per window: 16, enough to locate one differing window
/// in a range with a million events.
pub(crate) const CROSS_CHECK_REQUESTS: u64 = 16;

/// Number of ids that a stream remembers to find the new events of a window that is read again: 1 million, 8 MB.
pub(crate) const CROSS_CHECK_IDS: usize = 1_000_000;
