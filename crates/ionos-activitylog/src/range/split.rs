//! Splits a range into parts. The parts are adjacent, in order, and cover the range exactly, because an overlap would
//! duplicate events and a gap of a millisecond would lose events.

use std::iter;
use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};

use super::{DateRange, range_error, zone};
use crate::error::Error;

impl DateRange {
    /// Splits the range into `parts` parts whose lengths differ by at most a millisecond. If the range has fewer
    /// milliseconds than `parts`, there is one part per millisecond.
    ///
    /// ```
    /// # use std::num::NonZeroU32;
    /// # use chrono::Utc;
    /// # use ionos_activitylog::{DateRange, Error};
    /// let halves: Vec<DateRange> = DateRange::year(2026, &Utc)?.split(NonZeroU32::new(2).unwrap()).collect();
    /// assert_eq!(halves[1].to_string(), "2026-07-02T12:00:00Z .. 2027-01-01T00:00:00Z");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn split(self, parts: NonZeroU32) -> impl Iterator<Item = Self> {
        let length = i128::from(self.duration().num_milliseconds());
        let parts = length.min(parts.get().into());
        let mut part = 0;
        self.split_with(move |_| {
            part += 1;
            let offset = i64::try_from(length * part / parts).ok()?;
            self.start.checked_add_signed(TimeDelta::milliseconds(offset))
        })
    }

    /// Splits the range at the midnights of a time zone. The first and the last part may be shorter than a day. A day
    /// that the time zone skipped has no part.
    pub fn by_day<Tz: TimeZone>(self, zone: &Tz) -> impl Iterator<Item = Self> + use<Tz> {
        let zone = zone.clone();
        self.split_with(move |position| zone::next_midnight(position, &zone))
    }

    /// Splits the range into windows of the given length, rounded down to milliseconds; the last window may be shorter.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) for a length below one millisecond.
    pub fn windows(self, length: TimeDelta) -> Result<impl Iterator<Item = Self>, Error> {
        let millis = length.num_milliseconds();
        if millis < 1 {
            return Err(range_error(format!("a range cannot be split into windows of {length}"))
                .with_hint("use at least one millisecond"));
        }
        let length = TimeDelta::milliseconds(millis);
        Ok(self.split_with(move |position| position.checked_add_signed(length)))
    }

    /// Splits the range at a series of positions. `next` returns the position that follows the given position. The
    /// series ends when `next` returns `None`, or a position that is not between the given position and the end of the
    /// range.
    fn split_with(self, mut next: impl FnMut(DateTime<Utc>) -> Option<DateTime<Utc>>) -> impl Iterator<Item = Self> {
        let mut position = self.start;
        iter::from_fn(move || {
            if position >= self.end {
                return None;
            }
            let next = next(position).filter(|next| position < *next && *next < self.end);
            let part = Self::from_bounds(position, next.unwrap_or(self.end))?;
            position = part.end;
            Some(part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::range;
    use super::*;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    const ZONES: [Tz; 6] = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::Asia__Beirut,
        Tz::America__St_Johns,
        Tz::Australia__Lord_Howe,
        Tz::Pacific__Apia,
    ];

    fn hours(parts: impl Iterator<Item = DateRange>) -> Vec<i64> {
        parts.map(|part| part.duration().num_hours()).collect()
    }

    #[test]
    fn a_range_is_split_at_local_midnights() {
        let days = range("2026-10-24T10:00:00Z", "2026-10-26T10:00:00Z");
        assert_eq!(hours(days.by_day(&Tz::Europe__Berlin)), [12, 25, 11]);
        assert_eq!(hours(days.by_day(&Utc)), [14, 24, 10]);
        let skipped = range("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z");
        assert_eq!(hours(skipped.by_day(&Tz::Pacific__Apia)), [24, 24]);
        let first = range("0000-01-01T00:00:00Z", "0000-01-02T00:00:00Z");
        let last = range("9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z");
        assert_eq!(hours(first.by_day(&Tz::America__Bogota)), [4, 19]);
        assert_eq!(hours(last.by_day(&Tz::Asia__Tokyo)), [15, 8]);
    }

    #[test]
    fn the_last_window_may_be_shorter() {
        let day = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        assert_eq!(hours(day.windows(TimeDelta::hours(7)).unwrap()), [7, 7, 7, 3]);
        assert_eq!(hours(day.windows(TimeDelta::MAX).unwrap()), [24]);
        for length in [TimeDelta::zero(), TimeDelta::hours(-1), TimeDelta::microseconds(999), TimeDelta::MIN] {
            assert!(day.windows(length).is_err(), "{length}");
        }
    }

    #[test]
    fn no_part_is_empty() {
        let short = range("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.003Z");
        let parts: Vec<DateRange> = short.split(NonZeroU32::MAX).collect();
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| part.duration() == TimeDelta::milliseconds(1)));
    }

    fn any_range() -> impl Strategy<Value = DateRange> {
        // Starts from 1910 to 2050, and lengths of up to 200 days.
        let start = -1_893_456_000_000_i64..2_524_608_000_000;
        (start, 1_i64..200 * 86_400_000).prop_map(|(start, length)| {
            let instant = |millis| DateTime::from_timestamp_millis(millis).unwrap();
            DateRange::new(instant(start), instant(start + length)).unwrap()
        })
    }

    fn covers_exactly(whole: DateRange, parts: impl Iterator<Item = DateRange>) -> bool {
        let parts: Vec<DateRange> = parts.collect();
        parts.first().map(DateRange::start) == Some(whole.start())
            && parts.last().map(DateRange::end) == Some(whole.end())
            && parts.windows(2).all(|pair| pair[0].end() == pair[1].start())
            && parts.iter().all(|part| part.duration() > TimeDelta::zero())
    }

    proptest! {
        #[test]
        fn parts_cover_the_range_and_are_equally_long(range in any_range(), n in 1_u32..500) {
            let parts = || range.split(NonZeroU32::new(n).unwrap());
            prop_assert!(covers_exactly(range, parts()));
            let lengths: Vec<i64> = parts().map(|part| part.duration().num_milliseconds()).collect();
            prop_assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1);
            prop_assert_eq!(lengths.len() as i64, range.duration().num_milliseconds().min(n.into()));
        }

        #[test]
        fn days_cover_the_range(range in any_range(), zone in prop::sample::select(ZONES.to_vec())) {
            prop_assert!(covers_exactly(range, range.by_day(&zone)));
            for day in range.by_day(&zone) {
                prop_assert!(day.duration() <= TimeDelta::hours(26));
            }
        }

        #[test]
        fn windows_cover_the_range(range in any_range(), length in 3_600_000_i64..20_000_000_000) {
            let length = TimeDelta::milliseconds(length);
            prop_assert!(covers_exactly(range, range.windows(length).unwrap()));
            prop_assert!(range.windows(length).unwrap().all(|window| window.duration() <= length));
        }
    }
}
