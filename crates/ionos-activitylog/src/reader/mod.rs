//! Reads all events of a range, each once, and proves that none is missing. The order, offsets and totals of the
//! service are not trusted.
//!
//! ```text
//! DateRange -> PlannedWindow -> scans of its pages -> Verification (Proof) -> Window, or its parts, or a gap -> events
//! ```
//!
//! `plan` splits ranges. `page_reader` reads one page, `scan` reads the pages of one window, `page_end` finds out
//! whether a page with fewer hits than requested is the last one, and `scanned_pages` combines the pages of a scan.
//! `start_check` finds events at exactly the start of a range, which the service may exclude. `verification` decides
//! whether the scans prove the window complete. `window_reader` scans and verifies until the window is proven, has to
//! be split into smaller windows, or has a gap. `proof_check` decides whether a proof needs a second look. If so,
//! `isolated_repeats` or `suspected_limit` splits the window, or `log_answer` requests one event of the whole log.
//! `part_check` compares a window with its parts, and `checked_windows` remembers which windows were compared.
//! `refused_range` splits a window that the service refuses because of its length. `reading_progress` holds the state
//! that the windows of a reading share. `extra_requests` belongs to this state and limits the requests that a wrong
//! total may cause. If a window is split, `received_events` keeps its events and `split_totals` keeps its total.
//! `window_read` reads one window of a stream. `windows` reads several windows at once and returns them in order, and
//! `stream` returns their events. `cross_check` compares the windows with the total of the range. `contracts` combines
//! the windows of several contracts.

mod checked_windows;
pub(crate) mod checkpoint;
mod collected_events;
mod compared_parts;
mod content_repeats;
pub(crate) mod contracts;
pub(crate) mod cross_check;
pub(crate) mod events;
pub(crate) mod extra_requests;
mod isolated_repeats;
mod log_answer;
mod page_end;
mod page_reader;
pub(crate) mod pages;
mod part_check;
mod plan;
mod proof_check;
mod read_ahead_gate;
mod reading_progress;
mod received_events;
mod refused_range;
mod request;
mod scan;
mod scanned_pages;
mod scanned_window;
mod split_totals;
mod start_check;
pub(crate) mod stream;
pub(crate) mod summary;
mod suspected_limit;
pub(crate) mod verification;
pub(crate) mod window;
mod window_read;
mod window_reader;
pub(crate) mod windows;

#[cfg(test)]
mod tests;
