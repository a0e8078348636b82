//! A service may give the hits of a range in another order for every request. The simulator cannot put millions of
//! numbers in a random order for each page; it needs to know which event is at a place without looking at the other
//! places. A Feistel network is such a permutation.

use crate::world::random::mix;

/// Enough to mix, few enough to be quick.
const ROUNDS: u64 = 4;

/// A permutation of [0, length), chosen by a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shuffle {
    key: u64,
    length: u64,
    /// Half of the bits that a number below `length` has, rounded up.
    half: u32,
}

impl Shuffle {
    pub(crate) fn new(key: u64, length: u64) -> Self {
        let bits = u64::BITS - length.saturating_sub(1).leading_zeros();
        Self { key, length, half: bits.div_ceil(2).max(1) }
    }

    /// What is at a place, both below the length.
    pub(crate) fn at(self, place: u64) -> u64 {
        let mut value = self.permuted(place);
        // The network permutes up to four times as many numbers; walking on until one is small enough is still a
        // permutation.
        while value >= self.length {
            value = self.permuted(value);
        }
        value
    }

    fn permuted(self, value: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (value >> self.half, value & mask);
        for round in 0..ROUNDS {
            let word = mix(self.key ^ mix(right ^ round << 60));
            (left, right) = (right, left ^ (word & mask));
        }
        left << self.half | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_at_one_place() {
        for length in [1, 2, 3, 4, 5, 100, 1000, 4097] {
            let shuffle = Shuffle::new(7, length);
            let mut numbers: Vec<u64> = (0..length).map(|place| shuffle.at(place)).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..length).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn another_key_is_another_order() {
        let order = |key| (0..100).map(|place| Shuffle::new(key, 100).at(place)).collect::<Vec<u64>>();
        assert_ne!(order(1), order(2));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), (0..100).collect::<Vec<u64>>());
    }
}
