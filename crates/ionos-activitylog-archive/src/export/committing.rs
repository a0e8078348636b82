//! A part waits for the disk three times until it is durable. Were that done where parts are written, nothing would be
//! written meanwhile. So a thread brings parts to the disk, in their order, while the next one is filled.
//!
//! Nothing is said to be done before it would survive a loss of power: the bytes of the part, its name in the folder of
//! the day, and the name of that folder. The last is waited for once for all parts that have ended meanwhile.

use std::iter;
use std::path::Path;
use std::sync::mpsc::Receiver;

use futures_channel::mpsc::UnboundedSender;

use crate::error::Error;
use crate::fs::folder;
use crate::part::{FinishedRange, WrittenRange};

/// Parts that have ended and wait to be brought to the disk, at the most: each holds a file open.
pub(super) const WAITING: usize = 3;

/// Brings stretches to the disk and hands them on, up to the first that cannot be: nothing behind it is given its name.
/// Where nobody wants them any more, what is left leaves nothing behind.
pub(super) fn commit(
    ended: &Receiver<FinishedRange>,
    folder: &Path,
    done: &UnboundedSender<WrittenRange>,
) -> Result<(), Error> {
    while let Ok(first) = ended.recv() {
        let mut durable = Vec::new();
        let mut result = Ok(());
        let batch = iter::once(first).chain(ended.try_iter()).take(1 + WAITING);
        for stretch in batch {
            if done.is_closed() {
                return Ok(());
            }
            match stretch.commit() {
                Ok(stretch) => durable.push(stretch),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        // Also where the folder of the day was there before: an export that was killed may have made it just then.
        if durable.iter().any(|stretch| stretch.part.is_some()) {
            folder::sync(folder)?;
        }
        for stretch in durable {
            // Whether anybody wants it shows with the next one.
            let _ = done.unbounded_send(stretch);
        }
        result?;
    }
    Ok(())
}
