//! Shortens a range so that it ends before the newest events, because some of these events may not be in the log yet.
//! The rule is the same for queries, for exports to a file and for exports to an archive.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::{Client, DateRange, Length, RangeSet};
use ionos_activitylog_archive::SETTLE_DELAY;
use ionos_activitylog_archive::internal::{
    clock_warning, is_held_back_by_clock, service_time, settled_range, too_recent,
};

use crate::args::service::ServiceArgs;
use crate::args::time::RequestedRange;
use crate::error::CommandError;
use crate::runtime::context::Context;

/// Minimum age of the events that are read. Without `--settle`, a demo has no minimum age, because its log gets no more
/// events.
pub(crate) fn settle_delay(args: &ServiceArgs, settle: Option<Length>, now: DateTime<Utc>) -> TimeDelta {
    match settle {
        // The length of a month depends on the date, so lengths are measured back from now.
        Some(length) => DateRange::last(length, now).map_or(SETTLE_DELAY, |one| one.duration()),
        None if args.account.demo => TimeDelta::zero(),
        None => SETTLE_DELAY,
    }
}

/// Describes the last part of a requested range, which is not read because it is too recent. The result of the command
/// is then incomplete. Used only if the user gave the end of the range, and if the clock of this machine shows a later
/// time than this end.
pub(crate) struct UnreadEnd {
    /// The ranges that are not read, and the reason.
    pub(crate) text: String,
    /// How to read these ranges.
    pub(crate) hint: &'static str,
}

impl UnreadEnd {
    /// `None` if there are no unread ranges. `local`, `service` and `delay` are the arguments of
    /// [`settled_range`](ionos_activitylog_archive::internal::settled_range).
    pub(crate) fn new(
        unread: &RangeSet,
        local: DateTime<Utc>,
        service: Option<DateTime<Utc>>,
        delay: TimeDelta,
    ) -> Option<Self> {
        let end = unread.iter().last()?.end();
        let service = service.filter(|service| *service < local);
        let seconds = delay.num_seconds();
        let age = match service {
            Some(service) if end > service && seconds == 0 => "in the future".to_owned(),
            Some(service) if end > service => format!("in the future or newer than {seconds} s"),
            _ => format!("newer than {seconds} s"),
        };
        let clock = if service.is_some() { " by the clock of the service" } else { "" };
        let is_clock_wrong = service.is_some_and(|service| clock_warning(local, service, "").is_some());
        Some(Self {
            text: format!("not read: {unread}, {age}{clock}"),
            hint: if is_clock_wrong { CHECK_CLOCKS } else { RUN_LATER },
        })
    }
}

/// Hint for a range that is too recent to be read.
const RUN_LATER: &str = "run the same command again later";

/// Like [`RUN_LATER`], but for a machine whose clock is ahead of the service's clock.
const CHECK_CLOCKS: &str = "check the clocks of this machine and of the service, or run the same command again later";

/// Cuts off the end of a range where events are too recent, see [`settled_range`]. Returns the shortened range. If the
/// user gave the end of the range, and this end is in the past, also returns an [`UnreadEnd`] for the part that was cut
/// off. Warns if the clock of this machine is ahead of the service's clock. Fails if the whole range is too recent.
pub(crate) async fn settle_range(
    client: &Client,
    RequestedRange { range, has_past_end }: RequestedRange,
    delay: TimeDelta,
    context: &mut Context<'_>,
) -> Result<(DateRange, Option<UnreadEnd>), CommandError> {
    let local = context.clock.now();
    let service = service_time(client, local, range, delay).await;
    if let Some(warning) =
        service.and_then(|service| clock_warning(local, service, "events after the service's time are excluded"))
    {
        context.warn(format_args!("warning: {warning}"));
    }
    if let Some(settled) = settled_range(range, local, service, delay) {
        let unread = UnreadEnd::new(&too_recent(range, Some(settled)), local, service, delay).filter(|_| has_past_end);
        return Ok((settled, unread));
    }
    refuse_wrong_clock(range, local, service, delay)?;
    let seconds = delay.num_seconds();
    Err(CommandError::usage(
        format!("all of {range} is newer than {seconds} s, so the log may still be incomplete"),
        "try again later, or use an earlier start",
    ))
}

/// Called if the whole range is too recent. Fails if the reason is that the clock of this machine is ahead of the
/// service's clock. An export to an archive must report this, because the next export may skip the range for the same
/// reason. With correct clocks, the next export reads the range, so an export to an archive does not fail.
pub(crate) fn refuse_wrong_clock(
    range: DateRange,
    local: DateTime<Utc>,
    service: Option<DateTime<Utc>>,
    delay: TimeDelta,
) -> Result<(), CommandError> {
    match service {
        Some(service) if is_held_back_by_clock(range, local, service, delay) => {
            let seconds = delay.num_seconds();
            let service = service.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            Err(CommandError::usage(
                format!(
                    "by the clock of the service ({service}), all of {range} is in the future or newer than {seconds} s"
                ),
                "check the clocks of this machine and of the service, try again later, or use an earlier start",
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unread_end_has_a_hint_and_a_text_that_names_the_range_and_the_clock() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let later = "run the same command again later";
        let clocks = "check the clocks of this machine and of the service, or run the same command again later";
        for (service, delay, expected, hint) in [
            (None, 10, "newer than 10 s", later),
            (Some("12:00:30"), 10, "newer than 10 s", later),
            (Some("11:59:59"), 10, "newer than 10 s by the clock of the service", later),
            (Some("11:59:10"), 10, "in the future or newer than 10 s by the clock of the service", later),
            (Some("11:00:00"), 10, "in the future or newer than 10 s by the clock of the service", clocks),
            (Some("11:00:00"), 0, "in the future by the clock of the service", clocks),
        ] {
            let local = time("2026-11-20T12:00:00.5Z");
            let service = service.map(|service| time(&format!("2026-11-20T{service}Z")));
            let range = DateRange::new(time("2026-11-20T11:59:49Z"), time("2026-11-20T11:59:58Z")).unwrap();
            let unread = UnreadEnd::new(&range.into(), local, service, TimeDelta::seconds(delay)).unwrap();
            assert_eq!(unread.text, format!("not read: {range}, {expected}"));
            assert_eq!(unread.hint, hint);
        }
        assert!(UnreadEnd::new(&RangeSet::new(), DateTime::UNIX_EPOCH, None, TimeDelta::zero()).is_none());
    }
}
