//! A line that is drawn anew all the time shares its terminal with everything else that is written there. So it is taken
//! away before anything else is written, and drawn again below that.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Faster than this nobody reads.
const PAUSE: Duration = Duration::from_millis(100);

/// Back to the begin of the line, and away with all of it.
const AWAY: &str = "\r\u{1b}[2K";

/// A line at the bottom of a terminal. Clones are one.
#[derive(Clone)]
pub(crate) struct StatusLine(Arc<Mutex<StatusLineState>>);

struct StatusLineState {
    terminal: Box<dyn Write + Send>,
    /// What is there now; empty where nothing is.
    line: String,
    /// When it was drawn.
    at: Option<Duration>,
    ended: bool,
}

impl StatusLine {
    /// At standard error.
    pub(crate) fn of_process() -> Self {
        Self::on(io::stderr())
    }

    fn on(terminal: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(StatusLineState {
            terminal: Box::new(terminal),
            line: String::new(),
            at: None,
            ended: false,
        })))
    }

    /// Draws a line that fits the terminal, unless one was drawn just now.
    pub(crate) fn draw(&self, now: Duration, line: impl FnOnce() -> String) {
        let mut state = self.state();
        let before = state.at.map(|at| now.saturating_sub(at));
        if state.ended || before.is_some_and(|before| before < PAUSE) {
            return;
        }
        state.at = Some(now);
        state.line = line();
        state.show();
    }

    /// Writes something else to the same terminal.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        state.hide();
        let written = write();
        state.show();
        written
    }

    /// Takes the line away for good.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.hide();
        state.line.clear();
        state.ended = true;
    }

    fn state(&self) -> MutexGuard<'_, StatusLineState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where standard error is closed nobody is watching.
impl StatusLineState {
    fn show(&mut self) {
        if !self.line.is_empty() {
            let _ = self.terminal.write_all(format!("{AWAY}{}", self.line).as_bytes());
            let _ = self.terminal.flush();
        }
    }

    fn hide(&mut self) {
        if !self.line.is_empty() {
            let _ = self.terminal.write_all(AWAY.as_bytes());
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
    fn a_line_is_out_of_the_way_and_comes_back_until_it_ends() {
        let screen = Screen::default();
        let drawn = StatusLine::on(screen.clone());
        let written = || {
            let bytes = std::mem::take(&mut *screen.0.lock().unwrap());
            String::from_utf8(bytes).unwrap().replace(AWAY, "<")
        };
        let draw = |at, line: &str| drawn.draw(Duration::from_millis(at), || line.to_owned());
        drawn.beside(|| screen.clone().write_all(b"before\n").unwrap());
        draw(0, "1 %");
        draw(99, "2 %");
        draw(100, "3 %");
        drawn.beside(|| screen.clone().write_all(b"data\n").unwrap());
        assert_eq!(written(), "before\n<1 %<3 %<data\n<3 %");
        drawn.end();
        draw(500, "4 %");
        drawn.beside(|| screen.clone().write_all(b"after\n").unwrap());
        assert_eq!(written(), "<after\n");
    }
}
