//! Checks how checkpoints of exports to a single file are read. A checkpoint has the digest of its own content, so a
//! changed checkpoint is refused.

use ionos_activitylog_archive::internal::{checkpoint_to_bytes, parse_checkpoint};

/// Reads bytes as a checkpoint.
pub fn check(bytes: &[u8]) {
    let Ok(checkpoint) = parse_checkpoint(bytes) else { return };
    assert!(checkpoint.reading.from < checkpoint.reading.to);
    assert!((checkpoint.reading.from..=checkpoint.reading.to).contains(&checkpoint.read_to));
    let written = checkpoint_to_bytes(&checkpoint);
    assert_eq!(parse_checkpoint(&written).unwrap(), checkpoint);
    let mut changed = checkpoint.clone();
    changed.events ^= 1;
    assert!(parse_checkpoint(&checkpoint_to_bytes(&changed)).is_err(), "a changed checkpoint is accepted");
}
