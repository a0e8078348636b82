//! Progress is for people who watch: it shows on stderr, and only when both streams are terminals.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ionos_activitylog::DateRange;
use ionos_activitylog_archive::Exported;

/// How much of the time of the range was read, since nobody knows how many events there are.
const TEMPLATE: &str = "{bar:30} {percent} %, {msg} events, {eta} left";

/// A progress bar that may be invisible. It disappears when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    range: DateRange,
}

impl Progress {
    pub(crate) fn start(visible: bool, range: DateRange) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let length = range.duration().num_milliseconds();
        let bar = ProgressBar::with_draw_target(Some(length.unsigned_abs()), target);
        // The template is a constant; were it wrong, the default one would show.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar, range }
    }

    pub(crate) fn show(&self, exported: &Exported) {
        self.bar.set_message(exported.events.to_string());
        if let Some(read_to) = exported.read_to {
            let read = (read_to - self.range.start()).num_milliseconds();
            self.bar.set_position(read.unsigned_abs());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
