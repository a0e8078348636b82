//! An operation as a JSON object with a fixed order of members.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::Event;
use serde_json::Value;

use super::cloud_request::CloudRequestInfo;
use super::operation::Operation;
use crate::output::column::{Column, RowCells};
use crate::output::row::{Row, error_detail};

/// The operation as JSON text on one line. Durations are in milliseconds, times in UTC; unknown values are null.
pub(super) fn operation_json(operation: &Operation, info: Option<&CloudRequestInfo>) -> String {
    let durations = operation.durations();
    let lead = operation.lead().map(Event::details);
    let principal = lead.as_ref().map(|lead| lead.principal());
    let action = lead.as_ref().map(|lead| lead.action());
    let mut before = None;
    let events = operation.events().iter().map(|event| {
        let step = event.time().zip(before).map(|(time, before)| time - before);
        before = event.time().or(before);
        event_json(operation, event, step)
    });
    let events: Vec<String> = events.collect();
    let details = match info {
        Some(CloudRequestInfo::Known(request)) => request.json().to_owned(),
        _ => "null".to_owned(),
    };
    let mut members = vec![
        ("contract", text(Some(operation.contract.as_str()))),
        ("request", text(operation.request())),
        ("queue_ref", text(operation.queue())),
        ("outcome", text(Some(operation.outcome.as_str()))),
        ("start", time(operation.start)),
        ("end", time(operation.end)),
        ("took_ms", milliseconds(durations.total)),
        ("accepted_to_done_ms", milliseconds(durations.accepted_to_done)),
        ("queued_ms", milliseconds(durations.queued)),
        ("running_ms", milliseconds(durations.running)),
        ("user", text(principal.as_ref().and_then(|one| one.user.clone()))),
        ("source_ip", text(principal.as_ref().and_then(|one| one.source_ip.clone()))),
        ("method", text(action.as_ref().and_then(|one| one.method.clone()))),
        ("uri", text(action.as_ref().and_then(|one| one.uri.clone()))),
        ("events", format!("[{}]", events.join(","))),
    ];
    if info.is_some() {
        members.push(("details", details));
    }
    object(&members)
}

/// The columns of `ialog schema flat` that are also shown for each event, because the values of an event may differ
/// from those of the operation.
const EVENT_COLUMNS: [&str; 6] = ["user", "source_ip", "action", "method", "uri", "resources"];

fn event_json(operation: &Operation, event: &Event, step: Option<TimeDelta>) -> String {
    let details = event.details();
    let offset = event.time().zip(operation.start).map(|(time, start)| time - start);
    let row = Row::new(operation.contract.clone(), event.clone());
    let cells = RowCells::new(&row);
    let columns = EVENT_COLUMNS.map(|name| (name, cells.json(Column::Flat(name))));
    let mut members = vec![
        ("event_id", text(Some(event.id().to_string()))),
        ("time", time(event.time())),
        ("offset_ms", milliseconds(offset)),
        ("step_ms", milliseconds(step)),
        ("event_type", text(details.event_type().map(|one| one.to_string()))),
        ("status", text(details.status().map(|one| one.to_string()))),
        ("outcome", text(Some(details.outcome().as_str()))),
        ("message", text(details.message())),
        ("error", text(error_detail(event))),
    ];
    members.extend(columns);
    object(&members)
}

fn object(members: &[(&str, String)]) -> String {
    let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn text(text: Option<impl Into<String>>) -> String {
    text.map_or(Value::Null, |text| Value::from(text.into())).to_string()
}

fn time(time: Option<DateTime<Utc>>) -> String {
    text(time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

fn milliseconds(length: Option<TimeDelta>) -> String {
    length.map_or_else(|| "null".to_owned(), |length| length.num_milliseconds().to_string())
}
