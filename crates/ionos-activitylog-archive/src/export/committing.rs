//! Brings parts to disk on a thread of its own, in order, while the next part is filled.
//!
//! A part is reported only once it survives a loss of power: its bytes, its name in the folder of the day, and the name
//! of that folder are synced. The last sync is shared by all parts that finished meanwhile.

use std::iter;
use std::path::Path;
use std::sync::mpsc::Receiver;

use futures_channel::mpsc::UnboundedSender;

use crate::error::Error;
use crate::fs::folder;
use crate::part::{FinishedRange, WrittenRange};

/// Maximum number of finished parts that wait for the disk. Each holds a file open.
pub(super) const WAITING: usize = 3;

/// Commits ranges and passes them on, up to the first error; later parts get no name. Stops if the receiver is gone.
pub(super) fn commit(
    ended: &Receiver<FinishedRange>,
    folder: &Path,
    done: &UnboundedSender<WrittenRange>,
) -> Result<(), Error> {
    while let Ok(first) = ended.recv() {
        let mut durable = Vec::new();
        let mut result = Ok(());
        let batch = iter::once(first).chain(ended.try_iter()).take(1 + WAITING);
        for range in batch {
            if done.is_closed() {
                return Ok(());
            }
            match range.commit() {
                Ok(range) => durable.push(range),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        // A killed export may have created the folder of the day without syncing its name.
        if durable.iter().any(|range| range.part.is_some()) {
            folder::sync(folder)?;
        }
        for range in durable {
            // A closed receiver is noticed with the next range.
            let _ = done.unbounded_send(range);
        }
        result?;
    }
    Ok(())
}
