//! Upper bounds for the data that a command reads or keeps in memory. Without them, an endless file or a huge archive
//! could take all memory. Each bound is far above what normal use needs.
//!
//! | bound | value | maximum size of |
//! |---|---|---|
//! | [`MAX_ARGUMENT_FILE_MIB`] | 1 MiB | a file with arguments, such as a list of contracts |
//! | [`MAX_RECORDING_MIB`] | 1024 MiB | the file of `ialog sim --events` |
//! | [`MAX_KEPT_MIB`] | 2048 MiB | the records that a command keeps in memory until it has read the last event |
//! | [`MAX_KNOWN_IDS`] | 900,000 IDs (about 9 MiB) | the IDs by which a command recognizes changed versions of events |

use crate::error::CommandError;

/// Maximum size in MiB of a file with arguments. A list of 10,000 contracts with comments is smaller.
pub(crate) const MAX_ARGUMENT_FILE_MIB: u64 = 1;

/// Maximum size in MiB of the file of `ialog sim --events`: about 1.2 million records.
pub(crate) const MAX_RECORDING_MIB: u64 = 1024;

/// Maximum size in MiB of the records that a command keeps in memory until it has read the last event: about 2.5
/// million records.
pub(crate) const MAX_KEPT_MIB: u64 = 2048;

/// Maximum number of the event IDs by which a command recognizes changed versions. Each ID is kept as a hash. In a log
/// with 10,000 events per day, these are the IDs of three months. Two hash tables with half of the IDs each have 2^19
/// slots of 9 bytes; with a few more IDs, the tables would double.
pub(crate) const MAX_KNOWN_IDS: usize = 900_000;

/// Counts the bytes of the records that a command keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptBytes {
    bytes: u64,
    max: u64,
}

impl Default for KeptBytes {
    fn default() -> Self {
        Self::up_to(MAX_KEPT_MIB << 20)
    }
}

impl KeptBytes {
    /// A count that allows at most `max` bytes.
    pub(crate) fn up_to(max: u64) -> Self {
        Self { bytes: 0, max }
    }

    /// Counts the bytes of one more record. Fails if the sum exceeds the maximum; `hint` says how to keep fewer
    /// records.
    pub(crate) fn add(&mut self, bytes: usize, hint: &str) -> Result<(), CommandError> {
        self.set(self.bytes.saturating_add(bytes as u64), hint)
    }

    /// Replaces the sum by `bytes`. Fails, like [`Self::add`], if the new sum exceeds the maximum.
    pub(crate) fn set(&mut self, bytes: u64, hint: &str) -> Result<(), CommandError> {
        self.bytes = bytes;
        self.check_with(0, hint)
    }

    /// Fails, like [`Self::add`], if the sum and `other` bytes together exceed the maximum. Does not change the sum.
    pub(crate) fn check_with(&self, other: u64, hint: &str) -> Result<(), CommandError> {
        if self.bytes.saturating_add(other) <= self.max {
            return Ok(());
        }
        let max = self.max >> 20;
        Err(CommandError::unexpected(
            format!("the command would have to keep events in memory that are larger than {max} MiB"),
            hint,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeping_more_bytes_than_the_maximum_is_an_error() {
        let mut kept = KeptBytes::up_to(2 << 20);
        assert!(kept.add(1 << 20, "choose less").is_ok());
        assert!(kept.add(1 << 20, "choose less").is_ok());
        let error = kept.add(1, "choose less").unwrap_err();
        assert_eq!(error.code(), 1);
        assert_eq!(
            error.to_string(),
            "the command would have to keep events in memory that are larger than 2 MiB: choose less"
        );
        // A smaller sum, after records were dropped, leaves room for more bytes.
        assert!(kept.set(7, "choose less").is_ok());
        assert!(kept.check_with((2 << 20) - 7, "choose less").is_ok());
        assert!(kept.check_with((2 << 20) - 6, "choose less").is_err());
    }
}
