//! Checks how texts are read as ranges, moments and lengths. Each text is read with different current times: an
//! ordinary time, the end of the year 9999, and the earliest and the latest time that a `DateTime` can hold.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{DateRange, Length, Moment};

/// The current times with which each text is read, each in a time zone of its own. Some zones have unusual rules.
fn current_times() -> [DateTime<Tz>; 5] {
    let ordinary = DateTime::from_timestamp(1_795_176_000, 500_000_000).unwrap();
    let year_9999 = DateTime::from_timestamp(253_402_300_799, 999_999_999).unwrap();
    [
        ordinary.with_timezone(&Tz::UTC),
        ordinary.with_timezone(&Tz::Pacific__Apia),
        year_9999.with_timezone(&Tz::America__Havana),
        DateTime::<Utc>::MIN_UTC.with_timezone(&Tz::Europe__Berlin),
        DateTime::<Utc>::MAX_UTC.with_timezone(&Tz::Asia__Tokyo),
    ]
}

/// Reads bytes as a range, as a moment and as a length.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for now in current_times() {
        if let Ok(range) = DateRange::parse(text, now) {
            assert!(range.start() < range.end(), "{range}");
            let shown = range.to_string();
            assert_eq!(DateRange::parse(&shown, now).ok(), Some(range), "{shown}");
            let _ = (range.past(now), range.to_whole_seconds(), range.duration());
        }
        if let Ok(moment) = text.parse::<Moment>() {
            let ends = (moment.start(now), moment.end(now));
            if let (Ok(start), Ok(end)) = ends {
                assert!(start <= end, "{text:?} ends before it starts");
            }
        }
    }
    if let Ok(length) = text.parse::<Length>() {
        assert_eq!(length.to_string().parse::<Length>().ok(), Some(length), "{length}");
        for now in current_times() {
            let _ = DateRange::last(length, now);
        }
    }
}
