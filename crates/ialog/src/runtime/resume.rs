//! Whoever interrupts a command should be told what is left of it and how to go on. The command itself is gone by then,
//! so it leaves word beforehand.

use std::cell::RefCell;

/// What is left of the command that is running, and how to go on with it; nothing of one that writes no files.
#[derive(Debug, Default)]
pub(crate) struct ResumeHint(RefCell<Option<String>>);

impl ResumeHint {
    /// From now on a file is written, and so far there is nothing to go on with.
    pub(crate) fn note_nothing(&self) {
        self.note("nothing half-written is left behind, and the same command begins anew".to_owned());
    }

    /// From now on, this is how to go on: what is kept, and what to type.
    pub(crate) fn note(&self, how: String) {
        self.0.replace(Some(how));
    }

    /// What was noted last.
    pub(crate) fn told(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
