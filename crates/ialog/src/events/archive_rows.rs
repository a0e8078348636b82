//! Events of an archive, and the ranges that its manifests do not prove to be complete.
//!
//! Reading files never waits, so this module yields to the scheduler every [`EVENTS_PER_TURN`] events. Otherwise a
//! signal would not be noticed before the end.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Filter, FilterCounts, RangeSet};
use ionos_activitylog_archive::ArchiveReader;

use crate::args::contracts::ContractSelector;
use crate::error::CommandError;
use crate::events::opened_archive::OpenedArchive;
use crate::events::read_summary::{ReadSummary, UnprovenRanges};
use crate::events::suggestions::Suggestions;
use crate::output::duration::format_rough;
use crate::output::plural::format_count;
use crate::output::progress::ArchiveProgress;
use crate::output::row::Row;
use crate::output::time::format_time;
use crate::runtime::context::Context;

/// Number of events between two checks for signals, and between two updates of the status line.
const EVENTS_PER_TURN: u64 = 256;

/// Hint for events that the archive does not have.
const EXPORT_AGAIN: &str = "run `ialog export` for that range to the same folder to add what is missing";

/// Like [`EXPORT_AGAIN`], but for an archive that ends before the requested end.
const EXPORT_OR_OPEN_END: &str = "run `ialog export` for that range to the same folder to add what is missing, or use --from \
                                  without --to to read up to the end of the archive";

/// Hint for an archive whose export was interrupted.
const RESUME_EXPORT: &str = "run the same export again, then read the archive again";

/// Hint for an archive whose end is unknown.
const REBUILD_STATE: &str = "run `ialog verify` to see which files are missing or cannot be read; `ialog state \
     rebuild` recreates a state that is missing or damaged";

/// The rows of an archive.
pub(crate) struct ArchiveRows {
    reader: ArchiveReader,
    /// Number of contracts that are read.
    contract_count: usize,
    range: Option<DateRange>,
    /// The filter that marks the matching events, and the numbers of events that this filter tested and kept. `None` if
    /// only matching events are returned. In this case, `reader` has the filter, and skips most events that do not
    /// match.
    marked: Option<(Filter, FilterCounts)>,
    zone: Tz,
    progress: Option<ArchiveProgress>,
    /// The returned events that may be outside of the requested range, because they have no readable time: the number
    /// of these events, and the ranges in which they occurred, see
    /// [`ArchivedEvent::uncertain_range`](ionos_activitylog_archive::ArchivedEvent::uncertain_range).
    uncertain: (u64, RangeSet),
    /// Number of events that were read when the task last yielded.
    last_turn: u64,
    is_finished: bool,
    _archive: OpenedArchive,
}

impl ArchiveRows {
    /// Opens the selected contracts of an archive. `has_end` says whether the user gave the end of the range. If so,
    /// the archive must reach this end; otherwise, the range ends where the archive ends.
    pub(super) fn open(
        archive: OpenedArchive,
        contracts: &[ContractSelector],
        (range, has_end): (Option<DateRange>, bool),
        filter: Filter,
        zone: Tz,
    ) -> Result<Self, CommandError> {
        let contracts = archive.select_contracts(contracts)?;
        let contract_count = match &contracts {
            Some(contracts) => contracts.len(),
            None => archive.archive().contracts()?.len(),
        };
        let reader = ArchiveReader::open(archive.archive(), contracts.as_deref(), range)?;
        let reader = if has_end { reader } else { reader.open_end() };
        let reader = reader.filter(filter);
        Ok(Self {
            reader,
            contract_count,
            range,
            marked: None,
            zone,
            progress: None,
            uncertain: (0, RangeSet::new()),
            last_turn: 0,
            is_finished: false,
            _archive: archive,
        })
    }

    /// Lets [`Self::next`] also return the events that do not match `filter`. Must be called before the first event is
    /// read.
    pub(super) fn return_all(self, filter: Filter) -> Self {
        Self { reader: self.reader.filter(Filter::new()), marked: Some((filter, FilterCounts::default())), ..self }
    }

    pub(super) fn contract_count(&self) -> usize {
        self.contract_count
    }

    pub(super) fn start_progress(&mut self, context: &mut Context<'_>) {
        self.progress = Some(ArchiveProgress::events(context.start_progress()));
    }

    pub(super) async fn next(&mut self, suggestions: &mut Suggestions) -> Result<Option<Row>, CommandError> {
        while let Some(archived) = self.reader.next() {
            let archived = archived?;
            let is_match = match &mut self.marked {
                Some((filter, counts)) => counts.count(filter.matches(&archived.event)),
                None => archived.kept,
            };
            suggestions.observe(&archived.event, is_match);
            self.take_turn().await;
            if let Some(range) = archived.uncertain_range.filter(|_| is_match) {
                self.uncertain.0 += 1;
                self.uncertain.1.insert(range);
            }
            if is_match || self.marked.is_some() {
                return Ok(Some(Row::new(archived.contract, archived.event).matching(is_match)));
            }
        }
        self.is_finished = true;
        self.progress = None;
        Ok(None)
    }

    /// Ends the reading before the last row. Each part from which a row was returned is still compared with its
    /// manifest.
    pub(super) fn stop(&mut self) -> Result<(), CommandError> {
        self.progress = None;
        Ok(self.reader.finish_open_parts()?)
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
        self.marked.as_ref().map_or_else(|| self.reader.counts(), |(_, counts)| *counts)
    }

    /// One sentence for each contract that may lack events of any time. Empty if a range was requested, because
    /// [`ArchiveReader::incomplete_ranges`] then names all missing ranges.
    fn unfinished_contracts(&self) -> Vec<UnprovenRanges> {
        if self.range.is_some() {
            return Vec::new();
        }
        let (empty, unfinished) = (self.reader.empty_contracts(), self.reader.unfinished_contracts());
        let affected: BTreeSet<&ContractNumber> = empty.iter().chain(&unfinished).collect();
        let sentences = affected.into_iter().map(|contract| {
            let text = match (empty.contains(contract), unfinished.contains(contract)) {
                (true, true) => format!(
                    "the archive has no verified data for contract {contract}, because an export was interrupted or is running"
                ),
                (true, false) => format!("the archive has no verified data for contract {contract}"),
                (false, _) => format!(
                    "the archive may lack ranges of contract {contract}, because an export was interrupted or is running"
                ),
            };
            UnprovenRanges::one(text)
        });
        sentences.collect()
    }

    /// One sentence for each contract whose archive has an unknown end. Such a contract may lack events of any day: the
    /// late events of a day are in later manifests, and the last manifests may be missing.
    fn unknown_ends(&self) -> Vec<UnprovenRanges> {
        let contracts = self.reader.contracts_of_unknown_end();
        let sentence = |contract| {
            UnprovenRanges::one(format!(
                "the end of the archive of contract {contract} is unknown, because its state is missing or damaged, or \
                 its state or run log cannot be read"
            ))
        };
        contracts.iter().map(sentence).collect()
    }

    /// One sentence for each contract whose last days are missing in the archive.
    fn lost_ends(&self) -> Vec<UnprovenRanges> {
        let ends = self.reader.lost_ends().into_iter();
        let sentences = ends.map(|(contract, end)| {
            UnprovenRanges::one(format!(
                "the end of the archive of contract {contract} is missing: an earlier export archived events up to {}",
                format_time(end, self.zone)
            ))
        });
        sentences.collect()
    }

    pub(super) fn into_summary(self) -> ReadSummary {
        let counts = self.counts();
        let uncertain = describe_uncertain(self.uncertain.0, &self.uncertain.1);
        let summary = ReadSummary { counts, retry_hint: EXPORT_AGAIN, uncertain, ..ReadSummary::default() };
        if !self.is_finished {
            return summary;
        }
        let unproven = self.reader.incomplete_ranges();
        let gaps = unproven.iter().flat_map(|(contract, ranges)| ranges.iter().map(move |gap| (contract, gap)));
        let beyond_reach = gaps.filter(|(contract, gap)| self.reader.is_beyond_reach(contract, &(*gap).into()));
        let beyond_reach = beyond_reach.count();
        let requested_ends = self.reader.missed_ends();
        let mut unfinished = self.unfinished_contracts();
        unfinished.extend(self.lost_ends());
        let unknown_ends = self.unknown_ends();
        let retry_hint = match (unfinished.is_empty(), requested_ends.is_empty()) {
            _ if !unknown_ends.is_empty() => REBUILD_STATE,
            (false, _) => RESUME_EXPORT,
            (true, true) => EXPORT_AGAIN,
            (true, false) => EXPORT_OR_OPEN_END,
        };
        let ranges = unproven.iter().map(|(contract, ranges)| UnprovenRanges {
            text: format!("the archive has no verified data for contract {contract}, {ranges}"),
            gaps: ranges.iter().len(),
        });
        let unproven: Vec<UnprovenRanges> = ranges.chain(unfinished).chain(unknown_ends).collect();
        ReadSummary {
            archive_ends: describe_ends(&self.reader.early_ends(), self.zone, None)
                .into_iter()
                .chain(describe_ends(&requested_ends, self.zone, self.range))
                .collect(),
            retry_hint,
            beyond_reach,
            unproven,
            ..summary
        }
    }
}

/// The note about returned events that may be outside of the requested range; `None` if there are none.
fn describe_uncertain(count: u64, ranges: &RangeSet) -> Option<String> {
    let they_are = match count {
        0 => return None,
        1 => "it is",
        _ => "they are",
    };
    Some(format!(
        "note: {} without a readable time may be outside of the time range: {they_are} archived for {ranges}",
        format_count(count, "record")
    ))
}

/// Sentences that say at which time an archive ends. If a range was requested, they also name the time between the
/// end of the archive and the end of this range. Consecutive contracts with the same end share a sentence.
fn describe_ends(ends: &[(ContractNumber, DateTime<Utc>)], zone: Tz, requested: Option<DateRange>) -> Vec<String> {
    let groups = ends.chunk_by(|(_, one), (_, other)| one == other);
    let sentences = groups.filter_map(|group| {
        let (contract, end) = group.first()?;
        let of_contracts = match group.len() {
            all if all == ends.len() => String::new(),
            1 => format!(" of contract {contract}"),
            several => format!(" of {several} contracts"),
        };
        let before = requested.map_or_else(String::new, |range| {
            format!(", {} before the end of the range", format_rough(range.end() - *end))
        });
        let warning = if requested.is_some() { "warning: " } else { "" };
        Some(format!("{warning}the archive{of_contracts} ends at {}{before}", format_time(*end, zone)))
    });
    sentences.collect()
}
