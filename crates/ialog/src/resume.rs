//! Whoever interrupts a command should be told what is left of it and how to go on. The command itself is gone by then,
//! so it leaves word beforehand.

use std::cell::RefCell;

/// How to go on with the command that is running, if there is anything to go on with.
#[derive(Debug, Default)]
pub(crate) struct Resume(RefCell<Option<String>>);

impl Resume {
    /// From now on, this is how to go on: what is kept, and what to type.
    pub(crate) fn note(&self, how: String) {
        self.0.replace(Some(how));
    }

    /// How to go on.
    pub(crate) fn told(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
