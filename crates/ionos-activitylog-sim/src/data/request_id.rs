//! Request identifiers that encode the location of an operation. A client asks the Cloud API for a request by the
//! identifier alone, and the simulator keeps no list of requests, so the identifier must be enough to find the
//! operation. An identifier has 80 bits for the encrypted location and 42 bits for a checksum. The checksum also
//! depends on the seed and on the number of slices per hour (an hour of the log consists of slices of equal length), so
//! that the simulator detects identifiers of other logs.

use uuid::Uuid;

use crate::data::random::{Random, RandomKey};

/// Number of bits of the location: 30 for the contract, 33 for the slice, 17 for the operation.
const LOCATION_BITS: u32 = CONTRACT_BITS + SLICE_BITS + OPERATION_BITS;
const CONTRACT_BITS: u32 = 30;
const SLICE_BITS: u32 = 33;
const OPERATION_BITS: u32 = 17;

/// Number of bits of a version 4 UUID that are free to use.
const FREE_BITS: u32 = 122;

/// The location of an operation in the simulated log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLocation {
    /// The contract number, below 2^30.
    pub(crate) contract: u64,
    /// The number of the slice, below 2^33.
    pub(crate) slice: u64,
    /// The index of the operation in the slice, below 2^17.
    pub(crate) operation: u32,
}

impl RequestLocation {
    /// Encodes the location as an identifier, a version 4 UUID. `seed` and `slices` are the seed and the number of
    /// slices per hour of the simulated log.
    pub(crate) fn to_id(self, seed: u64, slices: u64) -> Uuid {
        debug_assert!(self.contract < 1 << CONTRACT_BITS, "{self:?}");
        debug_assert!(self.slice < 1 << SLICE_BITS, "{self:?}");
        debug_assert!(self.operation < 1 << OPERATION_BITS, "{self:?}");
        let location = (u128::from(self.contract) << (SLICE_BITS + OPERATION_BITS))
            | (u128::from(self.slice) << OPERATION_BITS)
            | u128::from(self.operation);
        let checksum = checksum(seed, slices, location);
        let free = (checksum << LOCATION_BITS) | (location ^ key_stream(seed, slices, checksum));
        // The layout of a UUID: 48 bits, the version, 12 bits, the variant, 62 bits.
        let bits = ((free >> 74) << 80) | (((free >> 62) & 0xfff) << 64) | (free & (u128::MAX >> 66));
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// Decodes an identifier. `None` if the identifier was not made with this seed and this number of slices per hour.
    pub(crate) fn from_id(id: Uuid, seed: u64, slices: u64) -> Option<Self> {
        let bits = id.as_u128();
        let free = ((bits >> 80) << 74) | (((bits >> 64) & 0xfff) << 62) | (bits & (u128::MAX >> 66));
        let checksum = free >> LOCATION_BITS;
        let location = (free & mask(LOCATION_BITS)) ^ key_stream(seed, slices, checksum);
        let decoded = Self {
            contract: (location >> (SLICE_BITS + OPERATION_BITS)) as u64,
            slice: ((location >> OPERATION_BITS) & mask(SLICE_BITS)) as u64,
            operation: (location & mask(OPERATION_BITS)) as u32,
        };
        // Encoding again also checks version and variant, which the checksum does not cover.
        (decoded.to_id(seed, slices) == id).then_some(decoded)
    }
}

fn mask(bits: u32) -> u128 {
    (1 << bits) - 1
}

/// 128 pseudorandom bits that depend on all arguments and on nothing else.
fn words(seed: u64, slices: u64, stream: u64, value: u128) -> u128 {
    let key = RandomKey {
        seed,
        // A value has at most 80 bits, so its upper part has at most 16 bits. The number of slices uses the bits above
        // these 16.
        contract: (value >> 64) as u64 | ((slices - 1) << 16),
        part: RandomKey::REQUESTS,
    };
    let mut random = Random::new(key, stream ^ value as u64);
    (u128::from(random.word()) << 64) | u128::from(random.word())
}

fn checksum(seed: u64, slices: u64, location: u128) -> u128 {
    words(seed, slices, 1, location) & mask(FREE_BITS - LOCATION_BITS)
}

/// The bits that encrypt a location.
fn key_stream(seed: u64, slices: u64, checksum: u128) -> u128 {
    words(seed, slices, 2, checksum) & mask(LOCATION_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_decoded_only_with_its_own_seed_and_slices() {
        for location in [
            RequestLocation { contract: 0, slice: 0, operation: 0 },
            RequestLocation { contract: 99_999_999, slice: 498_647, operation: 23 },
            RequestLocation { contract: (1 << 30) - 1, slice: (1 << 33) - 1, operation: (1 << 17) - 1 },
        ] {
            let id = location.to_id(7, 20);
            assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
            assert_eq!(RequestLocation::from_id(id, 7, 20), Some(location));
            assert_eq!(RequestLocation::from_id(id, 8, 20), None);
            assert_eq!(RequestLocation::from_id(id, 7, 1), None);
        }
    }

    #[test]
    fn an_identifier_with_a_changed_bit_is_not_decoded() {
        let id = RequestLocation { contract: 12_345_678, slice: 498_647, operation: 0 }.to_id(7, 1).as_u128();
        for bit in 0..128 {
            assert_eq!(RequestLocation::from_id(Uuid::from_u128(id ^ (1 << bit)), 7, 1), None, "bit {bit}");
        }
    }
}
