//! `ialog schema`: prints the JSON Schema of the files and outputs.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ionos_activitylog_archive::Document;
use serde_json::Value;

use crate::args::service::NoAccountArgs;
use crate::error::CommandError;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
event       a record of the log: each line of .ndjson
events      a .json file
flat        a row of .csv; there, null is an empty cell, and resources is its JSON text. A cell that begins with =, +, -, \
@, a tab, a line break or an apostrophe has one apostrophe more before it, so that no spreadsheet runs it
manifest    _manifest.json of a day of an archive
state       _state.json of a contract of an archive
run         a line of _runs.ndjson of a contract of an archive
checkpoint  what lies beside a file whose export was interrupted")]
pub(crate) struct SchemaArgs {
    /// Which: event, events, flat, manifest, state, run or checkpoint; all of them, in one object, if left out
    #[arg(value_name = "NAME", value_parser = document_parser(), hide_possible_values = true)]
    pub(crate) name: Option<Document>,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

/// Parses the name of a document.
fn document_parser() -> impl TypedValueParser<Value = Document> {
    PossibleValuesParser::new(Document::ALL.map(Document::as_str)).try_map(|name| name.parse::<Document>())
}

pub(crate) fn run(args: &SchemaArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut schema = match args.name {
        Some(name) => Value::from(name.schema()),
        None => Document::ALL.into_iter().map(|name| (name.to_string(), Value::from(name.schema()))).collect(),
    };
    // The order of members must not depend on features of serde_json.
    schema.sort_all_objects();
    context.print_data(format!("{schema:#}\n"))
}
