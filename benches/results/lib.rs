//! The results of the measuring programs, one struct per program. Each program prints its struct as one line of JSON,
//! and `cargo xtask bench` and `cargo xtask soak` compare the fields with limits.
//!
//! The structs have a crate of their own, because `xtask` must build without the library that is measured. A ratio of
//! times, such as `cpu_ratio`, is computed for each round, from the times of this round; the field is the median of the
//! ratios of all rounds.

use serde::{Deserialize, Serialize};

/// Results of `bench-facade`: the facade compared with a minimal client, on one thread. Times are medians for one page.
#[derive(Debug, Deserialize, Serialize)]
pub struct FacadeResult {
    /// Number of events in a page.
    pub events_per_page: u64,
    /// CPU time of the minimal client in microseconds.
    pub minimal_cpu_micros: f64,
    /// CPU time of the facade in microseconds.
    pub facade_cpu_micros: f64,
    /// Wall-clock time of the minimal client in microseconds.
    pub minimal_wall_micros: f64,
    /// Wall-clock time of the facade in microseconds.
    pub facade_wall_micros: f64,
    /// CPU time of the facade divided by that of the minimal client.
    pub cpu_ratio: f64,
    /// Wall-clock time of the facade divided by that of the minimal client.
    pub wall_ratio: f64,
}

/// Results of `bench-sim`: the simulator with a log of ten million events.
#[derive(Debug, Deserialize, Serialize)]
pub struct SimulatorResult {
    /// Number of events in the log.
    pub events: u64,
    /// Number of events in a page.
    pub events_per_page: u64,
    /// Median time to answer a request for one page without a network connection, in microseconds.
    pub page_micros: f64,
    /// Speed at which bodies are served over loopback, in millions of bytes per second.
    pub megabytes_per_second: f64,
    /// Peak memory of the serving process in MiB; `None` if the system does not report it.
    pub peak_mebibytes: Option<f64>,
}

/// Results of `bench-reading`: verified reading compared with copying the same bytes, and with the usual loop, which
/// requests one page after another and writes each record. Times are medians in milliseconds for the whole log.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct ReadingResult {
    /// Number of events in the log.
    pub events: u64,
    /// Time to copy the bytes of all pages to a file.
    pub copy_millis: f64,
    /// Time to write all verified events to a file.
    pub verified_millis: f64,
    /// Time of the usual loop to write all records to a file.
    pub usual_millis: f64,
    /// Time of verified reading divided by the time of copying.
    pub copy_ratio: f64,
    /// Time of the usual loop divided by the time of verified reading.
    pub usual_ratio: f64,
    /// Time of copying if each answer takes 100 ms.
    pub slow_copy_millis: f64,
    /// Time of verified reading if each answer takes 100 ms.
    pub slow_verified_millis: f64,
    /// If each answer takes 100 ms, the time of verified reading divided by the time of copying.
    pub slow_copy_ratio: f64,
    /// Number of requests of verified reading divided by the minimum number of requests that can return all events.
    pub requests_ratio: f64,
}

/// Results of `bench-archive`: exports compared with copying the same bytes, and verification. Times are medians in
/// milliseconds for the whole log.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct ArchiveResult {
    /// Number of events in the log.
    pub events: u64,
    /// Time to copy the bytes of all pages to a file.
    pub copy_millis: f64,
    /// Time to export to an uncompressed archive.
    pub plain_millis: f64,
    /// Time to export to an archive of zstd parts.
    pub zstd_millis: f64,
    /// Time of the uncompressed export divided by the time of copying.
    pub plain_copy_ratio: f64,
    /// Time of the export with zstd divided by the time of copying.
    pub zstd_copy_ratio: f64,
    /// If each answer takes 100 ms, the time of the export with zstd divided by the time of copying.
    pub slow_zstd_copy_ratio: f64,
    /// Peak memory of the measuring process while it exports, in MiB; `None` if the system does not report it.
    pub peak_mebibytes: Option<f64>,
    /// Speed of the verification of the uncompressed archive, in millions of bytes of records per second.
    pub verify_plain_megabytes: f64,
    /// Speed of the verification of the zstd archive, in millions of bytes of uncompressed records per second.
    pub verify_zstd_megabytes: f64,
}

/// Results of `soak`.
#[derive(Debug, Deserialize, Serialize)]
pub struct SoakResult {
    /// Results with ten million events; `None` if only the part with killed exports was requested.
    pub events: Option<SoakedEvents>,
    /// Results of each kind of export that was killed at random points.
    pub killed: Vec<KilledExports>,
}

/// Exports of one kind that were killed at random points and then resumed. Their files are identical to those of an
/// undisturbed export.
#[derive(Debug, Deserialize, Serialize)]
pub struct KilledExports {
    /// Name of the kind, such as `archive`.
    pub kind: String,
    /// Number of times that an export was killed.
    pub kills: u64,
    /// Number of exports that were resumed until they were complete.
    pub exports: u64,
    /// Number of files of each export, all of them identical to those of the undisturbed export.
    pub files: u64,
    /// Wall-clock time of all processes in seconds.
    pub seconds: f64,
}

/// Results of reading and archiving ten million events.
#[derive(Debug, Deserialize, Serialize)]
pub struct SoakedEvents {
    /// Number of events in the log. The stream returned each event once, and the archive contains each event once.
    pub events: u64,
    /// Number of requests that the stream sent.
    pub stream_requests: u64,
    /// Wall-clock time of the stream in seconds.
    pub stream_seconds: f64,
    /// Peak memory of the process that streams, in MiB; `None` if the system does not report it.
    pub stream_peak_mebibytes: Option<f64>,
    /// Wall-clock time of the killed and resumed export in seconds.
    pub archive_seconds: f64,
    /// Highest peak memory of the exporting processes in MiB; 0 if the system does not report it.
    pub archive_peak_mebibytes: f64,
    /// Number of events of the range that was exported to two archives, which had identical files.
    pub rearchived_events: u64,
}
