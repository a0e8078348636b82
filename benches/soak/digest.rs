//! Compares sets of records by digests, so that ten million records need not be kept in memory.

use sha2::{Digest, Sha256};

/// The number of records and the sum of their SHA-256 hashes. The order of the records does not matter; different sets
/// have different digests, except for sets that were constructed to collide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetDigest {
    pub(crate) records: u64,
    sum: [u64; 4],
}

impl SetDigest {
    pub(crate) fn add(&mut self, record: &str) {
        self.records += 1;
        let hash = Sha256::digest(record.as_bytes());
        for (part, bytes) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            *part = part.wrapping_add(number);
        }
    }
}
