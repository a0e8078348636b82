//! The JSON Schema of a record, for programs that read records without this library.

use std::borrow::Cow;

use ionos_activitylog_client::types;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Event;

/// The schema of [`Event::raw`], from the API description. Allows members that the description does not name. A record with
/// [`Event::issues`] may not match it.
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
