//! A permutation of a range of numbers, for services that return hits in random order. The simulator cannot shuffle
//! millions of numbers for each page, so it uses a Feistel network, which computes the number at each position
//! independently.

use crate::data::random::mix;

/// Rounds of the network: enough to mix, few enough to be fast.
const ROUNDS: u64 = 4;

/// A permutation of [0, length), selected by a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permutation {
    key: u64,
    length: u64,
    /// Half of the number of bits of the largest number, rounded up.
    half: u32,
}

impl Permutation {
    pub(crate) fn new(key: u64, length: u64) -> Self {
        let bits = u64::BITS - length.saturating_sub(1).leading_zeros();
        Self { key, length, half: bits.div_ceil(2).max(1) }
    }

    /// The number at a position. The position must be below `length`. The number is below `length`, too.
    pub(crate) fn number_at(self, position: u64) -> u64 {
        let mut value = self.apply_network(position);
        // The network permutes a range of up to four times `length`, so a result may be out of range. Applying the
        // network again until the number is below `length` (cycle walking) is still a permutation.
        while value >= self.length {
            value = self.apply_network(value);
        }
        value
    }

    fn apply_network(self, value: u64) -> u64 {
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
    fn every_number_has_exactly_one_position() {
        for length in [1, 2, 3, 4, 5, 100, 1000, 4097] {
            let permutation = Permutation::new(7, length);
            let mut numbers: Vec<u64> = (0..length).map(|position| permutation.number_at(position)).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..length).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn different_keys_select_different_orders() {
        let order = |key| (0..100).map(|position| Permutation::new(key, 100).number_at(position)).collect::<Vec<u64>>();
        assert_ne!(order(1), order(2));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), (0..100).collect::<Vec<u64>>());
    }
}
