//! States up to which time an archive is proven. The last archived day may end before midnight, and the first may begin
//! after midnight, so a date alone would say too much.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::{ReadRange, VerifyReport};

use crate::output::time::format_time;

/// The range from the first to the last archived time of a contract. `is_selected` selects the days that count. `None`
/// if none of them has a range.
fn archived_span(
    report: &VerifyReport,
    contract: &ContractNumber,
    is_selected: impl Fn(NaiveDate) -> bool,
) -> Option<DateRange> {
    let days = report.days.iter().filter(|day| day.contract == *contract && is_selected(day.date));
    let ranges: Vec<DateRange> = days.flat_map(|day| &day.ranges).filter_map(ReadRange::range).collect();
    let (start, end) = (ranges.iter().map(|range| range.start()).min()?, ranges.iter().map(|range| range.end()).max()?);
    DateRange::new(start, end).ok()
}

fn is_midnight(time: DateTime<Utc>) -> bool {
    time.time() == NaiveTime::MIN
}

/// The range that is proven for all contracts, such as `up to 2026-11-18`, which includes this day. If the archive
/// begins or ends within a day, the text has the exact time. `None` if a contract has no closed day.
pub(super) fn describe_proven(report: &VerifyReport) -> Option<String> {
    let spans = report.chains.iter().map(|chain| {
        let closed = chain.closed_until?;
        archived_span(report, &chain.contract, |date| date <= closed)
    });
    let spans: Vec<DateRange> = spans.collect::<Option<_>>()?;
    let (start, end) = (spans.iter().map(|span| span.start()).max()?, spans.iter().map(|span| span.end()).min()?);
    let last = match end.date_naive().pred_opt().filter(|_| is_midnight(end)) {
        Some(last_day) => last_day.to_string(),
        None => format_time(end, Tz::UTC),
    };
    let begins_within_a_day = spans.iter().any(|span| !is_midnight(span.start()));
    let first = match is_midnight(start) {
        true => start.date_naive().to_string(),
        false => format_time(start, Tz::UTC),
    };
    let from = if begins_within_a_day && start < end { format!("from {first} ") } else { String::new() };
    Some(format!("{from}up to {last}"))
}

/// The times at which the archive of a contract begins or ends within a day. On such a day, only the archived part was
/// compared with the service.
pub(super) fn describe_partial_days(report: &VerifyReport) -> String {
    let spans = report.chains.iter().filter_map(|chain| archived_span(report, &chain.contract, |_| true));
    let spans: Vec<DateRange> = spans.collect();
    let starts: BTreeSet<DateTime<Utc>> = spans.iter().map(|span| span.start()).collect();
    let ends: BTreeSet<DateTime<Utc>> = spans.iter().map(|span| span.end()).collect();
    let within_a_day = |times: BTreeSet<DateTime<Utc>>, word: &'static str| {
        times
            .into_iter()
            .filter(|time| !is_midnight(*time))
            .map(move |time| format!(", archived only {word} {}", format_time(time, Tz::UTC)))
    };
    within_a_day(starts, "from").chain(within_a_day(ends, "up to")).collect()
}
