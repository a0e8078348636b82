//! A line that is redrawn in place at the bottom of the terminal. All other output to the terminal goes through
//! [`StatusLine::write_beside`], which removes the line before the output and draws the line again below the output.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Minimum time between two updates.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// Moves to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\u{1b}[2K";

/// Handle of the line. Clones share the line.
#[derive(Clone)]
pub(crate) struct StatusLine(Arc<Mutex<StatusLineState>>);

struct StatusLineState {
    terminal: Box<dyn Write + Send>,
    /// Text of the line; empty if no line is drawn.
    line: String,
    /// Time of the last update, on the clock of the caller; `None` before the first update.
    drawn_at: Option<Duration>,
    is_ended: bool,
}

impl StatusLine {
    /// A line on standard error of the process.
    pub(crate) fn on_stderr() -> Self {
        Self::for_terminal(io::stderr())
    }

    fn for_terminal(terminal: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(StatusLineState {
            terminal: Box::new(terminal),
            line: String::new(),
            drawn_at: None,
            is_ended: false,
        })))
    }

    /// Draws the line, unless it was drawn within the last [`UPDATE_INTERVAL`]. The text must fit into one line of the
    /// terminal.
    pub(crate) fn draw(&self, now: Duration, line: impl FnOnce() -> String) {
        let mut state = self.lock();
        let since = state.drawn_at.map(|drawn_at| now.saturating_sub(drawn_at));
        if state.is_ended || since.is_some_and(|since| since < UPDATE_INTERVAL) {
            return;
        }
        state.drawn_at = Some(now);
        state.line = line();
        state.show();
    }

    /// Removes the line, runs a function that writes to the same terminal, and draws the line again.
    pub(crate) fn write_beside<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        state.hide();
        let written = write();
        state.show();
        written
    }

    /// Removes the line for good.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.hide();
        state.line.clear();
        state.is_ended = true;
    }

    fn lock(&self) -> MutexGuard<'_, StatusLineState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Write errors are ignored: without a terminal there is nowhere to show progress.
impl StatusLineState {
    fn show(&mut self) {
        if !self.line.is_empty() {
            let _ = self.terminal.write_all(format!("{CLEAR_LINE}{}", self.line).as_bytes());
            let _ = self.terminal.flush();
        }
    }

    fn hide(&mut self) {
        if !self.line.is_empty() {
            let _ = self.terminal.write_all(CLEAR_LINE.as_bytes());
            let _ = self.terminal.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn other_output_goes_above_the_line_until_the_line_ends() {
        let screen = Screen::default();
        let line = StatusLine::for_terminal(screen.clone());
        let written = || {
            let bytes = std::mem::take(&mut *screen.0.lock().unwrap());
            String::from_utf8(bytes).unwrap().replace(CLEAR_LINE, "<")
        };
        let draw = |at, text: &str| line.draw(Duration::from_millis(at), || text.to_owned());
        line.write_beside(|| screen.clone().write_all(b"before\n").unwrap());
        draw(0, "1 %");
        draw(99, "2 %");
        draw(100, "3 %");
        line.write_beside(|| screen.clone().write_all(b"data\n").unwrap());
        assert_eq!(written(), "before\n<1 %<3 %<data\n<3 %");
        line.end();
        draw(500, "4 %");
        line.write_beside(|| screen.clone().write_all(b"after\n").unwrap());
        assert_eq!(written(), "<after\n");
    }
}
