//! Checks how state files of an archive are read. A state that is accepted has the current version, and stays the same
//! when it is written and read again.

use ionos_activitylog_archive::STATE_SCHEMA;
use ionos_activitylog_archive::internal::{parse_state, state_to_bytes};

/// Reads bytes as a state file.
pub fn check(bytes: &[u8]) {
    let Ok(state) = parse_state(bytes) else { return };
    assert_eq!(state.schema, STATE_SCHEMA);
    // Compares bytes and not states, because a state that was read may have a member of version 1, which is not
    // written.
    let written = state_to_bytes(&state);
    assert_eq!(state_to_bytes(&parse_state(&written).unwrap()), written);
}
