//! The columns by which rows are shown, sorted and counted. All outputs use the same column names.

use std::borrow::Cow;
use std::cell::OnceCell;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::internal::did_you_mean;
use ionos_activitylog::{Details, Outcome, Resource};
use ionos_activitylog_archive::{FlatResource, FlatRow};
use serde_json::Value;

use super::row::{MAX_FURTHER, Row};
use crate::error::CommandError;

/// A named column of the output. A row may have no value in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Time,
    User,
    Action,
    Resource,
    Result,
    From,
    Detail,
    Took,
    Events,
    Id,
    Contract,
    Type,
    Service,
    Request,
    /// A column of `ialog schema flat`.
    Flat(&'static str),
}

/// The columns of tables, by name.
const TABLE_COLUMNS: [(&str, Column); 14] = [
    ("time", Column::Time),
    ("user", Column::User),
    ("action", Column::Action),
    ("resource", Column::Resource),
    ("result", Column::Result),
    ("from", Column::From),
    ("detail", Column::Detail),
    ("took", Column::Took),
    ("events", Column::Events),
    ("id", Column::Id),
    ("contract", Column::Contract),
    ("type", Column::Type),
    ("service", Column::Service),
    ("request", Column::Request),
];

/// Filters whose name differs from the name of their column: the name of the filter, and the name of the column.
const ALIASES: [(&str, &str); 2] = [("ip", "source_ip"), ("uuid", "event_id")];

impl Column {
    /// The default columns of a table.
    pub(crate) const TABLE: [Self; 7] =
        [Self::Time, Self::User, Self::Action, Self::Resource, Self::Result, Self::From, Self::Detail];

    /// The default columns of a wide table.
    pub(crate) const WIDE: [Self; 12] = [
        Self::Time,
        Self::Contract,
        Self::User,
        Self::Action,
        Self::Resource,
        Self::Result,
        Self::Took,
        Self::From,
        Self::Service,
        Self::Request,
        Self::Id,
        Self::Detail,
    ];

    /// The columns of `ialog schema flat`.
    pub(crate) fn flat() -> Vec<Self> {
        FlatRow::COLUMNS.map(Self::Flat).to_vec()
    }

    /// The column with this name. A table column and a column of `ialog schema flat` may have the same name. For such a
    /// name, returns the table column if `for_people` is set, otherwise the flat column.
    pub(crate) fn parse(name: &str, for_people: bool) -> Result<Self, CommandError> {
        let normalized = name.trim().to_lowercase().replace('-', "_");
        let alias = ALIASES.iter().find(|(alias, _)| *alias == normalized);
        let normalized = alias.map_or(normalized.as_str(), |(_, name)| name);
        let own = TABLE_COLUMNS.iter().find(|(own, _)| *own == normalized);
        let own = own.map(|(_, column)| *column);
        let flat = FlatRow::COLUMNS.into_iter().find(|flat| *flat == normalized);
        let flat = flat.map(Self::Flat);
        let column = if for_people { own.or(flat) } else { flat.or(own) };
        column.ok_or_else(|| {
            let known = || TABLE_COLUMNS.iter().map(|(name, _)| *name).chain(FlatRow::COLUMNS);
            let guess = did_you_mean(normalized, known());
            let own: Vec<&str> = TABLE_COLUMNS.iter().map(|(name, _)| *name).collect();
            CommandError::usage(
                format!("unknown column {name:?}{guess}"),
                format!("valid columns are {}, and those of `ialog schema flat`", own.join(", ")),
            )
        })
    }

    /// The columns with these names, or the default columns if there are no names.
    pub(crate) fn parse_all(names: &[String], default: &[Self], for_people: bool) -> Result<Vec<Self>, CommandError> {
        if names.is_empty() {
            return Ok(default.to_vec());
        }
        require_few_columns(names.len())?;
        names.iter().map(|name| Self::parse(name, for_people)).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flat(name) => name,
            named => TABLE_COLUMNS.iter().find(|(_, column)| *column == named).map_or("", |(name, _)| name),
        }
    }

    /// The same as [`RowCells::text`], for callers that need only one column of a row.
    pub(crate) fn text(self, row: &Row) -> Option<String> {
        RowCells::new(row).text(self)
    }
}

/// Maximum number of columns that an output shows, that a template uses, or that rows are sorted by. There is a maximum
/// because each of these columns is computed for each row.
const MAX_COLUMNS: usize = 1000;

/// Fails for more than [`MAX_COLUMNS`] columns.
pub(crate) fn require_few_columns(count: usize) -> Result<(), CommandError> {
    match count {
        0..=MAX_COLUMNS => Ok(()),
        _ => Err(CommandError::usage(format!("{count} columns are given"), format!("use at most {MAX_COLUMNS}"))),
    }
}

/// The values of a row. The values of `ialog schema flat` are computed together when the first of them is needed. The
/// hash of the record is computed separately, because it takes as long as all other values together.
pub(crate) struct RowCells<'a> {
    row: &'a Row,
    flat: OnceCell<FlatRow<'a>>,
}

/// A value to sort by. Values of one column have the same variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortValue {
    Time(DateTime<Utc>),
    Duration(TimeDelta),
    Number(u64),
    Text(String),
}

/// A value of a flat row.
enum FlatCell<'a> {
    Text(Cow<'a, str>),
    Number(u16),
    Resources(&'a [FlatResource<'a>]),
}

impl<'a> RowCells<'a> {
    pub(crate) fn new(row: &'a Row) -> Self {
        Self { row, flat: OnceCell::new() }
    }

    /// The row's value in the column as JSON; null if the row has no value there. If the value is an object, the order
    /// of its members is fixed.
    pub(crate) fn json(&self, column: Column) -> String {
        let null = || "null".to_owned();
        match column {
            Column::Took => self.row.duration().map_or_else(null, |time| time.num_milliseconds().to_string()),
            Column::Events => self.row.event_count().to_string(),
            Column::Flat(name) => match self.flat_cell(name) {
                Some(FlatCell::Text(text)) => Value::from(text.as_ref()).to_string(),
                Some(FlatCell::Number(number)) => number.to_string(),
                Some(FlatCell::Resources(resources)) => serde_json::to_string(resources).unwrap_or_else(|_| null()),
                None => null(),
            },
            _ => self.text(column).map_or_else(null, |text| Value::from(text).to_string()),
        }
    }

    /// The row's value in the column as text; `None` if the row has no value there.
    pub(crate) fn text(&self, column: Column) -> Option<String> {
        let row = self.row;
        let details = row.event.details();
        match column {
            Column::Time => row.event.time().map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Column::User => details.principal().user.map(String::from),
            Column::Action => details.actions().into_iter().next().map(String::from),
            Column::Resource => {
                let further = further_resources(&details);
                shown_resource(&details).map(|first| format!("{first}{}", further_suffix(further)))
            }
            Column::Result => Some(result(row)),
            Column::From => self.address().or_else(|| details.principal().service.map(|service| service.to_string())),
            Column::Detail => row.error_detail(),
            Column::Took => row.duration().map(|time| format!("{:.1} s", time.as_seconds_f64())),
            Column::Events => Some(row.event_count().to_string()),
            Column::Id => Some(row.event.id().to_string()),
            Column::Contract => Some(row.contract.to_string()),
            Column::Type => details.event_type().map(|one| one.to_string()),
            Column::Service => details.principal().service.map(|one| one.to_string()),
            Column::Request => details.request_id().map(String::from),
            Column::Flat(name) => match self.flat_cell(name)? {
                FlatCell::Text(text) => Some(text.into_owned()),
                FlatCell::Number(number) => Some(number.to_string()),
                FlatCell::Resources([]) => None,
                FlatCell::Resources(resources) => serde_json::to_string(resources).ok(),
            },
        }
    }

    /// The text of a table cell, and its suffix. The suffix is the number of further values, such as ` +2`; empty if
    /// there are none. The values of an operation are those of all of its events.
    pub(crate) fn table_text(&self, column: Column) -> (String, String) {
        let details = self.row.event.details();
        let distinct = self.row.distinct();
        let text = match column {
            Column::Resource => shown_resource(&details).filter(|text| !text.is_empty()),
            _ => self.text(column),
        };
        let besides = |count: usize, has_value: bool| count.saturating_sub(usize::from(has_value)).min(MAX_FURTHER);
        let further = match column {
            Column::User => besides(distinct.user, text.is_some()),
            Column::Action => besides(distinct.action, text.is_some()).max(details.actions().len().saturating_sub(1)),
            Column::Resource => besides(distinct.resource, text.is_some()).max(further_resources(&details)),
            Column::From => besides(distinct.address, self.address().is_some()),
            _ => 0,
        };
        let suffix = further_suffix(further);
        match text {
            Some(text) => (text, suffix),
            None => (String::new(), suffix.trim_start().to_owned()),
        }
    }

    /// The address of the client, in its canonical form if it is a valid IP address. `None` if the event has no
    /// address.
    pub(crate) fn address(&self) -> Option<String> {
        let principal = self.row.event.details().principal();
        let address = principal.ip().map(|ip| ip.to_canonical().to_string());
        address.or_else(|| principal.source_ip.map(String::from))
    }

    /// All different values of the row in a column, sorted. Statistics count each of these values, and a filter may
    /// match any of them; [`Self::text`] returns only one text.
    pub(crate) fn values(&self, column: Column) -> Vec<String> {
        let details = self.row.event.details();
        let resources = || details.resources().into_iter();
        let mut values: Vec<String> = match column {
            Column::Action | Column::Flat("action") => details.actions().into_iter().map(String::from).collect(),
            Column::Flat("resource_type") => {
                resources().filter_map(|one| one.resource_type).map(|one| one.to_string()).collect()
            }
            Column::Resource => resources().map(|one| resource_name(&one)).collect(),
            Column::Flat("resource_id") => resources().filter_map(|one| one.id).map(String::from).collect(),
            _ => self.text(column).into_iter().collect(),
        };
        values.retain(|value| !value.is_empty());
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The row's value in the column as a value to sort by; `None` if the row has no value there.
    pub(crate) fn sort_value(&self, column: Column) -> Option<SortValue> {
        match column {
            Column::Time => self.row.event.time().map(SortValue::Time),
            Column::Took => self.row.duration().map(SortValue::Duration),
            Column::Events => Some(SortValue::Number(self.row.event_count())),
            _ => self.text(column).map(SortValue::Text),
        }
    }

    fn flat_cell(&self, name: &str) -> Option<FlatCell<'_>> {
        // These values are computed without the flat row, so that the flat row is built only if another value needs it.
        match name {
            "raw_sha256" => return Some(FlatCell::Text(Cow::Owned(FlatRow::hash_record(&self.row.event)))),
            "event_id" => return Some(FlatCell::Text(Cow::Owned(self.row.event.id().to_string()))),
            "outcome" => return Some(FlatCell::Text(Cow::Borrowed(self.row.outcome().as_str()))),
            _ => {}
        }
        let flat = self.flat.get_or_init(|| FlatRow::without_hash(&self.row.contract, &self.row.event));
        let text = match name {
            "contract" => Some(flat.contract.as_ref()),
            "identity_contract" => flat.identity_contract.as_deref(),
            "user" => flat.user.as_deref(),
            "time" => flat.time.as_deref(),
            "event_type" => flat.event_type.as_deref(),
            "status" => flat.status.as_deref(),
            "op_class" => Some(flat.op_class),
            "verb" => flat.verb.as_deref(),
            "area" => flat.area.as_deref(),
            "source_service" => flat.source_service.as_deref(),
            "param_service" => flat.param_service.as_deref(),
            "initiator" => flat.initiator.as_deref(),
            "service_host" => flat.service_host.as_deref(),
            "api_version" => flat.api_version.as_deref(),
            "source_ip" => flat.source_ip.as_deref(),
            "method" => flat.method.as_deref(),
            "uri" => flat.uri.as_deref(),
            "uri_template" => flat.uri_template.as_deref(),
            "request_id" => flat.request_id.as_deref(),
            "queue_ref_id" => flat.queue_ref_id.as_deref(),
            "transaction_id" => flat.transaction_id.as_deref(),
            "error_code" => flat.error_code.as_deref(),
            "http_status" => return flat.http_status.map(FlatCell::Number),
            "error_message" => flat.error_message.as_deref(),
            "resource_type" => flat.resource_type.as_deref(),
            "resource_id" => flat.resource_id.as_deref(),
            "action" => flat.action.as_deref(),
            "resources" => return Some(FlatCell::Resources(&flat.resources)),
            "message" => flat.message.as_deref(),
            _ => None,
        };
        text.map(|text| FlatCell::Text(Cow::Borrowed(text)))
    }
}

/// The first resource, such as `server/8f3a`. `None` if there is no resource.
fn shown_resource(details: &Details<'_>) -> Option<String> {
    details.resources().first().map(resource_name)
}

/// The type and the id of a resource, such as `server/8f3a`. If one of the two is missing, the other one alone.
fn resource_name(resource: &Resource<'_>) -> String {
    let resource_type = resource.resource_type.as_ref().map(|one| one.as_str());
    let parts: Vec<&str> = resource_type.into_iter().chain(resource.id.as_deref()).collect();
    parts.join("/")
}

/// The number of resources after the first.
fn further_resources(details: &Details<'_>) -> usize {
    details.resources().len().saturating_sub(1)
}

/// The number of further values, such as ` +2`; empty for 0.
fn further_suffix(further: usize) -> String {
    if further == 0 { String::new() } else { format!(" +{further}") }
}

/// The outcome, or the last status in lower case if the outcome is pending or unknown.
fn result(row: &Row) -> String {
    let last_status = |or: &str| row.last_status().map_or_else(|| or.to_owned(), |status| status.to_lowercase());
    match row.outcome() {
        Outcome::Failure => "FAILED".to_owned(),
        Outcome::Success => "done".to_owned(),
        Outcome::Pending => last_status("pending"),
        Outcome::Unknown => last_status("-"),
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;

    /// The flat columns are listed twice: in this module and in the crate of the archive. So each value is compared
    /// with the value in the [`FlatRow`] of that crate.
    #[test]
    fn each_flat_column_has_the_value_of_the_flat_row() {
        for record in [
            "{}",
            r#"{"@uuid":"c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
            "meta":{"time":"2026-11-20T10:14:03.1209+01:00","requestId":"r","queueRefId":9182731,"transactionId":"t"},
            "principal":{"identity":{"username":"=jane","contractNumber":98},"sourceIP":"203.0.113.42",
                "sourceService":"PUBLIC_REST_V5","serviceHost":"h"},
            "event":{"type":"Error","status":"-FAILED","message":"m","param":{"action":"POST",
                "uri":"https://api.ionos.com/cloudapi/v6/datacenters/c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
                "initiator":"i","sourceService":"p","errorCode":"e",
                "error":{"httpStatus":"422","messages":[{"message":"one"},{"message":"two"}]}},
              "resources":[{"type":"server","id":17,"action":[]},{"type":"nic","id":"n","action":["vr.nic.create"]}]}}"#,
        ] {
            let row = Row::new(7.into(), Event::from_json(record).unwrap());
            let flat = serde_json::to_value(FlatRow::new(&row.contract, &row.event)).unwrap();
            let cells = RowCells::new(&row);
            for name in FlatRow::COLUMNS {
                let json: Value = serde_json::from_str(&cells.json(Column::Flat(name))).unwrap();
                assert_eq!(json, flat[name], "{name}");
                let text = match &flat[name] {
                    Value::Null => None,
                    Value::String(text) => Some(text.clone()),
                    Value::Array(resources) if resources.is_empty() => None,
                    _ => Some(cells.json(Column::Flat(name))),
                };
                assert_eq!(cells.text(Column::Flat(name)), text, "{name}");
            }
        }
    }
}
