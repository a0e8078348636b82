//! Numbers show their meaning when they are seen next to each other: bars for how much, and a map of hours and weekdays
//! for when.

use crate::output::plural::format_count;
use crate::output::table::TextStyle;
use crate::output::text::{Truncation, cut, safe, width};

/// How wide things are where nobody says how wide the terminal is.
const USUAL_ROOM: usize = 100;
/// No longer is any bar.
const LONGEST_BAR: usize = 40;
/// No wider is any name.
const LONGEST_NAME: usize = 40;
/// What a bar ends in, by eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Of the hour with the most events, by eighths.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A line for each of the first values: name, count and bar.
pub(crate) fn bars(values: &[(&str, u64)], top: usize, room: Option<usize>, looks: bool) -> String {
    let room = room.unwrap_or(USUAL_ROOM);
    let (shown, rest) = values.split_at(values.len().min(top));
    let name = |name: &str| {
        let name = if name.is_empty() { "-".to_owned() } else { safe(name) };
        let least = room.saturating_sub(20).clamp(8, LONGEST_NAME);
        cut(&name, least, Truncation::End)
    };
    let names: Vec<String> = shown.iter().map(|(value, _)| name(value)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or_default();
    let most = shown.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let digits = most.to_string().len();
    let longest = room.saturating_sub(2 + widest + 2 + digits + 2).min(LONGEST_BAR);
    let mut out = String::new();
    for (name, (_, count)) in names.iter().zip(shown) {
        let space = " ".repeat(widest.saturating_sub(width(name)));
        let bar = bar(*count, most, longest);
        let line = format!("  {name}{space}  {count:digits$}  {}", TextStyle::Dim.on(&bar, looks));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if !rest.is_empty() {
        let events: u64 = rest.iter().map(|(_, count)| count).sum();
        out += &format!("  and {} with {events}\n", format_count(rest.len() as u64, "more value"));
    }
    out
}

/// A bar of blocks, to an eighth of one; none is shorter than that.
fn bar(count: u64, most: u64, longest: usize) -> String {
    let eighths = u128::from(count) * (longest as u128 * 8) / u128::from(most.max(1));
    let eighths = (eighths as usize).max(usize::from(count > 0 && longest > 0));
    let last = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{last}", "█".repeat(eighths / 8))
}

/// How many events there were in each hour of each weekday.
#[derive(Clone, Debug, Default)]
pub(crate) struct HourlyCounts([[u64; 24]; 7]);

impl HourlyCounts {
    /// Counts an event on a weekday from 0, Monday, in an hour from 0.
    pub(crate) fn add(&mut self, day: usize, hour: usize) {
        if let Some(count) = self.0.get_mut(day).and_then(|hours| hours.get_mut(hour)) {
            *count += 1;
        }
    }

    /// Each weekday with its hours.
    pub(crate) fn days(&self) -> impl Iterator<Item = (&'static str, &[u64; 24])> {
        DAYS.into_iter().zip(&self.0)
    }

    /// A line for each weekday, a sign for each hour.
    pub(crate) fn map(&self) -> String {
        let most = self.0.iter().flatten().copied().max().unwrap_or_default();
        let sum = |hours: &[u64; 24]| hours.iter().sum::<u64>();
        let digits = self.days().map(|(_, hours)| sum(hours).to_string().len());
        let digits = digits.max().unwrap_or_default().max("total".len());
        let mut out = format!("       00 03 06 09 12 15 18 21  {:>digits$}\n", "total");
        for (day, hours) in self.days() {
            let signs: String = hours.iter().map(|count| sign(*count, most)).collect();
            out += &format!("  {day}  {signs}  {:digits$}\n", sum(hours));
        }
        out
    }
}

fn sign(count: u64, most: u64) -> char {
    if count == 0 {
        return '·';
    }
    let eighth = (u128::from(count) * 8).div_ceil(u128::from(most.max(1)));
    let place = (eighth as usize).saturating_sub(1);
    HEIGHTS.get(place).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_counts() {
        let values = [("日本", 80), ("\u{1b}[2J", 41), ("", 1), ("x", 1), ("y", 2)];
        assert_eq!(
            bars(&values, 3, Some(40), false),
            "  日本       80  ███████████████████████\n  \\u{1b}[2J  41  ███████████▊\n  -           1  ▎\n  and 2 more values with 3\n"
        );
        assert_eq!(bars(&[], 3, None, false), "");
        for room in 0..60 {
            let longest = bars(&values, 9, Some(room), false);
            assert!(longest.lines().all(|line| width(line) <= room.max(30)), "{room}");
        }
    }

    #[test]
    fn a_map_has_a_sign_for_each_hour() {
        let mut hours = HourlyCounts::default();
        (0..8).for_each(|_| hours.add(0, 9));
        hours.add(6, 23);
        hours.add(7, 0);
        let map = hours.map();
        let lines: Vec<&str> = map.lines().collect();
        assert_eq!(lines[0], "       00 03 06 09 12 15 18 21  total");
        assert_eq!(lines[1], "  Mon  ·········█··············      8");
        assert_eq!(lines[7], "  Sun  ·······················▁      1");
        assert_eq!(lines.len(), 8);
    }
}
