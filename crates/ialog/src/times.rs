//! The range that is asked for with flags, resolved once and before anything is read.

use chrono::{DateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use ionos_activitylog::DateRange;
use ionos_activitylog_archive::SETTLE;

use crate::cli;
use crate::failure::Failure;

/// The range that was asked for, in whole seconds as it is read. An end after `now` is brought back to it: what happens
/// later cannot be read yet. Days and local times are those of the zone of `now`.
pub(crate) fn resolve<Tz: TimeZone>(range: &cli::Range, now: DateTime<Tz>) -> Result<DateRange, Failure> {
    if let Some(length) = range.last {
        return Ok(DateRange::last(length, now)?);
    }
    let Some(from) = range.from else {
        return Err(Failure::usage("it is not said which time to read", "name it with --last or with --from"));
    };
    let start = from.start(now.clone())?;
    let end = range.to.map(|to| to.end(now.clone())).transpose()?;
    let now = now.to_utc();
    if let (Some(end), Some(to)) = (end, range.to)
        && start >= end
    {
        return Err(Failure::usage(
            format!("--from {from} is not before --to {to}"),
            "give an earlier start or a later end",
        ));
    }
    if start >= now {
        return Err(Failure::usage(format!("--from {from} is in the future"), "give a start before now"));
    }
    // As for --last: the second that has begun is not over, so it is left to the next export.
    let over = now.trunc_subsecs(0);
    if start >= over {
        return Err(Failure::usage(format!("--from {from} is less than a second ago"), "give an earlier start"));
    }
    Ok(DateRange::new(start, end.unwrap_or(over).min(over))?.to_whole_seconds())
}

/// How long the newest events are left to the next export. The log of a demo ends now and gets no more events.
pub(crate) fn settle(arguments: &cli::Export, now: DateTime<Utc>) -> TimeDelta {
    match arguments.settle {
        // Months are those of the calendar, so a length is measured up to now.
        Some(length) => DateRange::last(length, now).map_or(SETTLE, |one| one.duration()),
        None if arguments.account.whose.demo => TimeDelta::zero(),
        None => SETTLE,
    }
}

/// The part of a range that is old enough to be read.
pub(crate) fn settled(range: DateRange, settle: TimeDelta, now: DateTime<Utc>) -> Result<DateRange, Failure> {
    let edge = now.checked_sub_signed(settle);
    edge.and_then(|edge| range.past(edge)).ok_or_else(|| {
        Failure::usage(
            format!("all of {range} is newer than {} s, so its events may not be in the log yet", settle.num_seconds()),
            "try again later, or give an earlier start or a shorter --settle",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    fn resolved(last: Option<&str>, from: Option<&str>, to: Option<&str>) -> String {
        let range = cli::Range {
            last: last.map(|text| text.parse().unwrap()),
            from: from.map(|text| text.parse().unwrap()),
            to: to.map(|text| text.parse().unwrap()),
        };
        match resolve(&range, NOW.parse::<DateTime<Utc>>().unwrap()) {
            Ok(range) => range.to_string(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn a_range_is_resolved_to_instants() {
        let cases = [
            (Some("7d"), None, None, "2026-11-15T12:00:00Z .. 2026-11-22T12:00:00Z"),
            (Some("90m"), None, None, "2026-11-22T10:30:00Z .. 2026-11-22T12:00:00Z"),
            (None, Some("2026-11-01"), Some("2026-11-20"), "2026-11-01T00:00:00Z .. 2026-11-21T00:00:00Z"),
            (None, Some("2026-11-20"), Some("2026-11-20"), "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z"),
            (None, Some("2026-11-20"), None, "2026-11-20T00:00:00Z .. 2026-11-22T12:00:00Z"),
            (None, Some("2026-11-22"), Some("2026-11-22"), "2026-11-22T00:00:00Z .. 2026-11-22T12:00:00Z"),
            (None, Some("2026-11-22"), Some("2026-11-22T12:00:00.2Z"), "2026-11-22T00:00:00Z .. 2026-11-22T12:00:00Z"),
            (None, Some("2026-10"), Some("yesterday"), "2026-10-01T00:00:00Z .. 2026-11-22T00:00:00Z"),
            (None, Some("7d"), Some("2026-11-20T14:00"), "2026-11-15T12:00:00Z .. 2026-11-20T14:00:00Z"),
            (
                None,
                Some("2026-11-20T08:00:00.9Z"),
                Some("2026-11-20T08:00:01.1Z"),
                "2026-11-20T08:00:00Z .. 2026-11-20T08:00:02Z",
            ),
            (
                None,
                Some("2026-11-20T08:00:00+01:00"),
                Some("2026-11-20T08:00:00Z"),
                "2026-11-20T07:00:00Z .. 2026-11-20T08:00:00Z",
            ),
        ];
        for (last, from, to, expected) in cases {
            assert_eq!(resolved(last, from, to), expected);
        }
    }

    #[test]
    fn what_is_no_range_is_refused_in_the_words_that_were_typed() {
        let cases = [
            (
                Some("2026-11-20"),
                Some("2026-11-19"),
                "--from 2026-11-20 is not before --to 2026-11-19: give an earlier start or a later end",
            ),
            (
                Some("2026-11-20T00:00:00Z"),
                Some("2026-11-20T00:00:00Z"),
                "--from 2026-11-20T00:00:00Z is not before --to 2026-11-20T00:00:00Z: give an earlier start or a later end",
            ),
            (Some("2027-01-01"), None, "--from 2027-01-01 is in the future: give a start before now"),
            (Some("now"), None, "--from now is less than a second ago: give an earlier start"),
            (
                Some("2026-11-22T12:00:00.2Z"),
                None,
                "--from 2026-11-22T12:00:00.200Z is less than a second ago: give an earlier start",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(resolved(None, from, to), expected);
        }
    }

    #[test]
    fn the_newest_seconds_are_left_out() {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let cut = |from: &str, to: &str, seconds| {
            let range = DateRange::new(from.parse().unwrap(), to.parse::<DateTime<Utc>>().unwrap());
            match settled(range.unwrap(), TimeDelta::seconds(seconds), now) {
                Ok(range) => range.to_string(),
                Err(failure) => failure.to_string(),
            }
        };
        let (start, end) = ("2026-11-22T11:59:50Z", "2026-11-22T12:00:00Z");
        for (seconds, expected) in [
            (0, "2026-11-22T11:59:50Z .. 2026-11-22T12:00:00Z"),
            (9, "2026-11-22T11:59:50Z .. 2026-11-22T11:59:51Z"),
            (
                10,
                "all of 2026-11-22T11:59:50Z .. 2026-11-22T12:00:00Z is newer than 10 s, so its events may not be in \
                 the log yet: try again later, or give an earlier start or a shorter --settle",
            ),
        ] {
            assert_eq!(cut(start, end, seconds), expected);
        }
        assert_eq!(
            cut("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", 10),
            "2026-11-21T00:00:00Z .. 2026-11-22T00:00:00Z"
        );
    }
}
