//! Bar charts of counts, and a heat map of hours and weekdays.

use super::plural::format_count;
use super::sanitize::single_line;
use super::styled_text::{StyledText, TextStyle};
use super::width::{Truncation, display_width, truncate};

/// Width of a chart if the width of the terminal is unknown.
const DEFAULT_WIDTH: usize = 100;
const MAX_BAR_WIDTH: usize = 40;
const MAX_NAME_WIDTH: usize = 40;
/// The last block of a bar. The index is the width of the block in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// The blocks for an hour with events, from the lowest to the highest. The count of the hour is divided by the count of
/// the busiest hour and rounded up to eighths: `▁` means at most one eighth, and `█` means more than seven eighths.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The first `top` values, one per line: name, count and bar.
pub(crate) fn bars(values: &[(&str, u64)], top: usize, max_width: Option<usize>) -> StyledText {
    let max_width = max_width.unwrap_or(DEFAULT_WIDTH);
    let (shown, rest) = values.split_at(values.len().min(top));
    let name = |name: &str| {
        let name = if name.is_empty() { "-".to_owned() } else { single_line(name) };
        truncate(&name, max_width.saturating_sub(20).clamp(8, MAX_NAME_WIDTH), Truncation::End)
    };
    let names: Vec<String> = shown.iter().map(|(value, _)| name(value)).collect();
    let widest = names.iter().map(|name| display_width(name)).max().unwrap_or_default();
    let max_count = shown.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let digits = max_count.to_string().len();
    let bar_width = max_width.saturating_sub(2 + widest + 2 + digits + 2).min(MAX_BAR_WIDTH);
    let mut out = StyledText::default();
    for (name, (_, count)) in names.iter().zip(shown) {
        let padding = " ".repeat(widest.saturating_sub(display_width(name)));
        out.push(&format!("  {name}{padding}  {count:digits$}"));
        let bar = bar(*count, max_count, bar_width);
        if !bar.is_empty() {
            out.push("  ");
            out.push_styled(&bar, TextStyle::Dim);
        }
        out.push("\n");
    }
    if !rest.is_empty() {
        let events: u64 = rest.iter().map(|(_, count)| count).sum();
        out.push(&format!("  and {}, {events} in total\n", format_count(rest.len() as u64, "more value")));
    }
    out
}

/// A bar of blocks, exact to an eighth of a block. A count above 0 has at least an eighth.
fn bar(count: u64, max_count: u64, max_width: usize) -> String {
    let eighths = u128::from(count) * (max_width as u128 * 8) / u128::from(max_count.max(1));
    let eighths = (eighths as usize).max(usize::from(count > 0 && max_width > 0));
    let last = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{last}", "█".repeat(eighths / 8))
}

/// Number of events in each hour of each weekday.
#[derive(Clone, Debug, Default)]
pub(crate) struct HourlyCounts([[u64; 24]; 7]);

impl HourlyCounts {
    /// Counts an event. `day` is 0 (Monday) to 6 (Sunday), and `hour` is 0 to 23; other values are ignored.
    pub(crate) fn add(&mut self, day: usize, hour: usize) {
        if let Some(count) = self.0.get_mut(day).and_then(|hours| hours.get_mut(hour)) {
            *count += 1;
        }
    }

    /// The weekdays with the counts of their hours.
    pub(crate) fn days(&self) -> impl Iterator<Item = (&'static str, &[u64; 24])> {
        DAYS.into_iter().zip(&self.0)
    }

    /// A title line, and one line per weekday with one block character per hour.
    pub(crate) fn heat_map(&self) -> String {
        let max = self.0.iter().flatten().copied().max().unwrap_or_default();
        let sum = |hours: &[u64; 24]| hours.iter().sum::<u64>();
        let digits = self.days().map(|(_, hours)| sum(hours).to_string().len());
        let digits = digits.max().unwrap_or_default().max("total".len());
        let mut out = format!("       00 03 06 09 12 15 18 21  {:>digits$}\n", "total");
        for (day, hours) in self.days() {
            let blocks: String = hours.iter().map(|count| hour_block(*count, max)).collect();
            out += &format!("  {day}  {blocks}  {:digits$}\n", sum(hours));
        }
        out
    }
}

fn hour_block(count: u64, max: u64) -> char {
    if count == 0 {
        return '·';
    }
    let eighth = (u128::from(count) * 8).div_ceil(u128::from(max.max(1)));
    let index = (eighth as usize).saturating_sub(1);
    HEIGHTS.get(index).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_lengths_are_proportional_to_counts() {
        let values = [("日本", 80), ("\u{1b}[2J", 41), ("", 1), ("x", 1), ("y", 2)];
        assert_eq!(
            bars(&values, 3, Some(40)).to_string(),
            "  日本       80  ███████████████████████\n  \\u{1b}[2J  41  ███████████▊\n  -           1  ▎\n  and 2 more values, 3 in total\n"
        );
        assert_eq!(bars(&[], 3, None).to_string(), "");
        for max_width in 0..60 {
            let longest = bars(&values, 9, Some(max_width)).to_string();
            assert!(longest.lines().all(|line| display_width(line) <= max_width.max(30)), "{max_width}");
        }
    }

    #[test]
    fn a_heat_map_has_a_block_for_each_hour() {
        let mut hours = HourlyCounts::default();
        (0..8).for_each(|_| hours.add(0, 9));
        hours.add(6, 23);
        hours.add(7, 0);
        let map = hours.heat_map();
        let lines: Vec<&str> = map.lines().collect();
        assert_eq!(lines[0], "       00 03 06 09 12 15 18 21  total");
        assert_eq!(lines[1], "  Mon  ·········█··············      8");
        assert_eq!(lines[7], "  Sun  ·······················▁      1");
        assert_eq!(lines.len(), 8);
    }
}
