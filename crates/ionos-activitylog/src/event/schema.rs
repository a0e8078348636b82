//! What a record looks like, for programs that read records without this library.

use std::borrow::Cow;

use ionos_activitylog_client::types;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Event;

/// The schema of [`Event::raw`]: the API's description of a record, open to members that it does not name. A record
/// that has [`Event::issues`] need not fit it, and is an event all the same.
impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        types::Event::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        types::Event::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        types::Event::json_schema(generator)
    }
}
