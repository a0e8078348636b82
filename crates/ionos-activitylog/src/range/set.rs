//! Sets of time ranges, for example of the ranges that a program has read already. A set is a sorted list of ranges
//! that neither overlap nor touch, so equal sets have equal representations.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::DateRange;

/// A set of instants, stored as sorted ranges that neither overlap nor touch.
///
/// Two sets with the same instants are equal, regardless of how they were built.
///
/// ```
/// # use chrono::Utc;
/// # use ionos_activitylog::{DateRange, Error, RangeSet};
/// let requested = RangeSet::from(DateRange::year(2026, &Utc)?);
/// let read: RangeSet = [DateRange::month(2026, 2, &Utc)?, DateRange::month(2026, 1, &Utc)?].into_iter().collect();
/// assert_eq!(requested.difference(&read).to_string(), "2026-03-01T00:00:00Z .. 2027-01-01T00:00:00Z");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RangeSet {
    ranges: Vec<DateRange>,
}

impl RangeSet {
    /// Creates an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Adds a range and merges it with ranges that overlap or touch it.
    pub fn insert(&mut self, range: DateRange) {
        let first = self.ranges.partition_point(|one| one.end < range.start);
        let after = self.ranges.partition_point(|one| one.start <= range.end);
        let joined = self
            .ranges
            .drain(first..after)
            .fold(range, |all, one| DateRange { start: all.start.min(one.start), end: all.end.max(one.end) });
        self.ranges.insert(first, joined);
    }

    /// The instants in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// The instants in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let common = self.iter().flat_map(|range| {
            let overlapping = other.overlapping(range);
            overlapping.filter_map(move |one| one.intersection(&range))
        });
        // The ranges of both sets are sorted and do not touch, so the common parts are sorted and do not touch either.
        Self { ranges: common.collect() }
    }

    /// The instants in this set but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for range in self.iter() {
            let mut position = range.start;
            for removed in other.overlapping(range) {
                ranges.extend(DateRange::from_bounds(position, removed.start));
                position = removed.end;
            }
            ranges.extend(DateRange::from_bounds(position, range.end));
        }
        Self { ranges }
    }

    /// Whether the set contains an instant.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        let next = self.ranges.partition_point(|one| one.end <= time);
        self.ranges.get(next).is_some_and(|one| one.contains(time))
    }

    /// Whether the set contains a range completely.
    #[must_use]
    pub fn covers(&self, range: DateRange) -> bool {
        self.overlapping(range).any(|one| one.start <= range.start && range.end <= one.end)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The total duration of all ranges.
    #[must_use]
    pub fn duration(&self) -> TimeDelta {
        // Cannot overflow: the sum is at most 10,000 years.
        self.iter().map(|range| range.duration()).sum()
    }

    /// The ranges in order. There is a gap between each range and the next one.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = DateRange> + ExactSizeIterator {
        self.ranges.iter().copied()
    }

    /// The ranges of the set that overlap a range.
    fn overlapping(&self, range: DateRange) -> impl Iterator<Item = DateRange> {
        let first = self.ranges.partition_point(|one| one.end <= range.start);
        let rest = self.iter().skip(first);
        rest.take_while(move |one| one.start < range.end)
    }
}

impl From<DateRange> for RangeSet {
    fn from(range: DateRange) -> Self {
        Self { ranges: vec![range] }
    }
}

impl FromIterator<DateRange> for RangeSet {
    fn from_iter<I: IntoIterator<Item = DateRange>>(ranges: I) -> Self {
        let mut ranges: Vec<DateRange> = ranges.into_iter().collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, kept| {
            let joined = next.start <= kept.end;
            if joined {
                kept.end = kept.end.max(next.end);
            }
            joined
        });
        Self { ranges }
    }
}

impl Extend<DateRange> for RangeSet {
    fn extend<I: IntoIterator<Item = DateRange>>(&mut self, ranges: I) {
        *self = self.iter().chain(ranges).collect();
    }
}

impl IntoIterator for RangeSet {
    type Item = DateRange;
    type IntoIter = std::vec::IntoIter<DateRange>;

    fn into_iter(self) -> Self::IntoIter {
        self.ranges.into_iter()
    }
}

impl fmt::Display for RangeSet {
    /// Prints the ranges separated by commas, or `nothing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        for (index, range) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            range.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::range;
    use super::*;
    use proptest::prelude::*;

    /// The model of a set: bit n is 1 if the set contains millisecond n.
    type Mask = u64;
    const MILLISECONDS: i64 = 64;

    fn instant(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(millis).unwrap()
    }

    fn millis(start: i64, end: i64) -> DateRange {
        DateRange::new(instant(start), instant(end)).unwrap()
    }

    /// The set of a model, built from single milliseconds.
    fn set(mask: Mask) -> RangeSet {
        let bits = (0..MILLISECONDS).filter(|bit| mask >> bit & 1 == 1);
        bits.map(|bit| millis(bit, bit + 1)).collect()
    }

    fn mask_of(range: DateRange) -> Mask {
        let bits = range.start.timestamp_millis()..range.end.timestamp_millis();
        bits.fold(0, |mask, bit| mask | 1 << bit)
    }

    fn any_range() -> impl Strategy<Value = DateRange> {
        (0..MILLISECONDS, 1_i64..20).prop_map(|(start, length)| millis(start, (start + length).min(MILLISECONDS)))
    }

    /// Models with long ranges, which find more errors than models with single bits.
    fn any_mask() -> impl Strategy<Value = Mask> {
        prop::collection::vec(any_range(), 0..8)
            .prop_map(|ranges| ranges.into_iter().fold(0, |mask, range| mask | mask_of(range)))
    }

    fn is_normal(set: &RangeSet) -> bool {
        set.ranges.windows(2).all(|pair| pair[0].end < pair[1].start) && set.iter().all(|range| range.start < range.end)
    }

    proptest! {
        #[test]
        fn operations_agree_with_the_model(a in any_mask(), b in any_mask()) {
            let (one, other) = (set(a), set(b));
            for (result, model) in [
                (one.union(&other), a | b),
                (one.intersection(&other), a & b),
                (one.difference(&other), a & !b),
            ] {
                prop_assert!(is_normal(&result), "{}", result);
                prop_assert_eq!(result.duration().num_milliseconds(), i64::from(model.count_ones()));
                prop_assert_eq!(result.is_empty(), model == 0);
                prop_assert_eq!(result, set(model));
            }
        }

        #[test]
        fn every_order_of_adding_ranges_gives_the_same_set(ranges in prop::collection::vec(any_range(), 0..12)) {
            let model = ranges.iter().fold(0, |mask, range| mask | mask_of(*range));
            let collected: RangeSet = ranges.iter().copied().collect();
            let mut inserted = RangeSet::new();
            for range in &ranges {
                inserted.insert(*range);
                prop_assert!(is_normal(&inserted));
            }
            let mut extended = RangeSet::new();
            extended.extend(ranges);
            prop_assert_eq!(&collected, &set(model));
            prop_assert_eq!(&inserted, &collected);
            prop_assert_eq!(&extended, &collected);
            prop_assert_eq!(collected.clone().into_iter().collect::<RangeSet>(), collected);
        }

        #[test]
        fn queries_agree_with_the_model(mask in any_mask(), range in any_range()) {
            let set = set(mask);
            for bit in 0..MILLISECONDS {
                prop_assert_eq!(set.contains(instant(bit)), mask >> bit & 1 == 1);
            }
            prop_assert_eq!(set.covers(range), mask_of(range) & !mask == 0);
        }
    }

    #[test]
    fn adjacent_ranges_are_merged() {
        let (morning, evening) = (
            range("2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"),
            range("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z"),
        );
        let set: RangeSet = [evening, morning].into_iter().collect();
        assert_eq!(set.to_string(), "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z");
    }

    #[test]
    fn a_set_prints_its_ranges() {
        assert_eq!(RangeSet::new().to_string(), "nothing");
        let set: RangeSet = [millis(0, 1_000), millis(2_000, 3_000)].into_iter().collect();
        assert_eq!(
            set.to_string(),
            "1970-01-01T00:00:00Z .. 1970-01-01T00:00:01Z, 1970-01-01T00:00:02Z .. 1970-01-01T00:00:03Z"
        );
    }
}
