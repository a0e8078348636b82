//! Formats an operation for people: the user and the request, one line for each event, and durations.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ionos_activitylog::{CloudRequest, Event, Outcome};
use serde_json::Value;

use super::cloud_request::CloudRequestInfo;
use super::operation::Operation;
use crate::output::column::{Column, RowCells};
use crate::output::duration::format_exact;
use crate::output::indent::indent_json;
use crate::output::plural::format_count;
use crate::output::row::{Row, error_detail};
use crate::output::sanitize::single_line;
use crate::output::styled_text::{StyledText, TextStyle};
use crate::output::table::{Cell, ColumnSpec, Table, TableOptions};
use crate::output::time::TimeFormat;
use crate::output::width::{Truncation, display_width, truncate};

/// The text of an operation, and the titles of columns that were dropped because the terminal is too narrow.
pub(super) fn operation_text(
    operation: &Operation,
    info: Option<&CloudRequestInfo>,
    times: TimeFormat,
    options: TableOptions,
) -> (StyledText, Vec<&'static str>) {
    let mut out = heading(operation, options.max_width);
    let (lines, dropped) = event_lines(operation, times).render(options);
    out.append(&lines);
    out.append(&ending(operation));
    if let Some(CloudRequestInfo::Known(request)) = info {
        out.append(&cloud_request_text(request));
    }
    (out, dropped)
}

/// The heading of an operation: its ids, the user and the requested change. If the log does not say to which request
/// the events belong, the heading says so.
fn heading(operation: &Operation, max_width: Option<usize>) -> StyledText {
    let request = operation.request().map(|id| format!("request {id}"));
    let queue = operation.queue().map(|reference| format!("queue reference {reference}"));
    let contract = format!("contract {}", operation.contract);
    let names: Vec<String> = request.into_iter().chain(queue).chain([contract]).collect();
    let mut out = StyledText::default();
    for line in fill_lines(&names, ", ", max_width) {
        out.push_styled(&line, TextStyle::Bold);
        out.push("\n");
    }
    if operation.request().is_none() && operation.other_requests > 0 {
        let requests = format_count(operation.other_requests as u64, "request");
        let sentence =
            format!("The log does not say to which of the {requests} with this queue reference these events belong.");
        let words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
        for line in fill_lines(&words, " ", max_width) {
            out.push(&line);
            out.push("\n");
        }
    }
    let Some(lead) = operation.lead() else {
        return out;
    };
    let row = Row::new(operation.contract.clone(), lead.clone());
    let part = |column: Column, prefix: &str| column.text(&row).map(|text| format!("{prefix}{text}"));
    let parts = [
        part(Column::Action, ""),
        part(Column::Resource, ""),
        part(Column::User, "by "),
        part(Column::From, "from "),
        part(Column::Service, "through "),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    for line in fill_lines(&parts, " ", max_width) {
        out.push(&line);
        out.push("\n");
    }
    out
}

/// Joins the parts to as few lines as possible. A part is truncated only if it does not fit on a line of its own.
fn fill_lines(parts: &[String], separator: &str, max_width: Option<usize>) -> Vec<String> {
    let max_width = max_width.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = truncate(&single_line(part), max_width, Truncation::Middle);
        match lines.last_mut() {
            Some(line) if display_width(line) + separator.len() + display_width(&part) <= max_width => {
                line.push_str(separator);
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn event_lines(operation: &Operation, times: TimeFormat) -> Table {
    let mut before = None;
    let rows = operation.events().iter().map(|event| {
        let row = row(event, operation.start, before, times);
        before = event.time().or(before);
        row
    });
    let mut table = Table {
        rows: rows.collect(),
        columns: vec![
            ColumnSpec { note: Some(times.zone_name()), ..column("time", 29, None, true) },
            column("offset", 9, Some(8), true),
            column("step", 9, Some(4), true),
            column("event", 12, None, false),
            column("status", 7, Some(9), false),
            column("detail", 12, Some(6), false),
        ],
    };
    let differences = differences(operation);
    if differences.iter().any(|text| !text.is_empty()) {
        table.columns.push(column("differences", 20, None, false));
        for (row, text) in table.rows.iter_mut().zip(differences) {
            row.push(Cell::new(&text, TextStyle::Plain));
        }
    }
    table
}

/// For each event, its values that differ from the values in the heading, such as `DELETE server by
/// mallory@example.com`. Empty if no value differs. A value that an event does not have is not a difference.
fn differences(operation: &Operation) -> Vec<String> {
    let new_row = |event: &Event| Row::new(operation.contract.clone(), event.clone());
    let lead = operation.lead().map(new_row);
    let lead = lead.as_ref().map(RowCells::new);
    let events = operation.events().iter().map(|event| {
        let row = new_row(event);
        let cells = RowCells::new(&row);
        let part = |column: Column, prefix: &str, text: Option<String>| {
            let shown = lead.as_ref().and_then(|lead| lead.text(column));
            text.filter(|text| shown.as_ref() != Some(text)).map(|text| format!("{prefix}{text}"))
        };
        let parts = [
            part(Column::Action, "", cells.text(Column::Action)),
            part(Column::Resource, "", cells.text(Column::Resource)),
            part(Column::User, "by ", cells.text(Column::User)),
            part(Column::From, "from ", cells.address()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    events.collect()
}

fn column(title: &'static str, min_width: usize, importance: Option<u8>, align_right: bool) -> ColumnSpec {
    ColumnSpec { title, note: None, min_width, importance, truncation: Truncation::End, align_right }
}

fn row(event: &Event, start: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>, times: TimeFormat) -> Vec<Cell> {
    let event_details = event.details();
    let time = event.time();
    // The time has milliseconds, because the events of an operation may be only milliseconds apart.
    let local = time.map(|time| times.format_millis(time));
    let since = |from: Option<DateTime<Utc>>| {
        let length = time.zip(from).map(|(time, from)| time - from);
        length.map(|length| format!("+{}", format_exact(length)))
    };
    let failed = error_detail(event);
    let status_style = match event_details.outcome() {
        Outcome::Failure => TextStyle::Failure,
        Outcome::Success => TextStyle::Success,
        Outcome::Pending => TextStyle::Pending,
        Outcome::Unknown => TextStyle::Plain,
    };
    let cell = |text: Option<String>, style: TextStyle| Cell::new(&text.unwrap_or_default(), style);
    let detail_style = if failed.is_some() { TextStyle::Failure } else { TextStyle::Plain };
    vec![
        cell(local, TextStyle::Dim),
        cell(since(start), TextStyle::Plain),
        cell(since(before), TextStyle::Dim),
        cell(event_details.event_type().map(|one| one.to_string()), TextStyle::Plain),
        cell(event_details.status().map(|one| one.to_string()), status_style),
        cell(failed.or_else(|| event_details.message().map(String::from)), detail_style),
    ]
}

/// The outcome, and how long the operation took.
fn ending(operation: &Operation) -> StyledText {
    let durations = operation.durations();
    let (outcome, style) = match operation.outcome {
        Outcome::Success => ("done", TextStyle::Success),
        Outcome::Failure => ("FAILED", TextStyle::Failure),
        Outcome::Pending => ("not finished according to the log", TextStyle::Pending),
        Outcome::Unknown => ("result unknown", TextStyle::Plain),
    };
    let mut out = StyledText::default();
    out.push_styled(outcome, style);
    if let Some(duration) = durations.accepted_to_done {
        out.push(&format!(" {} after it was accepted", format_exact(duration)));
    }
    let total = durations.total.filter(|_| operation.events().len() > 1);
    if let Some(total) = total.filter(|total| durations.accepted_to_done != Some(*total)) {
        out.push(&format!(", {} from the first event to the last", format_exact(total)));
    }
    for (duration, part) in [(durations.queued, "queued"), (durations.running, "running")] {
        if let Some(duration) = duration {
            out.push(&format!(", {} {part}", format_exact(duration)));
        }
    }
    if let Some(status) = operation.other_last_status() {
        out.push(&format!("; the last status is {}", single_line(&status)));
    }
    out.push("\n");
    out
}

/// The request as the Cloud API returned it, one value per line, with the indented body at the end.
fn cloud_request_text(request: &CloudRequest) -> StyledText {
    let join = |parts: [Option<String>; 2]| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let request_line = join([request.method().map(String::from), request.url().map(String::from)]);
    let status = join([request.status().map(|status| status.to_string()), request.message().map(String::from)]);
    let created_by = request.created_by().map(String::from);
    let headers: Option<BTreeMap<String, Value>> =
        request.field("/properties/headers").and_then(|headers| serde_json::from_str(headers).ok());
    let headers = headers.into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        ("header", format!("{name}: {value}"))
    });
    let line = |name: &'static str, value: Option<String>| value.map(|value| (name, value));
    let lines = [line("request", request_line), line("by", created_by), line("status", status)];
    let mut out = StyledText::default();
    out.push_styled("Cloud API", TextStyle::Bold);
    out.push("\n");
    for (name, value) in lines.into_iter().flatten().chain(headers) {
        out.push("  ");
        out.push_styled(&format!("{name:7}"), TextStyle::Dim);
        out.push(&format!("  {}\n", single_line(&value)));
    }
    if let Some(body) = request.body().filter(|body| !body.is_empty()) {
        out.push("  ");
        out.push_styled("body", TextStyle::Dim);
        out.push("\n");
        let is_json = serde_json::from_str::<Value>(&body).is_ok();
        let indented = is_json.then(|| indent_json(&body)).flatten();
        let body = indented.unwrap_or_else(|| body.into_owned());
        for line in body.lines() {
            out.push(&format!("    {}\n", single_line(line)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_truncated_only_if_they_do_not_fit_on_a_line() {
        let parts = ["request 12345".to_owned(), "queue 7".to_owned(), "日本".to_owned()];
        for (max_width, expected) in [
            (None, vec!["request 12345, queue 7, 日本"]),
            (Some(22), vec!["request 12345, queue 7", "日本"]),
            (Some(13), vec!["request 12345", "queue 7, 日本"]),
            (Some(8), vec!["requ…345", "queue 7", "日本"]),
        ] {
            assert_eq!(fill_lines(&parts, ", ", max_width), expected);
        }
    }
}
