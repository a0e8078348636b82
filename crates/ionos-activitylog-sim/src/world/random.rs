//! The log must have the same bytes on every machine and after every update of a dependency, but the distributions of
//! the usual crates may draw differently from one release to the next. So only the SplitMix64 sequence, which is
//! specified to the bit, is taken from a dependency, as 64-bit words; everything that is drawn from the words is here.
//! A generator is a single word, so that each event can have one of its own.
//!
//! Changing a helper changes every log that was ever simulated; a golden hash in the tests of the log notices.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

/// Which part of the simulated world is drawn. Equal keys draw equal words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) seed: u64,
    /// A contract number, or 0 for what belongs to no contract.
    pub(crate) contract: u64,
    /// A slice of the log, or one of the constants of this type.
    pub(crate) part: u64,
}

impl Key {
    /// The contract numbers of the account.
    pub(crate) const CONTRACTS: u64 = u64::MAX;
    /// The identifiers of the resources that a contract has all along.
    pub(crate) const RESOURCES: u64 = u64::MAX - 1;
    /// Where a contract's numbering of the provisioning queue begins.
    pub(crate) const QUEUE: u64 = u64::MAX - 2;
    /// What differs from answer to answer.
    pub(crate) const ANSWERS: u64 = u64::MAX - 3;
    /// How many events each hour has; the stream is the hour.
    pub(crate) const RHYTHM: u64 = u64::MAX - 4;
    /// The identifiers of requests.
    pub(crate) const REQUESTS: u64 = u64::MAX - 5;
}

/// The first word that is drawn from a state.
pub(crate) fn mix(state: u64) -> u64 {
    SplitMix64::seed_from_u64(state).next_u64()
}

/// What the generators of a part have in common in all contracts, for where many of them are needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stem(u64);

impl Stem {
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        Self(mix(mix(seed) ^ part))
    }

    /// The generator of the part in a contract.
    pub(crate) fn random(self, contract: u64, stream: u64) -> Random {
        let state = mix(mix(self.0 ^ contract) ^ stream);
        Random(SplitMix64::seed_from_u64(state))
    }
}

/// Words drawn from SplitMix64.
pub(crate) struct Random(SplitMix64);

impl Random {
    /// The generator of a part; different streams of one key are independent of each other.
    pub(crate) fn new(key: Key, stream: u64) -> Self {
        Stem::new(key.seed, key.part).random(key.contract, stream)
    }

    /// Any 64 bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in [0, bound). The bias of the multiplication is below `bound` in 2^64.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in [low, high].
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of the values, all equally likely. There must be one.
    pub(crate) fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len() as u64) as usize]
    }

    /// One of the values, each as likely as its weight says. The weights must not all be zero.
    pub(crate) fn weighted<'a, T>(&mut self, values: &'a [(u64, T)]) -> &'a T {
        let mut rest = self.below(values.iter().map(|(weight, _)| weight).sum());
        let mut index = 0;
        while rest >= values[index].0 {
            rest -= values[index].0;
            index += 1;
        }
        &values[index].1
    }

    /// A random UUID, version 4 of RFC 4122.
    pub(crate) fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.0.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&self.0.next_u64().to_le_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The text of a UUID, which a record has several of.
pub(crate) fn text_of(uuid: Uuid) -> String {
    uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// FNV-1a, 64 bits: turns text into a seed. The standard library's hasher may change between releases.
pub(crate) fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    texts
        .into_iter()
        .flat_map(str::bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { seed: 1, contract: 2, part: 3 };

    #[test]
    fn equal_keys_draw_the_same_and_a_change_of_any_part_draws_something_else() {
        let draw = |key, stream| Random::new(key, stream).uuid();
        assert_eq!(draw(KEY, 0), draw(KEY, 0));
        for (key, stream) in
            [(Key { seed: 2, ..KEY }, 0), (Key { contract: 3, ..KEY }, 0), (Key { part: 4, ..KEY }, 0), (KEY, 1)]
        {
            assert_ne!(draw(KEY, 0), draw(key, stream), "{key:?} {stream}");
        }
    }

    #[test]
    fn numbers_stay_in_their_bounds_and_reach_them() {
        let mut random = Random::new(KEY, 0);
        let mut seen = [0; 4];
        for _ in 0..1000 {
            seen[random.between(1, 3) as usize] += 1;
        }
        assert_eq!(seen[0], 0);
        assert!(seen[1..].iter().all(|count| *count > 250), "{seen:?}");
    }

    #[test]
    fn weights_decide_how_often_a_value_is_drawn() {
        let mut random = Random::new(KEY, 0);
        let table = [(0, 'a'), (1, 'b'), (3, 'c'), (0, 'd')];
        let drawn: Vec<char> = (0..4000).map(|_| *random.weighted(&table)).collect();
        let count = |c| drawn.iter().filter(|d| **d == c).count();
        assert_eq!(count('a') + count('d'), 0);
        assert!((900..1100).contains(&count('b')), "{}", count('b'));
    }

    #[test]
    fn identifiers_are_uuids_of_version_4() {
        let uuid = Random::new(KEY, 0).uuid();
        assert_eq!(uuid.get_version_num(), 4);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn the_fingerprint_is_fnv_1a() {
        assert_eq!(fingerprint([""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(["foo", "bar"]), 0x8594_4171_f739_67e8);
    }
}
