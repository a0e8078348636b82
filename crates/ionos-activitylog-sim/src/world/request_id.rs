//! The Cloud API is asked for a request by its identifier alone, and the simulator keeps no list of them. So the
//! identifier of a request says, in disguise, which operation of which contract it belongs to: 80 bits of that, and 42
//! bits that only the same seed and the same slices can give, so that an identifier that was made up, or is from another
//! world, is found out.

use uuid::Uuid;

use crate::world::random::{Key, Random};

/// Bits of the place: 30 of the contract, 33 of the slice, 17 of the operation.
const PLACE_BITS: u32 = CONTRACT_BITS + SLICE_BITS + OPERATION_BITS;
const CONTRACT_BITS: u32 = 30;
const SLICE_BITS: u32 = 33;
const OPERATION_BITS: u32 = 17;

/// Bits that a UUID of version 4 leaves free.
const FREE_BITS: u32 = 122;

/// Which operation of which contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Below 2^30.
    pub(crate) contract: u64,
    /// Below 2^33.
    pub(crate) slice: u64,
    /// Below 2^17.
    pub(crate) operation: u32,
}

impl Place {
    /// The identifier, as a UUID of version 4, in a world with this seed and so many slices in an hour.
    pub(crate) fn id(self, seed: u64, slices: u64) -> Uuid {
        debug_assert!(self.contract < 1 << CONTRACT_BITS, "{self:?}");
        debug_assert!(self.slice < 1 << SLICE_BITS, "{self:?}");
        debug_assert!(self.operation < 1 << OPERATION_BITS, "{self:?}");
        let place = (u128::from(self.contract) << (SLICE_BITS + OPERATION_BITS))
            | (u128::from(self.slice) << OPERATION_BITS)
            | u128::from(self.operation);
        let seal = seal(seed, slices, place);
        let free = (seal << PLACE_BITS) | (place ^ disguise(seed, slices, seal));
        // 48 bits, the version, 12 bits, the variant, 62 bits.
        let bits = ((free >> 74) << 80) | (((free >> 62) & 0xfff) << 64) | (free & (u128::MAX >> 66));
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// The place that an identifier stands for, if it is one of this seed and these slices.
    pub(crate) fn of(id: Uuid, seed: u64, slices: u64) -> Option<Self> {
        let bits = id.as_u128();
        let free = ((bits >> 80) << 74) | (((bits >> 64) & 0xfff) << 62) | (bits & (u128::MAX >> 66));
        let seal = free >> PLACE_BITS;
        let place = (free & mask(PLACE_BITS)) ^ disguise(seed, slices, seal);
        let found = Self {
            contract: (place >> (SLICE_BITS + OPERATION_BITS)) as u64,
            slice: ((place >> OPERATION_BITS) & mask(SLICE_BITS)) as u64,
            operation: (place & mask(OPERATION_BITS)) as u32,
        };
        // Both again, because version and variant are not part of what was sealed.
        (found.id(seed, slices) == id).then_some(found)
    }
}

fn mask(bits: u32) -> u128 {
    (1 << bits) - 1
}

fn words(seed: u64, slices: u64, stream: u64, value: u128) -> u128 {
    let key = Key {
        seed,
        // 16 bits are left of the value here; an hour of one slice adds none to them.
        contract: (value >> 64) as u64 | ((slices - 1) << 16),
        part: Key::REQUESTS,
    };
    let mut random = Random::new(key, stream ^ value as u64);
    (u128::from(random.word()) << 64) | u128::from(random.word())
}

fn seal(seed: u64, slices: u64, place: u128) -> u128 {
    words(seed, slices, 1, place) & mask(FREE_BITS - PLACE_BITS)
}

fn disguise(seed: u64, slices: u64, seal: u128) -> u128 {
    words(seed, slices, 2, seal) & mask(PLACE_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_leads_back_to_its_place_and_to_no_other_seed_or_slices() {
        for place in [
            Place { contract: 0, slice: 0, operation: 0 },
            Place { contract: 99_999_999, slice: 498_647, operation: 23 },
            Place { contract: (1 << 30) - 1, slice: (1 << 33) - 1, operation: (1 << 17) - 1 },
        ] {
            let id = place.id(7, 20);
            assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
            assert_eq!(Place::of(id, 7, 20), Some(place));
            assert_eq!(Place::of(id, 8, 20), None);
            assert_eq!(Place::of(id, 7, 1), None);
        }
    }

    #[test]
    fn a_made_up_identifier_leads_nowhere() {
        let id = Place { contract: 12_345_678, slice: 498_647, operation: 0 }.id(7, 1).as_u128();
        for bit in 0..128 {
            assert_eq!(Place::of(Uuid::from_u128(id ^ (1 << bit)), 7, 1), None, "{bit}");
        }
    }
}
