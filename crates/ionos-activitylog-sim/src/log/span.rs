//! A query names times to the nanosecond or not at all, and the log has a begin, an end that is now, and perhaps a
//! retention. A span is what is left of a query within all of these.

use chrono::{DateTime, Utc};

use crate::log::LOG_END;

/// A part of the log: half-open, in nanoseconds since 1970-01-01T00:00:00Z. Empty when its end is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Span {
    /// What of [start, end) is also in this span; an absent bound is that of this span.
    pub(crate) fn within(self, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Self {
        Self {
            start: start.map_or(self.start, |start| nanoseconds(start).max(self.start)),
            end: end.map_or(self.end, |end| nanoseconds(end).min(self.end)),
        }
    }

    /// Whether an instant belongs to it.
    pub(crate) fn holds(self, time: i64) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether all of another span belongs to it.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The stretches of a length that it touches, by their numbers since 1970-01-01T00:00:00Z.
    pub(crate) fn stretches(self, length: i64) -> std::ops::Range<u64> {
        if self.end <= self.start {
            return 0..0;
        }
        let first = self.start.div_euclid(length).max(0);
        // The end is exclusive: a stretch that begins there is not touched.
        let last = (self.end - 1).div_euclid(length).max(-1);
        first as u64..(last + 1) as u64
    }
}

/// Times after [`LOG_END`] are taken for it, and those before 1677, which 64 bits cannot hold, for the first one that
/// they can.
pub(crate) fn nanoseconds(time: DateTime<Utc>) -> i64 {
    time.min(LOG_END).timestamp_nanos_opt().unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_query_is_cut_down_to_what_there_is() {
        let log = Span { start: 0, end: 1_000 };
        assert_eq!(log.within(None, None), log);
        let far = (Some(at("0001-01-01T00:00:00Z")), Some(at("9999-12-31T23:59:59Z")));
        assert_eq!(log.within(far.0, far.1), log);
        let all = Span { start: i64::MIN, end: nanoseconds(LOG_END) };
        assert_eq!(all.within(far.0, far.1), all);
        let one = log.within(Some(at("1970-01-01T00:00:00.000000001Z")), Some(at("1970-01-01T00:00:00.000000002Z")));
        assert_eq!(one, Span { start: 1, end: 2 });
    }

    #[test]
    fn it_touches_the_stretches_that_it_shares_an_instant_with() {
        for (start, end, touched) in [
            (0, 10, 0..1),
            (0, 11, 0..2),
            (9, 10, 0..1),
            (10, 20, 1..2),
            (9, 21, 0..3),
            (5, 5, 0..0),
            (7, 5, 0..0),
            (-25, -5, 0..0),
            (-25, 5, 0..1),
        ] {
            let stretches = Span { start, end }.stretches(10);
            assert!(stretches == touched || stretches.is_empty() && touched.is_empty(), "{start} {end}");
        }
    }
}
