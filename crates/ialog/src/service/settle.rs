//! Ends a range before the newest events, because some of them may not be in the log yet. Queries and exports to a file
//! use the same rule as exports to an archive.

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{Client, DateRange, Length};
use ionos_activitylog_archive::SETTLE_DELAY;
use ionos_activitylog_archive::internal::{clock_warning, service_time, settled_range};

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
    if let Some(warning) = service.and_then(|service| clock_warning(local, service, "later events are excluded")) {
        context.warn(format_args!("warning: {warning}"));
    }
    settled_range(range, local, service, delay).ok_or_else(|| {
        let seconds = delay.num_seconds();
        CommandError::usage(
            format!("all of {range} is newer than {seconds} s, so the log may still be incomplete"),
            "try again later, or use an earlier start",
        )
    })
}
