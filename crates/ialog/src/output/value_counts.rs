//! Counts how often each value of a column occurs, and lists the most frequent value first.

use std::collections::HashMap;

use ionos_activitylog_archive::escape_cell;

use super::printer::csv_row;
use super::styled_text::TextStyle;
use super::table::{Cell, ColumnSpec, Table};
use super::width::Truncation;

/// For each value, the number of rows that have the value.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueCounts {
    counts: HashMap<String, u64>,
}

impl ValueCounts {
    /// Adds 1 to the count of each value of a row. A row without values adds 1 to the count of the empty value.
    pub(crate) fn add(&mut self, values: &[String]) {
        let none = values.is_empty().then_some("");
        for value in values.iter().map(String::as_str).chain(none) {
            match self.counts.get_mut(value) {
                Some(count) => *count += 1,
                None => {
                    self.counts.insert(value.to_owned(), 1);
                }
            }
        }
    }

    /// The values and their counts: the most frequent value first, and values with equal counts in the order of their
    /// text.
    pub(crate) fn sorted(&self) -> Vec<(&str, u64)> {
        let counts = self.counts.iter();
        let mut sorted: Vec<(&str, u64)> = counts.map(|(value, count)| (value.as_str(), *count)).collect();
        sorted.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
        sorted
    }
}

/// The name of the counted unit: `operations` or `events`. All output formats use this name for the count.
pub(crate) const fn count_unit(folds: bool) -> &'static str {
    if folds { "operations" } else { "events" }
}

/// A table of values and counts. `unit` is the title of the counts, see [`count_unit`].
pub(crate) fn value_table(values: &[(&str, u64)], unit: &'static str) -> Table {
    let column = |title, align_right| ColumnSpec {
        title,
        note: None,
        min_width: 8,
        importance: None,
        truncation: Truncation::End,
        align_right,
    };
    let row = |(value, count): &(&str, u64)| {
        let value = if value.is_empty() { "-" } else { value };
        vec![Cell::new(&count.to_string(), TextStyle::Plain), Cell::new(value, TextStyle::Plain)]
    };
    Table { columns: vec![column(unit, true), column("value", false)], rows: values.iter().map(row).collect() }
}

/// A value and its count as a row of CSV.
pub(crate) fn value_csv(value: &str, count: String) -> String {
    csv_row([escape_cell(value).into_owned(), count].into_iter())
}

/// A value and its count as JSON; the empty value is null.
pub(crate) fn value_json(value: &str, count: u64, unit: &str) -> String {
    let value = if value.is_empty() { serde_json::Value::Null } else { value.into() };
    format!("{{\"value\":{value},\"{unit}\":{count}}}")
}
