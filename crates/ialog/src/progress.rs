//! Progress is for people who watch: it shows on stderr, and only when both streams are terminals.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use ionos_activitylog_archive::Exported;

const TEMPLATE: &str = "{bar:30} {human_pos} of {human_len} events, {rate} a second, {eta} left";

/// A progress bar that may be invisible. It disappears when it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn start(visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is a constant; were it wrong, the default one would show.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(
                style.with_key("rate", |state: &ProgressState, line: &mut dyn Write| {
                    // Writing to a line in memory; were it to fail, the line would be shorter.
                    let _ = write!(line, "{:.0}", state.per_sec());
                }),
            );
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
