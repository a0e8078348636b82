//! The hint for continuing a command after an interruption. The command is dropped before the error is printed, so the
//! command sets the hint while it runs.

use std::cell::RefCell;

/// Says which progress of the running command is kept and how to continue. Empty for a command that writes no files.
#[derive(Debug, Default)]
pub(crate) struct ResumeHint(RefCell<Option<String>>);

impl ResumeHint {
    /// Sets the hint for a command that must start over: it writes a file, but has kept nothing to resume from.
    pub(crate) fn set_restart(&self) {
        self.set("nothing was kept; run the same command again to start over".to_owned());
    }

    /// Sets the hint: what is kept, and the command that continues.
    pub(crate) fn set(&self, hint: String) {
        self.0.replace(Some(hint));
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}
