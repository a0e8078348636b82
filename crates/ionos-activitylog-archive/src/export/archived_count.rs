//! The number of archived events of a range, to be compared with a total that the service reports.

use chrono::NaiveDate;
use ionos_activitylog::DateRange;

use super::run::ContractExportRun;
use crate::manifest::Manifest;

/// A verified range of a day, with the total that is expected for it, see [`expected_total`].
#[derive(Clone, Copy)]
pub(super) struct CountedRange {
    pub(super) date: NaiveDate,
    pub(super) range: DateRange,
    pub(super) total: u64,
}

/// The number of archived events of a range. The caller compares this number with `total`, which the service reported
/// before the range was read again.
pub(super) fn archived_count(job: &ContractExportRun<'_>, day: CountedRange, total: u64) -> u64 {
    let manifest = job.writer.chain.days.get(&day.date);
    let stated = manifest.and_then(|manifest| expected_total(job, manifest, day.range)).unwrap_or(day.total);
    // An amended event is archived with several contents, one per line, and a service may count each content.
    let lines = manifest.map_or(0, |manifest| manifest.archived_in(day.range).lines);
    let archived = if total > stated { stated.max(lines.min(total)) } else { stated };
    // The total also counts the records without a time that are archived in parts of another day.
    archived.saturating_add(job.undated_elsewhere.min(total.saturating_sub(archived)))
}

/// The total that is expected for a verified range of a day. This is normally the total in the manifest. If this export
/// has read the range again and the service did not return all archived events, this is the total of the returned
/// events, because the manifest may still have the earlier total. `None` if neither total is known.
pub(super) fn expected_total(job: &ContractExportRun<'_>, manifest: &Manifest, range: DateRange) -> Option<u64> {
    job.vanished.total_in(range).or_else(|| manifest.total_in(range))
}
