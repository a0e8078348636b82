//! The values that an event can be shown by, sorted by and counted by have one set of names.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::SecondsFormat;
use ionos_activitylog::internal::did_you_mean;
use ionos_activitylog::{Details, Outcome, Status};
use ionos_activitylog_archive::FlatRow;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::row::Row;

/// A value of an event.
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
    /// One of `ialog schema flat`.
    Flat(&'static str),
}

/// Those that tables have.
const NAMED: [(&str, Column); 14] = [
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

/// Names that filters have for the same thing.
const ALIASES: [(&str, &str); 2] = [("ip", "source_ip"), ("uuid", "event_id")];

impl Column {
    /// The columns of a table that fits a terminal.
    pub(crate) const TABLE: [Self; 7] =
        [Self::Time, Self::User, Self::Action, Self::Resource, Self::Result, Self::From, Self::Detail];

    /// Those of a wide table.
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

    /// Those of a file, `ialog schema flat`.
    pub(crate) fn flat() -> Vec<Self> {
        FlatRow::COLUMNS.map(Self::Flat).to_vec()
    }

    /// The column with this name. For programs, a name means what `ialog schema flat` says where it is there.
    pub(crate) fn named(name: &str, for_people: bool) -> Result<Self, CommandError> {
        let wanted = name.trim().to_lowercase().replace('-', "_");
        let alias = ALIASES.iter().find(|(alias, _)| *alias == wanted);
        let wanted = alias.map_or(wanted.as_str(), |(_, name)| name);
        let own = NAMED.iter().find(|(own, _)| *own == wanted);
        let own = own.map(|(_, column)| *column);
        let flat = FlatRow::COLUMNS.into_iter().find(|flat| *flat == wanted);
        let flat = flat.map(Self::Flat);
        let found = if for_people { own.or(flat) } else { flat.or(own) };
        found.ok_or_else(|| {
            let known = || NAMED.iter().map(|(name, _)| *name).chain(FlatRow::COLUMNS);
            let guess = did_you_mean(wanted, known());
            let own: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            CommandError::usage(
                format!("there is no column {name:?}{guess}"),
                format!("known are {}, and those of `ialog schema flat`", own.join(", ")),
            )
        })
    }

    /// Those with these names, or the default ones where there are none.
    pub(crate) fn all_named(names: &[String], default: &[Self], for_people: bool) -> Result<Vec<Self>, CommandError> {
        if names.is_empty() {
            return Ok(default.to_vec());
        }
        names.iter().map(|name| Self::named(name, for_people)).collect()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flat(name) => name,
            named => NAMED.iter().find(|(_, column)| *column == named).map_or("", |(name, _)| name),
        }
    }

    /// The value as JSON for a program; null where the event has none. The order of members in it is fixed.
    pub(crate) fn json(self, found: &Row) -> String {
        match self {
            Self::Took => found.took.map_or_else(|| "null".to_owned(), |took| took.num_milliseconds().to_string()),
            Self::Events => found.events.to_string(),
            Self::Flat("outcome") => Value::from(found.outcome.as_str()).to_string(),
            Self::Flat(name) => {
                let row = FlatRow::new(&found.contract, &found.event);
                flat(&row, name).unwrap_or_else(|| "null".to_owned())
            }
            _ => self.text(found).map_or_else(|| "null".to_owned(), |text| Value::from(text).to_string()),
        }
    }

    /// The value as text; none where the event has none.
    pub(crate) fn text(self, found: &Row) -> Option<String> {
        let details = found.event.details();
        match self {
            Self::Time => found.event.time().map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Self::User => details.principal().user.map(String::from),
            Self::Action => details.actions().into_iter().next().map(String::from),
            Self::Resource => resource(&details),
            Self::Result => Some(result(found, &details)),
            Self::From => {
                let principal = details.principal();
                let address = principal.ip().map(|ip| ip.to_canonical().to_string());
                address
                    .or_else(|| principal.source_ip.map(String::from))
                    .or_else(|| principal.service.map(|service| service.to_string()))
            }
            Self::Detail => found.detail.clone(),
            Self::Took => found.took.map(|took| {
                let seconds = took.as_seconds_f64();
                format!("{seconds:.1} s")
            }),
            Self::Events => Some(found.events.to_string()),
            Self::Id => Some(found.event.id().to_string()),
            Self::Contract => Some(found.contract.to_string()),
            Self::Type => details.event_type().map(|one| one.to_string()),
            Self::Service => details.principal().service.map(|one| one.to_string()),
            Self::Request => details.request_id().map(String::from),
            Self::Flat(_) => match self.json(found) {
                json if json == "null" || json == "[]" => None,
                json if json.starts_with('"') => serde_json::from_str(&json).ok(),
                json => Some(json),
            },
        }
    }

    /// All values that the event has, where [`Column::text`] is the first: what is counted, and what filters compare with.
    pub(crate) fn values(self, found: &Row) -> Vec<String> {
        let details = found.event.details();
        let resources = || details.resources().into_iter();
        let mut values: Vec<String> = match self {
            Self::Action | Self::Flat("action") => details.actions().into_iter().map(String::from).collect(),
            Self::Flat("resource_type") => {
                resources().filter_map(|one| one.resource_type).map(|one| one.to_string()).collect()
            }
            Self::Flat("resource_id") => resources().filter_map(|one| one.id).map(String::from).collect(),
            _ => self.text(found).into_iter().collect(),
        };
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Which of two events comes first by this column; those without a value come last.
    pub(crate) fn compare(self, one: &Row, other: &Row) -> Ordering {
        match self {
            Self::Time => by_option(one.event.time(), other.event.time()),
            Self::Took => by_option(one.took, other.took),
            Self::Events => one.events.cmp(&other.events),
            _ => by_option(self.text(one), self.text(other)),
        }
    }
}

fn by_option<T: Ord>(one: Option<T>, other: Option<T>) -> Ordering {
    (one.is_none(), one).cmp(&(other.is_none(), other))
}

/// A value of a row, as it is written.
fn flat(row: &FlatRow<'_>, name: &str) -> Option<String> {
    let text = serde_json::to_string(row).ok()?;
    // Its text is kept: the order of members in a parsed value depends on how the program was built.
    let members: HashMap<&str, &RawValue> = serde_json::from_str(&text).ok()?;
    members.get(name).map(|value| value.get().to_owned())
}

/// The first resource, and how many more there are.
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

/// How it ended, or how far it is.
fn result(found: &Row, details: &Details<'_>) -> String {
    let status = |status: Option<Status<'_>>| status.map(|one| one.as_str().to_lowercase());
    match found.outcome {
        Outcome::Failure => "FAILED".to_owned(),
        Outcome::Success => "done".to_owned(),
        Outcome::Pending => status(details.status()).unwrap_or_else(|| "pending".to_owned()),
        Outcome::Unknown => status(details.status()).unwrap_or_else(|| "-".to_owned()),
    }
}
