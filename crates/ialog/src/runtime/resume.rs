//! How to continue a command after an interruption. When the error is written, the command is gone, so the command sets the
//! hint beforehand.

use std::cell::RefCell;

/// What is left of the running command, and how to continue. Empty for a command that writes no files.
#[derive(Debug, Default)]
pub(crate) struct ResumeHint(RefCell<Option<String>>);

impl ResumeHint {
    /// A file is being written, and an interruption leaves nothing to continue from.
    pub(crate) fn set_restart(&self) {
        self.set("nothing was kept; run the same command again to start over".to_owned());
    }

    /// Sets what is kept after an interruption, and the command that continues.
    pub(crate) fn set(&self, hint: String) {
        self.0.replace(Some(hint));
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
