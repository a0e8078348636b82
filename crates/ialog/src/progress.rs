//! Progress is for people who watch: it shows on stderr, and only when stdout is a terminal too.

use std::io::{IsTerminal, stderr, stdout};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ionos_activitylog_archive::Exported;

/// A progress bar that may be invisible. It disappears when it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn start() -> Self {
        let visible = stdout().is_terminal() && stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is a constant; were it wrong, the default one would show.
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:30} {human_pos} of {human_len} events  {per_sec}  eta {eta}",
        ) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(crate) fn show(&self, exported: &Exported) {
        if let Some(total) = exported.total {
            self.0.set_length(total.max(exported.events));
        }
        self.0.set_position(exported.events);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
