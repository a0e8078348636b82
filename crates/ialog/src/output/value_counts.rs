//! "Which users are there?" is asked before "what did this one do?". So the values of a column are counted, the most
//! frequent first.

use std::collections::HashMap;

use ionos_activitylog_archive::escape_cell;

use crate::output::printer::row;
use crate::output::table::{Cell, ColumnSpec, Table, TextStyle};
use crate::output::text::{Truncation, safe};

/// How many events have each value.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueCounts {
    counts: HashMap<String, u64>,
}

impl ValueCounts {
    /// Counts an event that has these values, each once; one that has none is counted too.
    pub(crate) fn add(&mut self, values: Vec<String>) {
        let none = values.is_empty().then(String::new);
        for value in values.into_iter().chain(none) {
            *self.counts.entry(value).or_default() += 1;
        }
    }

    /// The most frequent first, those of one count in the order of their texts.
    pub(crate) fn sorted(&self) -> Vec<(&str, u64)> {
        let counts = self.counts.iter();
        let mut sorted: Vec<(&str, u64)> = counts.map(|(value, count)| (value.as_str(), *count)).collect();
        sorted.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
        sorted
    }
}

/// The counts as a table.
pub(crate) fn value_table(values: &[(&str, u64)]) -> Table {
    let head = |title, right| ColumnSpec { title, least: 8, importance: None, cut: Truncation::End, right };
    let row = |(value, count): &(&str, u64)| {
        let value = if value.is_empty() { "-" } else { value };
        vec![Cell::new(&count.to_string(), TextStyle::Plain), Cell::new(value, TextStyle::Plain)]
    };
    Table { heads: vec![head("events", true), head("value", false)], rows: values.iter().map(row).collect() }
}

/// A value and its count as a row of comma-separated values; `shown` on a terminal.
pub(crate) fn value_row(value: &str, events: String, shown: bool) -> String {
    let value = if shown { safe(value) } else { value.to_owned() };
    row([escape_cell(&value).into_owned(), events].into_iter())
}

/// A value and its count as JSON; a value that events do not have is null.
pub(crate) fn value_json(value: &str, events: u64) -> String {
    let value = if value.is_empty() { serde_json::Value::Null } else { value.into() };
    format!("{{\"value\":{value},\"events\":{events}}}")
}
