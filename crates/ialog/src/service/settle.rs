//! Shortens a range so that it ends before the newest events, because some of these events may not be in the log yet.
//! Queries and exports to a file use the same rule as exports to an archive.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::{Client, DateRange, Length};
use ionos_activitylog_archive::SETTLE_DELAY;
use ionos_activitylog_archive::internal::{clock_warning, is_held_back_by_clock, service_time, settled_range};

use crate::args::service::ServiceArgs;
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

/// The part of a range that is old enough by the clock of the service. Warns if the clock of this machine is ahead.
/// Fails if the range has no such part.
pub(crate) async fn settle_range(
    client: &Client,
    range: DateRange,
    delay: TimeDelta,
    context: &mut Context<'_>,
) -> Result<DateRange, CommandError> {
    let local = context.clock.now();
    let service = service_time(client, local, range, delay).await;
    if let Some(warning) =
        service.and_then(|service| clock_warning(local, service, "events after the service's time are excluded"))
    {
        context.warn(format_args!("warning: {warning}"));
    }
    if let Some(settled) = settled_range(range, local, service, delay) {
        return Ok(settled);
    }
    refuse_wrong_clock(range, local, service, delay)?;
    let seconds = delay.num_seconds();
    Err(CommandError::usage(
        format!("all of {range} is newer than {seconds} s, so the log may still be incomplete"),
        "try again later, or use an earlier start",
    ))
}

/// Fails if a wrong clock is the reason why no part of the range is old enough. With correct clocks, an export to an
/// archive succeeds even if the whole range is too new, because the next export reads it. With a wrong clock, the next
/// export may skip the range, too.
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
