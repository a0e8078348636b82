//! Random numbers that are the same on every machine and after every update of a dependency. The distributions of
//! common crates may change between releases. So only SplitMix64, whose output is specified bit by bit, comes from a
//! dependency; the functions that draw values from its 64-bit words are here. The state of a generator is a single
//! word, so each event can have its own generator.
//!
//! Changing a function here changes every simulated log. A hash in the tests of the log detects such a change.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

/// Identifies a part of the simulated data. Generators with equal keys and equal streams produce equal random words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RandomKey {
    pub(crate) seed: u64,
    /// A contract number, or 0 for data that belongs to no contract.
    pub(crate) contract: u64,
    /// The number of a slice of the log, or one of the constants of this type.
    pub(crate) part: u64,
}

impl RandomKey {
    /// Part number for the contract numbers of the account.
    pub(crate) const CONTRACTS: u64 = u64::MAX;
    /// Part number for the identifiers of the resources in the inventory of a contract.
    pub(crate) const RESOURCES: u64 = u64::MAX - 1;
    /// Part number for the first reference (`queueRefId`) in a contract's provisioning queue.
    pub(crate) const QUEUE: u64 = u64::MAX - 2;
    /// Part number for the request ids of answers, and for the ids of test tokens.
    pub(crate) const ANSWERS: u64 = u64::MAX - 3;
    /// Part number for the event counts and random bursts of the hours. Each hour has its own stream, whose number is
    /// the hour.
    pub(crate) const PROFILE: u64 = u64::MAX - 4;
    /// Part number for the checksum and the encryption of the request identifiers in records.
    pub(crate) const REQUESTS: u64 = u64::MAX - 5;
}

/// The first word of the generator with this state. Used as a hash.
pub(crate) fn mix(state: u64) -> u64 {
    SplitMix64::seed_from_u64(state).next_u64()
}

/// Hash of a seed and a part, shared by the generators of all contracts. A caller that needs many generators computes
/// the hash once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeedPrefix(u64);

impl SeedPrefix {
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        Self(mix(mix(seed) ^ part))
    }

    /// The generator of one stream of this part of a contract's data.
    pub(crate) fn random(self, contract: u64, stream: u64) -> Random {
        let state = mix(mix(self.0 ^ contract) ^ stream);
        Random(SplitMix64::seed_from_u64(state))
    }
}

/// A SplitMix64 generator.
pub(crate) struct Random(SplitMix64);

impl Random {
    /// The generator of one stream of a key. Different streams of one key are independent of each other.
    pub(crate) fn new(key: RandomKey, stream: u64) -> Self {
        SeedPrefix::new(key.seed, key.part).random(key.contract, stream)
    }

    /// A uniform 64-bit word.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A uniform number in [0, bound), with a bias below `bound` / 2^64.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A uniform number in [low, high].
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True with probability 1 / n.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of the values, all equally likely. The slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len() as u64) as usize]
    }

    /// One of the values, with a probability in proportion to its weight. The weights must not all be zero.
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

/// Formats a UUID. A general formatter would be slower, and a record has several UUIDs.
pub(crate) fn to_text(uuid: Uuid) -> String {
    uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// The 64-bit FNV-1a hash of the joined texts. The hasher of the standard library is not used, because it may change
/// between releases.
pub(crate) fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    texts
        .into_iter()
        .flat_map(str::bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: RandomKey = RandomKey { seed: 1, contract: 2, part: 3 };

    #[test]
    fn equal_keys_draw_equal_words_and_different_keys_draw_different_words() {
        let draw = |key, stream| Random::new(key, stream).uuid();
        assert_eq!(draw(KEY, 0), draw(KEY, 0));
        for (key, stream) in [
            (RandomKey { seed: 2, ..KEY }, 0),
            (RandomKey { contract: 3, ..KEY }, 0),
            (RandomKey { part: 4, ..KEY }, 0),
            (KEY, 1),
        ] {
            assert_ne!(draw(KEY, 0), draw(key, stream), "{key:?}, stream {stream}");
        }
    }

    #[test]
    fn numbers_reach_both_bounds_and_never_exceed_them() {
        let mut random = Random::new(KEY, 0);
        let mut counts = [0; 4];
        for _ in 0..1000 {
            counts[random.between(1, 3) as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!(counts[1..].iter().all(|count| *count > 250), "{counts:?}");
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
    fn a_uuid_has_version_4() {
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
