//! Spans of time in a log. The log has a start, an end (the current time) and, if configured, a retention. A query may
//! have a start, an end, both or neither. The span of a query is the intersection of all these.

use chrono::{DateTime, Utc};

use crate::log::LOG_END;

/// A half-open span of time, in nanoseconds since 1970-01-01T00:00:00Z. Empty if its end is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogSpan {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl LogSpan {
    /// The intersection with [start, end). An absent bound does not restrict the span.
    pub(crate) fn intersect(self, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Self {
        Self {
            start: start.map_or(self.start, |start| to_nanoseconds(start).max(self.start)),
            end: end.map_or(self.end, |end| to_nanoseconds(end).min(self.end)),
        }
    }

    pub(crate) fn contains(self, time: i64) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether another span is completely in this one.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Divides the time since 1970-01-01T00:00:00Z into chunks of `length` nanoseconds, and returns the numbers (from
    /// 0) of the chunks that overlap the span.
    pub(crate) fn chunks(self, length: i64) -> std::ops::Range<u64> {
        if self.end <= self.start {
            return 0..0;
        }
        let first = self.start.div_euclid(length).max(0);
        // The end is exclusive, so a chunk that begins there does not overlap.
        let last = (self.end - 1).div_euclid(length).max(-1);
        first as u64..(last + 1) as u64
    }
}

/// Converts a time to nanoseconds since 1970-01-01T00:00:00Z. Times after [`LOG_END`] become [`LOG_END`]; times before
/// 1677, which do not fit into 64 bits, become the minimum.
pub(crate) fn to_nanoseconds(time: DateTime<Utc>) -> i64 {
    time.min(LOG_END).timestamp_nanos_opt().unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_query_is_limited_to_the_span_of_the_log() {
        let log = LogSpan { start: 0, end: 1_000 };
        assert_eq!(log.intersect(None, None), log);
        let far = (Some(at("0001-01-01T00:00:00Z")), Some(at("9999-12-31T23:59:59Z")));
        assert_eq!(log.intersect(far.0, far.1), log);
        let all = LogSpan { start: i64::MIN, end: to_nanoseconds(LOG_END) };
        assert_eq!(all.intersect(far.0, far.1), all);
        let one = log.intersect(Some(at("1970-01-01T00:00:00.000000001Z")), Some(at("1970-01-01T00:00:00.000000002Z")));
        assert_eq!(one, LogSpan { start: 1, end: 2 });
    }

    #[test]
    fn the_chunks_of_a_span_are_those_with_an_instant_in_the_span() {
        for (start, end, expected) in [
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
            let chunks = LogSpan { start, end }.chunks(10);
            assert!(chunks == expected || chunks.is_empty() && expected.is_empty(), "{start} to {end}");
        }
    }
}
