//! `ialog schema`: the JSON Schema of what is written.

use ionos_activitylog_archive::Document;
use serde_json::Value;

use crate::cli::Schema;
use crate::failure::Failure;
use crate::host::Host;

pub(crate) fn run(arguments: &Schema, host: &mut Host<'_>) -> Result<(), Failure> {
    let mut schema = match arguments.name {
        Some(name) => Value::from(name.schema()),
        None => Document::ALL.into_iter().map(|name| (name.to_string(), Value::from(name.schema()))).collect(),
    };
    // Otherwise the order would depend on how the program was built.
    schema.sort_all_objects();
    host.print(&format!("{schema:#}\n"))
}
