//! Reads single values of a record: text and times.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::json;

/// The text of a member. `None` if the member is missing or is neither a string nor a number.
pub(super) fn text(value: Option<&str>) -> Option<Cow<'_, str>> {
    json::scalar_text(value?)
}

/// The time of a member in UTC. `None` if the member is missing or is not an RFC 3339 time.
pub(super) fn time(value: Option<&str>) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(&text(value)?).ok()?;
    Some(time.to_utc())
}
