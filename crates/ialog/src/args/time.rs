//! Time ranges. They are resolved once, before anything is read, to half-open ranges in UTC.

use chrono::{DateTime, SubsecRound, TimeZone};
use clap::Args;
use ionos_activitylog::{DateRange, Length, Moment};

use crate::error::CommandError;

#[derive(Args)]
pub(crate) struct RangeArgs {
    /// Time range that ends now: an integer and s, m, h, d, w, mo or y, such as 7d
    #[arg(long, value_name = "LENGTH", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<Length>,

    /// Start of the range (inclusive): a day such as 2026-11-01 or yesterday, a month such as 2026-11, a time such as
    /// 2026-11-01T08:30, Unix seconds such as @1793491200, or a duration before now such as 7d; in UTC unless it has
    /// an offset
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<Moment>,

    /// End of the range: a day or month (inclusive) or a time (exclusive), in UTC unless it has an offset [default:
    /// now]
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<Moment>,
}

/// A range that the user requested.
#[derive(Clone, Copy)]
pub(crate) struct RequestedRange {
    pub(crate) range: DateRange,
    /// See [`RangeArgs::has_past_end`].
    pub(crate) has_past_end: bool,
}

impl RangeArgs {
    /// Whether the user gave an end that is in the past. If so, a result that ends earlier is incomplete. `false`
    /// without `--to`, with `--to now`, and for an end after the start of the current second.
    pub(crate) fn has_past_end<Tz: TimeZone>(&self, now: DateTime<Tz>) -> bool {
        let this_second = now.trunc_subsecs(0);
        let is_past = |to: Moment| to.end(this_second.clone()).is_ok_and(|end| end <= this_second);
        let is_now = |to: Moment| "now".parse().is_ok_and(|now: Moment| now == to);
        self.to.is_some_and(|to| !is_now(to) && is_past(to))
    }
}

/// An optional time range. If no range is given, a command reads a default range of the log, or a whole archive.
#[derive(Args)]
pub(crate) struct TimeArgs {
    /// Time range that ends now: an integer and s, m, h, d, w, mo or y, such as 2h
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<Length>,

    /// Start of the range (inclusive): a day such as 2026-11-01 or yesterday, a month such as 2026-11, a local time
    /// such as 2026-11-01T08:30, a time with an offset, Unix seconds such as @1793491200, or a duration before now
    /// such as 7d
    #[arg(long, visible_alias = "since", value_name = "WHEN")]
    pub(crate) from: Option<Moment>,

    /// End of the range: a day or month (inclusive) or a time (exclusive) [default: now, or the end of the archive]
    #[arg(long, visible_alias = "until", value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<Moment>,
}

impl TimeArgs {
    /// Whether the user gave the end of the range: with `--to`, or with `--last`, which ends now.
    pub(crate) fn has_end(&self) -> bool {
        self.to.is_some() || self.last.is_some()
    }

    /// The selected range; `None` if no flag is given.
    pub(crate) fn range(&self) -> Option<RangeArgs> {
        let Self { last, from, to } = *self;
        (last.is_some() || from.is_some()).then_some(RangeArgs { last, from, to })
    }
}

/// Resolves the arguments to a range. A start or end that the user gave with a fraction of a second keeps the fraction,
/// rounded to milliseconds; any other start or end is a whole second. The range ends at the start of the current second
/// at the latest, because later events may not exist yet. Days and local times are those of the time zone of `now`.
pub(crate) fn resolve_range<Tz: TimeZone>(range: &RangeArgs, now: DateTime<Tz>) -> Result<DateRange, CommandError> {
    if let Some(length) = range.last {
        return Ok(DateRange::last(length, now)?);
    }
    let Some(from) = range.from else {
        return Err(CommandError::usage("no time range given", "use --last or --from"));
    };
    // A duration such as 7d is subtracted from the start of the current second.
    let this_second = now.clone().trunc_subsecs(0);
    let start = from.start(this_second.clone())?;
    let end = range.to.map(|to| to.end(this_second.clone())).transpose()?;
    let now = now.to_utc();
    if let (Some(end), Some(to)) = (end, range.to)
        && start >= end
    {
        return Err(CommandError::usage(
            format!("--from {from} is not before --to {to}"),
            "use an earlier start or a later end",
        ));
    }
    if start >= now {
        return Err(CommandError::usage(format!("--from {from} is in the future"), "use a start before now"));
    }
    // As with --last, the range excludes the current second. A range that starts in this second would be empty.
    let last_second = this_second.to_utc();
    if start >= last_second {
        return Err(CommandError::usage(format!("--from {from} is less than a second ago"), "use an earlier start"));
    }
    Ok(DateRange::new(start, end.unwrap_or(last_second).min(last_second))?)
}

/// The range of an export, resolved by [`resolve_range`]. Fails if its start or end has a fraction of a second, because
/// requests have whole seconds, and an export resumes a file or an archive at a whole second.
pub(crate) fn resolve_whole_seconds<Tz: TimeZone>(
    range: &RangeArgs,
    now: DateTime<Tz>,
) -> Result<DateRange, CommandError> {
    let resolved = resolve_range(range, now)?;
    if resolved == resolved.to_whole_seconds() {
        return Ok(resolved);
    }
    Err(CommandError::usage(
        format!("the range {resolved} has a fraction of a second, but an export has whole seconds"),
        format!("use the range {}", resolved.to_whole_seconds()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    fn resolve(last: Option<&str>, from: Option<&str>, to: Option<&str>) -> String {
        let range = RangeArgs {
            last: last.map(|text| text.parse().unwrap()),
            from: from.map(|text| text.parse().unwrap()),
            to: to.map(|text| text.parse().unwrap()),
        };
        match resolve_range(&range, NOW.parse::<DateTime<Utc>>().unwrap()) {
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
                "2026-11-20T08:00:00.900Z .. 2026-11-20T08:00:01.100Z",
            ),
            (
                None,
                Some("2026-11-20T08:00:00.0001Z"),
                Some("2026-11-20T08:00:01.1001Z"),
                "2026-11-20T08:00:00Z .. 2026-11-20T08:00:01.101Z",
            ),
            (
                None,
                Some("2026-11-20T08:00:00+01:00"),
                Some("2026-11-20T08:00:00Z"),
                "2026-11-20T07:00:00Z .. 2026-11-20T08:00:00Z",
            ),
        ];
        for (last, from, to, expected) in cases {
            assert_eq!(resolve(last, from, to), expected);
        }
    }

    #[test]
    fn a_range_has_a_past_end_only_if_the_given_end_is_over() {
        for (to, expected) in [
            (None, false),
            (Some("now"), false),
            (Some("today"), false),
            (Some("this-month"), false),
            (Some("2026-11-22T12:00:00.2Z"), false),
            (Some("2026-11-22T12:00:01Z"), false),
            (Some("2026-11-22T12:00:00Z"), true),
            (Some("2026-11-22T13:00:00+01:00"), true),
            (Some("yesterday"), true),
            (Some("5s"), true),
        ] {
            let range = RangeArgs { last: None, from: "7d".parse().ok(), to: to.map(|to| to.parse().unwrap()) };
            assert_eq!(range.has_past_end(NOW.parse::<DateTime<Utc>>().unwrap()), expected, "{to:?}");
        }
    }

    #[test]
    fn the_range_of_an_export_must_have_whole_seconds() {
        for (from, to, expected) in [
            ("7d", "1h", "2026-11-15T12:00:00Z .. 2026-11-22T11:00:00Z"),
            (
                "2026-11-20T08:00:00.5Z",
                "2026-11-20T08:00:02Z",
                "the range 2026-11-20T08:00:00.500Z .. 2026-11-20T08:00:02Z has a fraction of a second, but an export has \
                 whole seconds: use the range 2026-11-20T08:00:00Z .. 2026-11-20T08:00:02Z",
            ),
        ] {
            let range = RangeArgs { last: None, from: from.parse().ok(), to: to.parse().ok() };
            let resolved = match resolve_whole_seconds(&range, NOW.parse::<DateTime<Utc>>().unwrap()) {
                Ok(range) => range.to_string(),
                Err(failure) => failure.to_string(),
            };
            assert_eq!(resolved, expected);
        }
    }

    #[test]
    fn the_error_for_an_invalid_range_names_its_bounds() {
        let cases = [
            (
                Some("2026-11-20"),
                Some("2026-11-19"),
                "--from 2026-11-20 is not before --to 2026-11-19: use an earlier start or a later end",
            ),
            (
                Some("2026-11-20T00:00:00Z"),
                Some("2026-11-20T00:00:00Z"),
                "--from 2026-11-20T00:00:00Z is not before --to 2026-11-20T00:00:00Z: use an earlier start or a later end",
            ),
            (Some("2027-01-01"), None, "--from 2027-01-01 is in the future: use a start before now"),
            (Some("now"), None, "--from now is less than a second ago: use an earlier start"),
            (
                Some("2026-11-22T12:00:00.2Z"),
                None,
                "--from 2026-11-22T12:00:00.200Z is less than a second ago: use an earlier start",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(resolve(None, from, to), expected);
        }
    }
}
