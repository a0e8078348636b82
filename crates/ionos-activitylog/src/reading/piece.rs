//! A range that is too full is cut, and the pieces are cut again. Every cut is at a whole second as long as there is
//! one, because that a query may name a fraction is not documented.

use chrono::{DateTime, TimeDelta, Utc};

use crate::DateRange;

/// A piece of a range, to be read as a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// What is asked for.
    pub(super) range: DateRange,
    /// How often it was cut because what came was not what was counted.
    pub(super) doubts: u32,
}

/// The shortest time that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Millisecond,
}

impl Unit {
    fn milliseconds(self) -> i64 {
        match self {
            Self::Second => 1_000,
            Self::Millisecond => 1,
        }
    }
}

impl Piece {
    pub(super) fn new(range: DateRange) -> Self {
        Self { range, doubts: 0 }
    }

    /// Whether it is longer than the unit.
    pub(super) fn can_be_cut(&self, unit: Unit) -> bool {
        self.range.duration().num_milliseconds() > unit.milliseconds()
    }

    /// About so many pieces of about the same length, at least 2, none shorter than the unit.
    pub(super) fn cut(self, pieces: u64, unit: Unit, doubts: u32) -> Vec<Self> {
        let (start, end) = (self.range.start(), self.range.end());
        let length = self.range.duration().num_milliseconds();
        let unit = unit.milliseconds();
        let most = (length / unit).max(1);
        let pieces = i64::try_from(pieces).unwrap_or(i64::MAX).clamp(2.min(most), most);
        let at = |number: i64| {
            // In 128 bits, because the product of a length and a number of pieces may not fit into 64.
            let offset = i128::from(length) * i128::from(number) / i128::from(pieces);
            let offset = i64::try_from(offset).unwrap_or(length) / unit * unit;
            start + TimeDelta::milliseconds(offset)
        };
        let piece = |(from, to): (DateTime<Utc>, DateTime<Utc>)| {
            let range = DateRange::new(from, to).ok()?;
            Some(Self { range, doubts })
        };
        (0..pieces)
            .map(|number| {
                let to = if number + 1 == pieces { end } else { at(number + 1) };
                (at(number), to)
            })
            .filter_map(piece)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start: &str, end: &str) -> Piece {
        Piece::new(DateRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap())
    }

    #[test]
    fn pieces_touch_cover_and_are_cut_at_the_unit() {
        for (start, end, unit, wanted, got) in [
            ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", Unit::Second, 3, 3),
            ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", Unit::Second, 1, 2),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:07Z", Unit::Second, 100, 7),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:02Z", Unit::Second, u64::MAX, 2),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:01Z", Unit::Millisecond, 4, 4),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.003Z", Unit::Millisecond, 4, 3),
            ("0000-01-01T00:00:00Z", "9999-01-01T00:00:00Z", Unit::Second, 1000, 1000),
        ] {
            let whole = piece(start, end);
            assert!(whole.can_be_cut(unit));
            let pieces = whole.cut(wanted, unit, 7);
            assert_eq!(pieces.len(), got, "{start} {end}");
            assert_eq!(pieces[0].range.start(), whole.range.start());
            assert_eq!(pieces[got - 1].range.end(), whole.range.end());
            for pair in pieces.windows(2) {
                assert_eq!(pair[0].range.end(), pair[1].range.start());
                let cut = pair[0].range.end().timestamp_millis();
                assert_eq!(cut % unit.milliseconds(), 0);
            }
            assert!(pieces.iter().all(|piece| piece.doubts == 7));
        }
        assert!(!piece("2026-11-20T00:00:00Z", "2026-11-20T00:00:01Z").can_be_cut(Unit::Second));
    }
}
