//! Whether two sets of records are the same must be known without keeping ten million of either.

use sha2::{Digest, Sha256};

/// How many records there are, and the sum of their hashes: the same in whatever order they come, and not for any other
/// set of records that somebody could think of.
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
