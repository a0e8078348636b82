//! Ends an export before the newest events, because some of them may not be in the log yet. The next export reads them.

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::DateRange;
use ionos_activitylog_archive::SETTLE_DELAY;

use super::ExportArgs;
use crate::error::CommandError;

/// Minimum age of exported events. Without `--settle`, a demo has no minimum age, because its log gets no more events.
pub(super) fn settle_time(args: &ExportArgs, now: DateTime<Utc>) -> TimeDelta {
    match args.settle {
        // The length of a month depends on the date, so lengths are measured back from now.
        Some(length) => DateRange::last(length, now).map_or(SETTLE_DELAY, |one| one.duration()),
        None if args.service.account.demo => TimeDelta::zero(),
        None => SETTLE_DELAY,
    }
}

/// The part of a range that is old enough. Fails if the range has no such part.
pub(super) fn settled_range(
    range: DateRange,
    settle: TimeDelta,
    now: DateTime<Utc>,
) -> Result<DateRange, CommandError> {
    let edge = now.checked_sub_signed(settle);
    edge.and_then(|edge| range.past(edge)).ok_or_else(|| {
        CommandError::usage(
            format!("all of {range} is newer than {} s, so the log may still be incomplete", settle.num_seconds()),
            "try again later, or use an earlier start or a shorter --settle",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    #[test]
    fn the_newest_events_are_left_to_the_next_export() {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let cut = |from: &str, to: &str, seconds| {
            let range = DateRange::new(from.parse().unwrap(), to.parse::<DateTime<Utc>>().unwrap());
            match settled_range(range.unwrap(), TimeDelta::seconds(seconds), now) {
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
                "all of 2026-11-22T11:59:50Z .. 2026-11-22T12:00:00Z is newer than 10 s, so the log may still be \
                 incomplete: try again later, or use an earlier start or a shorter --settle",
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
