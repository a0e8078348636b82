//! Compares the totals in an archive with the current totals of the service, with one request per verified range.

use chrono::NaiveDate;
use ionos_activitylog::{Client, ContractNumber, DateRange, PageSize, Total};

use super::{FileLocation, Problem, VerifyReport};
use crate::error::Error;
use crate::layout::Archive;
use crate::manifest::{Manifest, read_days};

/// Result of comparing totals. Numbers of days are sums over all contracts. A day counts as equal only if all of its
/// ranges are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the report contains the findings"]
pub struct TotalsReport {
    /// Differences and warnings.
    pub report: VerifyReport,
    /// Number of days for which the service reports the archived total.
    pub equal: u64,
    /// Days for which the service reports more events, by contract. A recount adds the late events.
    pub more: Vec<(ContractNumber, Vec<NaiveDate>)>,
    /// Number of days for which the service reports fewer events.
    pub fewer: u64,
    /// Number of days that could not be compared completely.
    pub unknown: u64,
}

impl TotalsReport {
    /// Number of days that were compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        let more = self.more.iter().map(|(_, days)| days.len() as u64);
        self.equal + self.fewer + more.sum::<u64>()
    }
}

/// Result for one range. The result of a day is the largest result of its ranges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TotalComparison {
    Equal,
    Fewer,
    Unknown,
    More,
}

/// Compares the totals of the verified ranges of some contracts (`None`: all) with the service. Calls `on_progress`
/// after each day with the number of days done and the total number of days.
///
/// Fails if the archive cannot be read, and if the service does not answer.
pub async fn verify_totals(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    client: &Client,
    on_progress: impl Fn(u64, u64),
) -> Result<TotalsReport, Error> {
    let mut totals = TotalsReport::default();
    let one_event = PageSize::new(1).map_err(|source| Error::Read { source })?;
    let folders = archive.select_contracts(contracts)?;
    let read = folders.iter().map(|folder| Ok((folder, read_days(folder)?)));
    let read: Vec<_> = read.collect::<Result<_, Error>>()?;
    let all = read.iter().map(|(_, days)| days.len() as u64).sum();
    let mut done = 0;
    for (folder, days) in read {
        let mut more = Vec::new();
        for (date, manifest) in days {
            let location = FileLocation { root: archive.root(), file: folder.day(date) };
            let mut outcome = None;
            for range in manifest.verified_ranges().iter() {
                let report = &mut totals.report;
                let comparison = if range == range.to_whole_seconds() {
                    let page = client.page(folder.contract(), range, 0, one_event).await;
                    let total = page.map_err(|source| Error::Read { source })?.total;
                    compare(report, &location, &manifest, range, total)
                } else {
                    report
                        .warnings
                        .push(format!("{} cannot be compared: a request covers whole seconds", super::range(range)));
                    TotalComparison::Unknown
                };
                outcome = outcome.max(Some(comparison));
            }
            if !manifest.unverified_ranges().is_empty() {
                outcome = outcome.max(Some(TotalComparison::Unknown));
            }
            match outcome {
                Some(TotalComparison::Equal) => totals.equal += 1,
                Some(TotalComparison::Fewer) => totals.fewer += 1,
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

/// Reports a total that differs from the archived one.
fn compare(
    report: &mut VerifyReport,
    location: &FileLocation<'_>,
    manifest: &Manifest,
    range: DateRange,
    counted: Option<Total>,
) -> TotalComparison {
    let shown = super::range(range);
    let Some(counted) = counted else {
        report.warnings.push(format!("{shown} cannot be compared: the service reports no total"));
        return TotalComparison::Unknown;
    };
    let archived = manifest.parts_in(range).map(|part| part.count).sum::<u64>();
    let at_least = if counted.exact { "" } else { "at least " };
    let Total { count, exact, .. } = counted;
    match manifest.total_in(range) {
        None => {
            report.warnings.push(format!(
                "{shown} cannot be compared: the service gave no usable count when it was archived; it reports \
                 {at_least}{count} now, {archived} are archived"
            ));
            TotalComparison::Unknown
        }
        Some(total) if count > total => {
            report.findings.push(location.find(
                None,
                Problem::Total,
                format!(
                    "{shown}: the service reports {at_least}{count} events, it reported {total} when {archived} were archived: \
                     --recount adds the late events"
                ),
            ));
            TotalComparison::More
        }
        Some(_) if !exact => {
            report
                .warnings
                .push(format!("{shown} cannot be compared: the service reports only a lower bound, {count} events"));
            TotalComparison::Unknown
        }
        Some(total) if count < total => {
            report.warnings.push(format!(
                "{shown}: the service reports {count} events, it reported {total} when {archived} were archived: it no \
                 longer keeps the others; the archive has them"
            ));
            TotalComparison::Fewer
        }
        Some(_) => TotalComparison::Equal,
    }
}
