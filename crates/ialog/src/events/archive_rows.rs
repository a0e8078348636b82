//! Events of an archive, and the ranges that its manifests do not prove to be complete.
//!
//! Reading files never waits, so this module yields to the scheduler every [`EVENTS_PER_TURN`] events. Otherwise a
//! signal would not be noticed before the end.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Filter, FilterCounts};
use ionos_activitylog_archive::ArchiveReader;

use crate::args::contracts::ContractSelector;
use crate::error::CommandError;
use crate::events::opened_archive::OpenedArchive;
use crate::events::read_summary::ReadSummary;
use crate::events::suggestions::Suggestions;
use crate::output::progress::ArchiveProgress;
use crate::output::row::Row;
use crate::output::time::format_time;
use crate::runtime::context::Context;

/// Number of events between two checks for signals, and between two updates of the status line.
const EVENTS_PER_TURN: u64 = 256;

/// Hint for events that the archive does not have.
const EXPORT_AGAIN: &str = "run `ialog export` for that range to the same folder to add what is missing";

/// The rows of an archive.
pub(crate) struct ArchiveRows {
    reader: ArchiveReader,
    zone: Tz,
    progress: Option<ArchiveProgress>,
    /// Number of events that were read when the task last yielded.
    last_turn: u64,
    is_finished: bool,
    _archive: OpenedArchive,
}

impl ArchiveRows {
    /// Opens the selected contracts of an archive. `has_end` says whether the user gave the end of the range; if not,
    /// the range ends where the archive ends.
    pub(super) fn open(
        archive: OpenedArchive,
        contracts: &[ContractSelector],
        (range, has_end): (Option<DateRange>, bool),
        filter: Filter,
        zone: Tz,
    ) -> Result<Self, CommandError> {
        let contracts = archive.select_contracts(contracts)?;
        let reader = ArchiveReader::open(archive.archive(), contracts.as_deref(), range)?;
        let reader = if has_end { reader } else { reader.open_end() };
        let reader = reader.filter(filter);
        Ok(Self { reader, zone, progress: None, last_turn: 0, is_finished: false, _archive: archive })
    }

    pub(super) fn start_progress(&mut self, context: &mut Context<'_>) {
        self.progress = Some(ArchiveProgress::events(context.start_progress()));
    }

    pub(super) async fn next(&mut self, suggestions: &mut Suggestions) -> Result<Option<Row>, CommandError> {
        while let Some(archived) = self.reader.next() {
            let archived = archived?;
            suggestions.observe(&archived.event, archived.kept);
            self.take_turn().await;
            if archived.kept {
                return Ok(Some(Row::new(archived.contract, archived.event)));
            }
        }
        self.is_finished = true;
        self.progress = None;
        Ok(None)
    }

    async fn take_turn(&mut self) {
        let (read, all) = self.reader.progress();
        if read.saturating_sub(self.last_turn) >= EVENTS_PER_TURN {
            self.last_turn = read;
            if let Some(progress) = &self.progress {
                progress.show((read, all));
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn counts(&self) -> FilterCounts {
        self.reader.counts()
    }

    pub(super) fn into_summary(self) -> ReadSummary {
        let counts = self.counts();
        let summary = ReadSummary { counts, retry_hint: EXPORT_AGAIN, ..ReadSummary::default() };
        if !self.is_finished {
            return summary;
        }
        let unproven = self.reader.incomplete_ranges();
        let beyond_reach = unproven.iter().filter(|(contract, ranges)| self.reader.is_beyond_reach(contract, ranges));
        ReadSummary {
            archive_ends: describe_ends(&self.reader.early_ends(), self.zone),
            beyond_reach: beyond_reach.count(),
            unproven: unproven
                .iter()
                .map(|(contract, ranges)| format!("the archive has no verified data for contract {contract}, {ranges}"))
                .collect(),
            ..summary
        }
    }
}

/// Sentences that say where an archive ends. Consecutive contracts with the same end share a sentence.
fn describe_ends(ends: &[(ContractNumber, DateTime<Utc>)], zone: Tz) -> Vec<String> {
    let groups = ends.chunk_by(|(_, one), (_, other)| one == other);
    let sentences = groups.filter_map(|group| {
        let (contract, end) = group.first()?;
        let of_contracts = match group.len() {
            all if all == ends.len() => String::new(),
            1 => format!(" of contract {contract}"),
            several => format!(" of {several} contracts"),
        };
        Some(format!("the archive{of_contracts} ends at {}", format_time(*end, zone)))
    });
    sentences.collect()
}
