//! Compares the numbers of archived events with the current totals of the service. Sends one request for each verified
//! range of a day and one request for each range with gaps. Does not use the earlier totals that the manifests record.
//! A range that no manifest covers is not compared. If such a range contains a whole day, the day is reported as not
//! archived. If the range contains only a part of a day, the day is reported as archived only in part.
//!
//! A service may count the events at exactly the end of a range, or may leave out the events at exactly the start. So
//! if a total differs from the number of archived events, the last or the first second of the range is read as well.

use chrono::{NaiveDate, NaiveTime};
use ionos_activitylog::{Client, ContractNumber, DateRange, Page, PageSize, RangeSet, Total};

use super::{FileLocation, Problem, VerifyReport};
use crate::error::Error;
use crate::export::CorrectedTotal;
use crate::layout::Archive;
use crate::manifest::{ArchivedCount, CountComparison, KnownGap, Manifest, Part, read_days};
use crate::state::{ArchiveIdentity, unarchived_ranges};
use crate::sum::saturating_sum;

/// Result of comparing totals. Numbers of days are sums over all contracts. A day counts as equal only if the counts of
/// all of its ranges are equal, and no range of the day is missing between the first and the last archived time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the report contains the findings"]
pub struct TotalsReport {
    /// Findings about differences between service and archive, and warnings. They do not state the cause of a
    /// difference, because numbers of events do not show it.
    pub report: VerifyReport,
    /// Number of days for which the service reports as many events as the archive has. An event that is archived
    /// several times because it was amended counts once.
    pub equal: u64,
    /// Days for which the service reports more events than the archive has, by contract. A recount reads these days
    /// again.
    pub more: Vec<(ContractNumber, Vec<NaiveDate>)>,
    /// Number of events that the service reports and the archive does not have, for example because the events arrived
    /// after the export. Only the verified ranges of the days in `more` count. The number may include records without a
    /// time, because the service returns such a record for several days and the archive has it once.
    pub more_events: u64,
    /// Like `more_events`, but for the ranges with gaps. The service may already have had these events when the ranges
    /// were read.
    pub missing_events: u64,
    /// Number of days for which the service reports fewer events than the archive has.
    pub fewer: u64,
    /// Number of days that could not be compared completely, for example because the service gave no usable count.
    pub unknown: u64,
    /// Number of days that are archived only in part: a range between the first and the last archived time is missing.
    /// Days that count as `more` or `unknown` are not included.
    pub partial: u64,
    /// Number of days of which nothing is archived. Only the days between the first and the last archived time count.
    /// These days were not compared.
    pub unarchived: u64,
}

impl TotalsReport {
    /// Number of days that were compared. Days that count as `unknown`, `partial` or `unarchived` are not included.
    #[must_use]
    pub fn compared(&self) -> u64 {
        saturating_sum([self.equal, self.more_days(), self.fewer])
    }

    /// Number of days for which the service reports more events than the archive has.
    #[must_use]
    pub fn more_days(&self) -> u64 {
        saturating_sum(self.more.iter().map(|(_, days)| days.len() as u64))
    }

    /// Whether every day between the first and the last archived time was compared as a whole, and the service reports
    /// no event that the archive does not have.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unknown == 0 && self.partial == 0 && self.unarchived == 0 && self.more.is_empty()
    }

    /// Reports the days of which nothing is archived, and counts them.
    fn report_unarchived_days(&mut self, contract: &ContractNumber, unarchived: &RangeSet) {
        for range in unarchived.iter() {
            let Some((first, last)) = whole_days(range) else { continue };
            let count = (last - first).num_days().unsigned_abs().saturating_add(1);
            let days = if count == 1 { first.to_string() } else { format!("{first} to {last} ({count} days)") };
            self.report
                .warnings
                .push(format!("contract {contract}: nothing of {days} is archived, so it is not compared"));
            self.unarchived = self.unarchived.saturating_add(count);
        }
    }
}

/// Result for one range, or for the missing ranges of a day. If the ranges of a day have different results, the day
/// gets the result that stands last in this enum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TotalComparison {
    Equal,
    Fewer,
    /// A range of the day is not archived.
    Partial,
    Unknown,
    More,
}

/// A range within one day. The total of this range is requested.
struct ComparedRange {
    range: DateRange,
    /// Number of archived events. In a range with gaps, the number includes the records of [`Manifest::kept`], because
    /// the service counts these records.
    archived: ArchivedCount,
    /// Text that tells users how to get the events that the archive does not have.
    remedy: &'static str,
    has_gap: bool,
    /// Whether an archived event is at exactly the start of the range. The service may leave out such an event.
    has_event_at_start: bool,
}

const RECOUNT: &str = "--recount reads the range again and adds the events that are not archived";
const READ_GAP_AGAIN: &str = "the range has a gap; --recount reads the range again";
const OUT_OF_REACH: &str =
    "the range has a gap that --recount cannot close: one second of it has more events than the service returns";

/// Returns the ranges of a day that are compared: the verified ranges and the ranges with gaps. If one part has events
/// of a verified range and of a range with gaps, the number of events in each of these ranges is not known. In this
/// case, adjacent ranges are joined and compared as one range.
fn ranges_to_count(manifest: &Manifest) -> Vec<ComparedRange> {
    let (verified, unverified) = (manifest.verified_ranges(), manifest.unverified_ranges());
    let is_separate = |part: &Part| verified.covers(part.file.range) || unverified.covers(part.file.range);
    let ranges: Vec<DateRange> = match manifest.parts.iter().all(is_separate) {
        true => verified.iter().chain(unverified.iter()).collect(),
        false => verified.union(&unverified).into_iter().collect(),
    };
    let counted = ranges.into_iter().map(|range| {
        let mut archived = manifest.archived_in(range);
        let has_gap = !unverified.intersection(&range.into()).is_empty();
        if has_gap {
            let kept = manifest.kept.iter().filter(|kept| range.contains(kept.from));
            let kept = saturating_sum(kept.map(|kept| kept.count));
            archived.distinct = archived.distinct.saturating_add(kept);
            archived.lines = archived.lines.saturating_add(kept);
        }
        let gaps: Vec<&KnownGap> = manifest.gaps.iter().filter(|gap| gap.overlaps(range)).collect();
        let remedy = match has_gap {
            false => RECOUNT,
            true if !gaps.is_empty() && gaps.iter().all(|gap| gap.is_beyond_reach()) => OUT_OF_REACH,
            true => READ_GAP_AGAIN,
        };
        let has_event_at_start = manifest.has_event_at_start(range);
        ComparedRange { range, archived, remedy, has_gap, has_event_at_start }
    });
    counted.collect()
}

/// Compares the numbers of archived events of some contracts (`None`: of all contracts) with the totals of the service,
/// range by range. `api` is the name of the service in the manifests, see [`Exporter::api`](crate::Exporter::api).
/// Calls `on_progress` after each day with the number of days done and the number of all days.
///
/// Fails if the archive cannot be read, if it is an archive of another API, or if the service does not answer.
pub async fn verify_totals(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    client: &Client,
    api: &str,
    on_progress: impl Fn(u64, u64),
) -> Result<TotalsReport, Error> {
    let mut totals = TotalsReport::default();
    let one_event = PageSize::new(1).map_err(|source| Error::Read { source })?;
    let folders = archive.select_contracts(contracts)?;
    let read = folders.iter().map(|folder| Ok((folder, read_days(folder)?)));
    let read: Vec<_> = read.collect::<Result<_, Error>>()?;
    for (folder, days) in &read {
        let expected = ArchiveIdentity::new(api, folder.contract());
        days.values().try_for_each(|manifest| ArchiveIdentity::of_manifest(manifest).require(&expected, folder))?;
    }
    let all = read.iter().map(|(_, days)| days.len() as u64).sum();
    let mut done = 0;
    for (folder, days) in read {
        let mut more = Vec::new();
        let unarchived = unarchived_ranges(&days);
        totals.report_unarchived_days(folder.contract(), &unarchived);
        for (date, manifest) in days {
            let location = FileLocation { root: archive.root(), file: folder.day(date) };
            let mut outcome = None;
            let missing = manifest.day().map(|day| unarchived.intersection(&day.into())).unwrap_or_default();
            if !missing.is_empty() {
                let contract = folder.contract();
                totals.report.warnings.push(format!(
                    "contract {contract}: {date} is archived only in part: {missing} is not archived, so it is not \
                     compared"
                ));
                outcome = Some(TotalComparison::Partial);
            }
            for counted in ranges_to_count(&manifest) {
                let ComparedRange { range, archived, has_gap, has_event_at_start, .. } = counted;
                let report = &mut totals.report;
                let comparison = if range == range.to_whole_seconds() {
                    let page = client.page(folder.contract(), range, 0, one_event).await;
                    let mut page = page.map_err(|source| Error::Read { source })?.into_inner();
                    if let Some(total) = page.total.as_mut().filter(|total| total.exact) {
                        let expected = archived.distinct;
                        let events = |range| client.events(folder.contract().clone(), range);
                        let corrected =
                            CorrectedTotal::read(total.count, expected, has_event_at_start, events, range).await;
                        total.count = corrected.map_err(|source| Error::Read { source })?.count;
                    }
                    let comparison = compare(report, &location, &counted, &page);
                    if let (TotalComparison::More, Some(total)) = (comparison, page.total) {
                        let more = total.count.saturating_sub(archived.distinct);
                        let sum = if has_gap { &mut totals.missing_events } else { &mut totals.more_events };
                        *sum = sum.saturating_add(more);
                    }
                    comparison
                } else {
                    report.warnings.push(format!(
                        "{} cannot be compared: it has a fraction of a second, but a request has whole seconds",
                        super::range(range)
                    ));
                    TotalComparison::Unknown
                };
                outcome = outcome.max(Some(comparison));
            }
            match outcome {
                Some(TotalComparison::Equal) => totals.equal += 1,
                Some(TotalComparison::Fewer) => totals.fewer += 1,
                Some(TotalComparison::Partial) => totals.partial += 1,
                Some(TotalComparison::More) => more.push(date),
                // The day could not be compared completely.
                Some(TotalComparison::Unknown) | None => totals.unknown += 1,
            }
            done += 1;
            on_progress(done, all);
        }
        if !more.is_empty() {
            totals.more.push((folder.contract().clone(), more));
        }
    }
    Ok(totals)
}

/// The first and the last day that lie completely in a range. `None` if there is no such day.
pub(super) fn whole_days(range: DateRange) -> Option<(NaiveDate, NaiveDate)> {
    let start = range.start().date_naive();
    let is_midnight = range.start().time() == NaiveTime::MIN;
    let first = if is_midnight { start } else { start.succ_opt()? };
    let last = range.end().date_naive().pred_opt()?;
    (first <= last).then_some((first, last))
}

/// Compares the number of archived events with the total of a page, and reports a difference. The caller has corrected
/// the total by the events at the boundaries of the range.
fn compare(
    report: &mut VerifyReport,
    location: &FileLocation<'_>,
    &ComparedRange { range, archived, remedy, .. }: &ComparedRange,
    page: &Page,
) -> TotalComparison {
    let shown = super::range(range);
    let not_comparable = |reason: String| format!("{shown} cannot be compared: {reason}");
    if let Some(reason) = &page.partial_search {
        report.warnings.push(not_comparable(format!("the answer may lack events: {reason}")));
        return TotalComparison::Unknown;
    }
    let Some(Total { count, exact, .. }) = page.total else {
        report.warnings.push(not_comparable("the service reports no total".to_owned()));
        return TotalComparison::Unknown;
    };
    let ArchivedCount { distinct, lines } = archived;
    let at_least = if exact { "" } else { "at least " };
    match archived.compare(count) {
        CountComparison::More => {
            let detail =
                format!("{shown}: the service reports {at_least}{count} events, {distinct} are archived: {remedy}");
            report.findings.push(location.find(None, Problem::Total, detail));
            TotalComparison::More
        }
        _ if !exact => {
            let reason = format!("the service reports only a lower bound, {count} events; {distinct} are archived");
            report.warnings.push(not_comparable(reason));
            TotalComparison::Unknown
        }
        CountComparison::Ambiguous => {
            report.warnings.push(format!(
                "{shown}: the service reports {count} events, {distinct} are archived in {lines} lines: the service may \
                 count each version of an event"
            ));
            TotalComparison::Equal
        }
        CountComparison::Fewer => {
            report.warnings.push(format!(
                "{shown}: the service reports {count} events, {distinct} are archived: the service removed events, or \
                 the archive has events that the service never had"
            ));
            TotalComparison::Fewer
        }
        CountComparison::Equal => TotalComparison::Equal,
    }
}
