//! Ends a range before the newest events, because some of them may not be in the log yet. Exports to a file and to an
//! archive, and programs that show events, use the same rule.

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{Client, DateRange, RangeSet};

use crate::encode::text;

/// If the end of a range is older than this value, the service's time is not requested, because the clock of this
/// machine is assumed to be ahead by at most this value.
const RECENT_AGE: TimeDelta = TimeDelta::days(1);

/// Maximum difference between the clock of this machine and the service's clock that counts as normal.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// The part of a range whose events are at least `delay` old. `None` if the whole range is too recent. The age is
/// measured by the clock that shows the earlier time: that of this machine (`local`) or that of the service. A clock
/// that is ahead would include times whose events are not in the log yet.
#[must_use]
pub fn settled_range(
    range: DateRange,
    local: DateTime<Utc>,
    service: Option<DateTime<Utc>>,
    delay: TimeDelta,
) -> Option<DateRange> {
    range.past(settled_time(local, service, delay))
}

/// The time before which events are at least `delay` old, by the earlier of the two clocks.
pub(crate) fn settled_time(local: DateTime<Utc>, service: Option<DateTime<Utc>>, delay: TimeDelta) -> DateTime<Utc> {
    let now = service.map_or(local, |service| service.min(local));
    now.checked_sub_signed(delay).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The part of a requested range that is too recent to be read, or in the future: all of it without its settled part.
/// `settled`: the result of [`settled_range`].
#[must_use]
pub fn too_recent(requested: DateRange, settled: Option<DateRange>) -> RangeSet {
    let settled: RangeSet = settled.into_iter().collect();
    RangeSet::from(requested).difference(&settled)
}

/// The time that the service has reported last. Sends a small request first, unless the range is old or the last
/// reported time shows that the whole range is settled. `None` if the service has reported no time, or if the request
/// failed and no response reported a new time.
pub async fn service_time(
    client: &Client,
    local: DateTime<Utc>,
    range: DateRange,
    delay: TimeDelta,
) -> Option<DateTime<Utc>> {
    let last_reported = client.service_time();
    let recent = local.checked_sub_signed(RECENT_AGE)?;
    let past = last_reported.is_some_and(|time| range.past(time - delay) == Some(range));
    if range.end() < recent || past {
        return last_reported;
    }
    // Ignore an error here, because the read that follows reports it. An error response may also have a date.
    let answered = client.info().await.is_ok();
    let now = client.service_time();
    now.filter(|_| answered || now != last_reported)
}

/// Whether a wrong clock is the reason why no part of a range is settled (old enough to be read). True only if the
/// clock of this machine is ahead of the service's clock. In addition, the range must start after the time of the
/// service, or a part of the range must be settled by the clock of this machine. While a clock is wrong, trying again
/// later may not help, because the range of the next attempt may be too recent as well.
#[must_use]
pub fn is_held_back_by_clock(range: DateRange, local: DateTime<Utc>, service: DateTime<Utc>, delay: TimeDelta) -> bool {
    let is_settled_locally = || settled_range(range, local, None, delay).is_some();
    local - service > CLOCK_TOLERANCE && (range.start() - service > CLOCK_TOLERANCE || is_settled_locally())
}

/// A warning if the clock of this machine is ahead of the service's clock. `rest` is the end of the warning: it says
/// what happens to events that are too recent by the service's clock.
#[must_use]
pub fn clock_warning(local: DateTime<Utc>, service: DateTime<Utc>, rest: &str) -> Option<String> {
    (local - service > CLOCK_TOLERANCE).then(|| {
        // The service reports whole seconds.
        let local = DateTime::from_timestamp(local.timestamp(), 0).unwrap_or(local);
        format!(
            "the clock of this machine ({}) is ahead of the service's ({}): {rest}",
            text::time(local),
            text::time(service)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_clock_ends_the_range() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let range = DateRange::new(time("2026-11-22T11:30:00Z"), time("2026-11-22T12:00:00Z")).unwrap();
        for (local, service, delay, expected) in [
            ("2026-11-22T12:00:00Z", None, 0, Some("2026-11-22T12:00:00Z")),
            ("2026-11-22T12:00:00Z", None, 10, Some("2026-11-22T11:59:50Z")),
            ("2026-11-22T12:00:00Z", Some("2026-11-22T11:50:00Z"), 10, Some("2026-11-22T11:49:50Z")),
            ("2026-11-22T12:00:00Z", Some("2026-11-22T12:10:00Z"), 10, Some("2026-11-22T11:59:50Z")),
            ("2026-11-22T12:00:00Z", Some("2026-11-22T11:30:05Z"), 10, None),
            ("2026-11-22T13:00:00Z", Some("2026-11-22T12:50:00Z"), 10, Some("2026-11-22T12:00:00Z")),
        ] {
            let settled = settled_range(range, time(local), service.map(time), TimeDelta::seconds(delay));
            assert_eq!(settled.map(|range| range.end()), expected.map(time), "{local}, {service:?}, delay {delay}");
        }
    }

    #[test]
    fn a_range_is_held_back_only_if_the_local_clock_is_ahead() {
        let local = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        // The members of a case: how far the clock of the service is behind, the age of the start of the range and the
        // delay (all three in seconds), and the expected result.
        for (behind, age, delay, expected) in [
            // The clocks differ by little, or the clock of the service is ahead.
            (60, 60, 10, false),
            (-3600, 5, 10, false),
            // The clock of the service is an hour behind. By this clock, the range begins now or later.
            (3600, 3600, 10, true),
            (3600, 60, 10, true),
            (3600, 5, 10, true),
            // The range is too recent by both clocks.
            (3600, 3700, 7200, false),
        ] {
            let range = DateRange::new(local - TimeDelta::seconds(age), local).unwrap();
            let service = local - TimeDelta::seconds(behind);
            let held_back = is_held_back_by_clock(range, local, service, TimeDelta::seconds(delay));
            assert_eq!(held_back, expected, "behind {behind}, age {age}, delay {delay}");
        }
    }

    #[test]
    fn only_a_clock_that_is_ahead_is_reported() {
        let local = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        let warning = |ahead: i64| clock_warning(local, local - TimeDelta::seconds(ahead), "later events are excluded");
        assert_eq!((warning(60), warning(-600)), (None, None));
        assert_eq!(
            warning(61).unwrap(),
            "the clock of this machine (1970-01-01T01:00:00Z) is ahead of the service's (1970-01-01T00:58:59Z): later \
             events are excluded"
        );
    }
}
