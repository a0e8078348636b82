//! One line that fits: the share that is done and the time that is left come first, then what is told, as much of it as
//! there is room for, and what is left is drawn as a bar.

use std::time::Duration;

/// As long as the bar gets, and no shorter than it shows something.
const LONGEST_BAR: usize = 20;
const SHORTEST_BAR: usize = 5;

/// Behind the last column a terminal may begin a new line.
const MARGIN: usize = 1;

/// What there is to tell.
pub(crate) struct ProgressText {
    /// Of 1.
    share: f64,
    told: Vec<String>,
    left: Option<Duration>,
}

impl ProgressText {
    /// So much of all is done after this time; what is told of that, the most telling first.
    pub(crate) fn new((done, all): (u64, u64), elapsed: Duration, told: Vec<String>) -> Self {
        let share = match all {
            0 => 1.0,
            all => (done as f64 / all as f64).min(1.0),
        };
        let left = elapsed.as_secs_f64() * (1.0 - share) / share;
        Self { share, told, left: Duration::try_from_secs_f64(left).ok() }
    }

    /// As much of it as fits on a line of so many columns.
    pub(crate) fn fitting(&self, columns: usize) -> String {
        let room = columns.saturating_sub(MARGIN);
        let left = self.left.map(|left| format!("{} left", length(left)));
        let percent = format!("{:.0} %", (self.share * 100.0).floor());
        let with = |told: &[String], left: &Option<String>| {
            let parts = [&percent].into_iter().chain(told).chain(left);
            parts.map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let fits = |line: &String| line.len() <= room;
        let most = (0..=self.told.len()).rev();
        let line = most
            .filter_map(|most| self.told.get(..most))
            .map(|told| with(told, &left))
            .find(fits)
            .unwrap_or_else(|| with(&[], &None));
        let bar = room.saturating_sub(line.len() + 1).min(LONGEST_BAR);
        if bar < SHORTEST_BAR {
            return line.get(..room).map_or(line.clone(), str::to_owned);
        }
        let done = (self.share * bar as f64) as usize;
        format!("{}{} {line}", "█".repeat(done), "░".repeat(bar - done))
    }
}

/// A length of time in whole units, of which nobody needs more than two here.
fn length(left: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let seconds = left.as_secs();
    match seconds {
        ..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min {:02} s", seconds / MINUTE, seconds % MINUTE),
        HOUR.. => format!("{} h {:02} min", seconds / HOUR, seconds % HOUR / MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: u64, elapsed: u64) -> ProgressText {
        let told = ["12480 events", "3120 events/s", "14 requests", "2 x 429"];
        let told = told.map(str::to_owned).to_vec();
        ProgressText::new((done, 1000), Duration::from_secs(elapsed), told)
    }

    #[test]
    fn what_tells_the_least_is_left_out_first() {
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
            let shown = line(310, 4).fitting(columns);
            assert!(shown.chars().count() <= columns.saturating_sub(1), "{shown}");
            assert_eq!(shown, expected, "{columns}");
        }
    }

    #[test]
    fn how_long_it_takes_is_told_once_something_is_done() {
        let end = |done, elapsed| {
            let line = line(done, elapsed).fitting(200);
            line.rsplit_once("429").unwrap().1.to_owned()
        };
        assert_eq!(end(0, 4), "");
        assert_eq!(end(500, 0), ", 0 s left");
        assert_eq!(end(500, 192), ", 3 min 12 s left");
        assert_eq!(end(1, 100), ", 27 h 45 min left");
        assert_eq!(end(1000, 100), ", 0 s left");
    }
}
