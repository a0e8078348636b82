//! An operation for people: who asked for what, a line for each event, and how long it took in the end.

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{CloudRequest, Event, Outcome};

use super::length;
use super::operation::Operation;
use crate::commands::show::indented;
use crate::output::column::Column;
use crate::output::event_table::{DisplayClock, shortest};
use crate::output::row::{Row, detail};
use crate::output::table::{Cell, ColumnSpec, Table, TableOptions, TextStyle};
use crate::output::text::{Truncation, cut, safe, width};

/// What is shown of an operation, and the titles of columns for which there was no room.
pub(crate) fn text(
    operation: &Operation,
    told: Option<&CloudRequest>,
    clock: DisplayClock,
    style: TableOptions,
) -> (String, Vec<&'static str>) {
    let (steps, left_out) = table(operation, clock).render(style);
    let mut out = heading(operation, style) + &steps + &ending(operation, style.looks);
    if let Some(told) = told {
        out += &details(told, style.looks);
    }
    (out, left_out)
}

/// What it is known by, and who asked for what.
fn heading(operation: &Operation, style: TableOptions) -> String {
    let request = operation.request().map(|name| format!("request {name}"));
    let queue = operation.queue().map(|name| format!("queue reference {name}"));
    let contract = format!("contract {}", operation.contract);
    let names: Vec<String> = request.into_iter().chain(queue).chain([contract]).collect();
    let mut out = String::new();
    for line in filled(&names, ", ", style.room) {
        out += &format!("{}\n", TextStyle::Bold.on(&line, style.looks));
    }
    let Some(lead) = operation.lead() else {
        return out;
    };
    let found = Row::one(operation.contract.clone(), lead.clone());
    let column = |column: Column, before: &str| {
        let text = column.text(&found);
        text.map(|text| format!("{before}{text}"))
    };
    let words = [
        column(Column::Action, ""),
        column(Column::Resource, ""),
        column(Column::User, "by "),
        column(Column::From, "from "),
        column(Column::Service, "through "),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    for line in filled(&words, " ", style.room) {
        out += &format!("{line}\n");
    }
    out
}

/// The parts on as few lines as there is room for, each whole on one line if it can be.
fn filled(parts: &[String], between: &str, room: Option<usize>) -> Vec<String> {
    let room = room.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = cut(&safe(part), room, Truncation::Middle);
        match lines.last_mut() {
            Some(line) if width(line) + between.len() + width(&part) <= room => {
                line.push_str(between);
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn table(operation: &Operation, clock: DisplayClock) -> Table {
    let times = operation.events().iter().filter_map(Event::time);
    // Events of an operation are milliseconds apart.
    let format = shortest(times, clock).replace("%S", "%S%.3f");
    let mut before = None;
    let rows = operation.events().iter().map(|event| {
        let row = row(event, operation.start, before, clock, &format);
        before = event.time().or(before);
        row
    });
    Table {
        rows: rows.collect(),
        heads: vec![
            head("time", 29, None, true),
            head("offset", 9, Some(8), true),
            head("step", 9, Some(4), true),
            head("event", 12, None, false),
            head("status", 7, Some(9), false),
            head("detail", 12, Some(6), false),
        ],
    }
}

fn head(title: &'static str, least: usize, importance: Option<u8>, right: bool) -> ColumnSpec {
    ColumnSpec { title, least, importance, cut: Truncation::End, right }
}

fn row(
    event: &Event,
    start: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    clock: DisplayClock,
    format: &str,
) -> Vec<Cell> {
    let event_details = event.details();
    let time = event.time();
    let local = time.map(|time| time.with_timezone(&clock.zone).format(format).to_string());
    let since = |from: Option<DateTime<Utc>>| {
        let length = time.zip(from).map(|(time, from)| time - from);
        length.map(|length| format!("+{}", length::told(length)))
    };
    let failed = detail(event);
    let look = match event_details.outcome() {
        Outcome::Failure => TextStyle::Bad,
        Outcome::Success => TextStyle::Good,
        Outcome::Pending => TextStyle::Waiting,
        Outcome::Unknown => TextStyle::Plain,
    };
    let cell = |text: Option<String>, look: TextStyle| Cell::new(&text.unwrap_or_default(), look);
    let detail_look = if failed.is_some() { TextStyle::Bad } else { TextStyle::Plain };
    vec![
        cell(local, TextStyle::Dim),
        cell(since(start), TextStyle::Plain),
        cell(since(before), TextStyle::Dim),
        cell(event_details.event_type().map(|one| one.to_string()), TextStyle::Plain),
        cell(event_details.status().map(|one| one.to_string()), look),
        cell(failed.or_else(|| event_details.message().map(String::from)), detail_look),
    ]
}

/// How it ended, and how long that took.
fn ending(operation: &Operation, looks: bool) -> String {
    let durations = operation.durations();
    let (word, look) = match operation.outcome {
        Outcome::Success => ("done", TextStyle::Good),
        Outcome::Failure => ("FAILED", TextStyle::Bad),
        Outcome::Pending => ("not over, as far as the log tells", TextStyle::Waiting),
        Outcome::Unknown => ("how it ended is not told", TextStyle::Plain),
    };
    let mut out = TextStyle::on(look, word, looks);
    let named = |length: Option<TimeDelta>, what: &str| length.map(|length| format!("{} {what}", length::told(length)));
    let several = operation.events().len() > 1;
    match durations.accepted_to_done {
        Some(length) => out += &format!(" {} after it was accepted", length::told(length)),
        None if several => {
            let all = named(durations.all, "from the first event to the last");
            out.extend(all.map(|all| format!(", {all}")));
        }
        None => {}
    }
    let parts = [named(durations.queued, "queued"), named(durations.running, "running")];
    for part in parts.into_iter().flatten() {
        out += &format!(", {part}");
    }
    out + "\n"
}

/// What the Cloud API tells, a value on each line; the body of the request with each member on its own.
fn details(told: &CloudRequest, looks: bool) -> String {
    let words = |parts: [Option<String>; 2]| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let method = told.method().map(String::from);
    let request = words([method, told.url().map(String::from)]);
    let status = told.status().map(|status| status.to_string());
    let status = words([status, told.message().map(String::from)]);
    let created_by = told.created_by().map(String::from);
    let headers: Option<std::collections::BTreeMap<String, serde_json::Value>> =
        told.field("/properties/headers").and_then(|headers| serde_json::from_str(headers).ok());
    let headers = headers.into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        ("header", format!("{name}: {value}"))
    });
    let one = |name: &'static str, value: Option<String>| value.map(|value| (name, value));
    let lines = [one("asked", request), one("by", created_by), one("status", status)];
    let lines = lines.into_iter().flatten().chain(headers);
    let mut out = format!("{}\n", TextStyle::Bold.on("Cloud API", looks));
    for (name, value) in lines {
        out += &format!("  {}  {}\n", TextStyle::Dim.on(&format!("{name:6}"), looks), safe(&value));
    }
    if let Some(body) = told.body().filter(|body| !body.is_empty()) {
        out += &format!("  {}\n", TextStyle::Dim.on("body", looks));
        let is_json = serde_json::from_str::<serde_json::Value>(&body).is_ok();
        let shown = if is_json { indented(&body) } else { body.into_owned() };
        for line in shown.lines() {
            out += &format!("    {}\n", safe(line));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_whole_where_there_is_room_and_no_line_is_too_long() {
        let parts = ["request 12345".to_owned(), "queue 7".to_owned(), "日本".to_owned()];
        for (room, expected) in [
            (None, vec!["request 12345, queue 7, 日本"]),
            (Some(22), vec!["request 12345, queue 7", "日本"]),
            (Some(13), vec!["request 12345", "queue 7, 日本"]),
            (Some(8), vec!["requ…345", "queue 7", "日本"]),
        ] {
            assert_eq!(filled(&parts, ", ", room), expected);
        }
    }
}
