//! Formats the text of the status line to fit the width of the terminal. If the width is too small, the details are
//! omitted one by one, beginning with the last, and then the remaining time. The percentage is cut off only if it does
//! not fit by itself. A bar of 5 to 20 columns fills the rest of the width; if fewer than 5 columns are left, there is
//! no bar.

use std::time::Duration;

use super::duration::format_remaining;

/// Minimum width of the bar in columns. A shorter bar shows too little and is omitted.
const MIN_BAR_WIDTH: usize = 5;
const MAX_BAR_WIDTH: usize = 20;

/// Number of columns at the right edge that stay empty: a character there may make the terminal begin a new line.
const MARGIN: usize = 1;

/// The text of the status line.
pub(super) struct ProgressText {
    /// The share that is done, from 0 to 1.
    share: f64,
    /// Details, the most important first.
    details: Vec<String>,
    /// Estimated remaining time; `None` if nothing is done yet.
    remaining: Option<Duration>,
}

impl ProgressText {
    /// `done` of `all` units are done after `elapsed`. The most important detail comes first.
    pub(super) fn new((done, all): (u64, u64), elapsed: Duration, details: Vec<String>) -> Self {
        let share = match all {
            0 => 1.0,
            all => (done as f64 / all as f64).min(1.0),
        };
        let remaining = elapsed.as_secs_f64() * (1.0 - share) / share;
        Self { share, details, remaining: Duration::try_from_secs_f64(remaining).ok() }
    }

    /// As much of the text as fits into the columns of a terminal.
    pub(super) fn fit(&self, columns: usize) -> String {
        let max_width = columns.saturating_sub(MARGIN);
        let remaining = self.remaining.map(|time| format!("{} left", format_remaining(time)));
        let percent = format!("{:.0} %", (self.share * 100.0).floor());
        let with = |details: &[String], remaining: &Option<String>| {
            let parts = [&percent].into_iter().chain(details).chain(remaining);
            parts.map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let fits = |line: &String| line.len() <= max_width;
        let counts = (0..=self.details.len()).rev();
        let line = counts
            .filter_map(|count| self.details.get(..count))
            .map(|details| with(details, &remaining))
            .find(fits)
            .unwrap_or_else(|| with(&[], &None));
        let bar = max_width.saturating_sub(line.len() + 1).min(MAX_BAR_WIDTH);
        if bar < MIN_BAR_WIDTH {
            return line.get(..max_width).map_or(line.clone(), str::to_owned);
        }
        let done = (self.share * bar as f64) as usize;
        format!("{}{} {line}", "█".repeat(done), "░".repeat(bar - done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: u64, elapsed: u64) -> ProgressText {
        let details = ["12480 events", "3120 events/s", "14 requests", "2 x 429"];
        let details = details.map(str::to_owned).to_vec();
        ProgressText::new((done, 1000), Duration::from_secs(elapsed), details)
    }

    #[test]
    fn the_least_important_details_are_dropped_first() {
        for (columns, expected) in [
            (200, "██████░░░░░░░░░░░░░░ 31 %, 12480 events, 3120 events/s, 14 requests, 2 x 429, 8 s left"),
            (80, "████░░░░░░░░░ 31 %, 12480 events, 3120 events/s, 14 requests, 2 x 429, 8 s left"),
            (60, "31 %, 12480 events, 3120 events/s, 14 requests, 8 s left"),
            (40, "███░░░░░░░ 31 %, 12480 events, 8 s left"),
            (20, "31 %, 8 s left"),
            (12, "█░░░░░ 31 %"),
            (4, "31 "),
            (0, ""),
        ] {
            let shown = line(310, 4).fit(columns);
            assert!(shown.chars().count() <= columns.saturating_sub(1), "{shown}");
            assert_eq!(shown, expected, "{columns}");
        }
    }

    #[test]
    fn the_remaining_time_is_shown_once_something_is_done() {
        let end = |done, elapsed| {
            let line = line(done, elapsed).fit(200);
            line.rsplit_once("429").unwrap().1.to_owned()
        };
        assert_eq!(end(0, 4), "");
        assert_eq!(end(500, 0), ", 0 s left");
        assert_eq!(end(500, 192), ", 3 min 12 s left");
        assert_eq!(end(1, 100), ", 27 h 45 min left");
        assert_eq!(end(1000, 100), ", 0 s left");
    }
}
