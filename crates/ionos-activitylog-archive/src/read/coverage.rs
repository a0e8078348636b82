//! The ranges of a contract in an archive, and the times of the requested range that are missing.

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, RangeSet};

use crate::error::Error;
use crate::export::lost_end;
use crate::manifest::{KnownGap, Manifest};
use crate::state::{ArchivedDays, covered_end, spanned_range};

/// The ranges of a contract in an archive.
pub(super) struct ContractCoverage {
    pub(super) contract: ContractNumber,
    verified: RangeSet,
    read: RangeSet,
    /// Gaps that reading again cannot close.
    pub(super) beyond_reach: RangeSet,
    /// Latest end of the ranges that were read, including ranges outside of the requested range. `None` if nothing was
    /// read.
    pub(super) end: Option<DateTime<Utc>>,
    /// End of the range of a completed export in the run log, if the manifests end earlier.
    pub(super) lost_end: Option<DateTime<Utc>>,
    /// Whether an export is running, has failed or was killed.
    pub(super) is_unfinished: bool,
    /// Whether the state or the run log cannot be read, so that nothing shows whether manifests are missing.
    pub(super) is_end_unknown: bool,
}

impl ContractCoverage {
    /// Creates the coverage of a contract, without the ranges of its days: [`ContractCoverage::add`] adds them. The
    /// caller must have read `run_log` before `archived`.
    ///
    /// A run log that does not exist or is too large is ignored. If the run log cannot be opened, the end is unknown,
    /// because its records might show that manifests are missing.
    pub(super) fn new(
        contract: ContractNumber,
        archived: &ArchivedDays,
        run_log: Result<Option<Vec<u8>>, Error>,
    ) -> Self {
        let end = covered_end(&archived.days);
        let is_run_log_closed = end.is_some() && matches!(run_log, Err(Error::Open { .. }));
        let run_log = run_log.ok().flatten().unwrap_or_default();
        Self {
            contract,
            verified: RangeSet::new(),
            read: RangeSet::new(),
            beyond_reach: RangeSet::new(),
            end,
            lost_end: lost_end(&run_log, end, archived.has_version_1),
            is_unfinished: archived.is_unfinished,
            is_end_unknown: archived.is_end_unknown || is_run_log_closed,
        }
    }

    /// Adds the ranges of a day.
    pub(super) fn add(&mut self, manifest: &Manifest) {
        let beyond_reach = manifest.gaps.iter().filter(|gap| gap.is_beyond_reach());
        self.beyond_reach.extend(beyond_reach.filter_map(KnownGap::range));
        let verified = manifest.verified_ranges();
        self.verified.extend(verified.iter());
        self.read.extend(verified.iter());
        self.read.extend(manifest.unverified_ranges().iter());
    }

    /// Latest end of the ranges that were read, if this end lies within `range`.
    pub(super) fn end_within(&self, range: DateRange) -> Option<DateTime<Utc>> {
        self.end.filter(|end| range.start() < *end && *end < range.end())
    }

    /// Times of the requested range that are not archived or not verified. If no range was requested, this function
    /// uses the range from the start of the first to the end of the last range that was read. If `open_end` is set and
    /// the archive ends within the requested range, only the time up to the end of the archive counts as requested.
    pub(super) fn incomplete_ranges(&self, requested: Option<DateRange>, open_end: bool) -> RangeSet {
        let requested = match requested {
            Some(requested) if open_end => {
                let end = self.end_within(requested).unwrap_or(requested.end());
                DateRange::new(requested.start(), end).ok()
            }
            Some(requested) => Some(requested),
            None => spanned_range(&self.read),
        };
        let requested: RangeSet = requested.into_iter().collect();
        requested.difference(&self.verified)
    }
}
