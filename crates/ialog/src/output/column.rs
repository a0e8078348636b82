//! The columns by which rows are shown, sorted and counted. All outputs use the same column names.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::SecondsFormat;
use ionos_activitylog::internal::did_you_mean;
use ionos_activitylog::{Details, Outcome, Status};
use ionos_activitylog_archive::FlatRow;
use serde_json::Value;
use serde_json::value::RawValue;

use super::row::Row;
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

    /// The column with this name. If both a table column and a column of `ialog schema flat` have the name, the table
    /// column is returned if `for_people` is set, and the flat column otherwise.
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
        names.iter().map(|name| Self::parse(name, for_people)).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flat(name) => name,
            named => TABLE_COLUMNS.iter().find(|(_, column)| *column == named).map_or("", |(name, _)| name),
        }
    }

    /// The value as JSON; null if the row has none. If the value is an object, the order of its members is fixed.
    pub(crate) fn json(self, row: &Row) -> String {
        match self {
            Self::Took => row.duration().map_or_else(|| "null".to_owned(), |time| time.num_milliseconds().to_string()),
            Self::Events => row.event_count().to_string(),
            Self::Flat("outcome") => Value::from(row.outcome().as_str()).to_string(),
            Self::Flat(name) => {
                flat_value(&FlatRow::new(&row.contract, &row.event), name).unwrap_or_else(|| "null".to_owned())
            }
            _ => self.text(row).map_or_else(|| "null".to_owned(), |text| Value::from(text).to_string()),
        }
    }

    /// The value as text; `None` if the row has none.
    pub(crate) fn text(self, row: &Row) -> Option<String> {
        let details = row.event.details();
        match self {
            Self::Time => row.event.time().map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Self::User => details.principal().user.map(String::from),
            Self::Action => details.actions().into_iter().next().map(String::from),
            Self::Resource => resource(&details),
            Self::Result => Some(result(row, &details)),
            Self::From => {
                let principal = details.principal();
                let address = principal.ip().map(|ip| ip.to_canonical().to_string());
                address
                    .or_else(|| principal.source_ip.map(String::from))
                    .or_else(|| principal.service.map(|service| service.to_string()))
            }
            Self::Detail => row.error_detail(),
            Self::Took => row.duration().map(|time| format!("{:.1} s", time.as_seconds_f64())),
            Self::Events => Some(row.event_count().to_string()),
            Self::Id => Some(row.event.id().to_string()),
            Self::Contract => Some(row.contract.to_string()),
            Self::Type => details.event_type().map(|one| one.to_string()),
            Self::Service => details.principal().service.map(|one| one.to_string()),
            Self::Request => details.request_id().map(String::from),
            Self::Flat(_) => match self.json(row) {
                json if json == "null" || json == "[]" => None,
                json if json.starts_with('"') => serde_json::from_str(&json).ok(),
                json => Some(json),
            },
        }
    }

    /// All different values of the row in this column, sorted. Statistics count each of these values, and a filter may
    /// match any of them; [`Column::text`] returns only one text.
    pub(crate) fn values(self, row: &Row) -> Vec<String> {
        let details = row.event.details();
        let resources = || details.resources().into_iter();
        let mut values: Vec<String> = match self {
            Self::Action | Self::Flat("action") => details.actions().into_iter().map(String::from).collect(),
            Self::Flat("resource_type") => {
                resources().filter_map(|one| one.resource_type).map(|one| one.to_string()).collect()
            }
            Self::Flat("resource_id") => resources().filter_map(|one| one.id).map(String::from).collect(),
            _ => self.text(row).into_iter().collect(),
        };
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Compares two rows by this column. Rows without a value come last.
    pub(crate) fn compare(self, one: &Row, other: &Row) -> Ordering {
        match self {
            Self::Time => compare_options(one.event.time(), other.event.time()),
            Self::Took => compare_options(one.duration(), other.duration()),
            Self::Events => one.event_count().cmp(&other.event_count()),
            _ => compare_options(self.text(one), self.text(other)),
        }
    }
}

fn compare_options<T: Ord>(one: Option<T>, other: Option<T>) -> Ordering {
    (one.is_none(), one).cmp(&(other.is_none(), other))
}

/// The JSON text of the value with this name in a flat row.
fn flat_value(row: &FlatRow<'_>, name: &str) -> Option<String> {
    let text = serde_json::to_string(row).ok()?;
    // A `RawValue` keeps the order of members. In a `Value`, the order depends on the features of serde_json.
    let members: HashMap<&str, &RawValue> = serde_json::from_str(&text).ok()?;
    members.get(name).map(|value| value.get().to_owned())
}

/// The first resource, and the number of further ones, such as `server/8f3a +2`. `None` if there is no resource.
fn resource(details: &Details<'_>) -> Option<String> {
    let resources = details.resources();
    let first = resources.first()?;
    let parts: Vec<&str> =
        first.resource_type.as_ref().map(|one| one.as_str()).into_iter().chain(first.id.as_deref()).collect();
    let more = match resources.len() {
        1 => String::new(),
        all => format!(" +{}", all - 1),
    };
    Some(format!("{}{more}", parts.join("/")))
}

/// The outcome, or the status in lower case if the outcome is pending or unknown.
fn result(row: &Row, details: &Details<'_>) -> String {
    let status = |status: Option<Status<'_>>| status.map(|one| one.as_str().to_lowercase());
    match row.outcome() {
        Outcome::Failure => "FAILED".to_owned(),
        Outcome::Success => "done".to_owned(),
        Outcome::Pending => status(details.status()).unwrap_or_else(|| "pending".to_owned()),
        Outcome::Unknown => status(details.status()).unwrap_or_else(|| "-".to_owned()),
    }
}
