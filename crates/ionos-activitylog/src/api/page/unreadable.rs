//! A record that is not JSON.

use std::fmt;

use crate::range::DateRange;

/// A hit that is not JSON, or not UTF-8, as the service sent it. It has no id and no time, so its window is not
/// verified.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableRecord {
    /// The range of the request that returned the hit (half-open, UTC).
    pub range: DateRange,
    /// Number of hits that precede this one in the range, in the order of the service.
    pub position: u64,
    /// The bytes of the whole hit. Empty if the service returned no answer from which the hit could be taken.
    pub bytes: Vec<u8>,
    /// Why the hit cannot be read. May contain text of the service.
    pub reason: String,
}

impl fmt::Display for UnreadableRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, position, bytes, reason } = self;
        match bytes.len() {
            0 => write!(f, "{range}: hit {} cannot be read ({reason})", position + 1),
            length => write!(f, "{range}: hit {} is not JSON ({reason}), {length} bytes", position + 1),
        }
    }
}

/// Omits the bytes, which may be large and are not text.
impl fmt::Debug for UnreadableRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnreadableRecord").field(&self.to_string()).finish()
    }
}
