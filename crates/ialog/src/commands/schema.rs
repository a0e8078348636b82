//! `ialog schema`: prints the JSON Schema of the files that `ialog` writes and of its JSON outputs.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ionos_activitylog_archive::Document;
use serde_json::Value;

use crate::args::service::NoAccountArgs;
use crate::error::CommandError;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
event           one record of the log: each line of a .ndjson file
events          a .json file: an array of records
flat            one row of a .csv file. null is an empty cell; resources is a cell with JSON text. A cell that starts with =, \
+, -, @, a tab, a line break or an apostrophe is prefixed with an apostrophe, so that spreadsheets do not run it as a formula. \
With --fold, a row is an operation: its outcome, and the other values of one of its events, see `ialog query --help`
manifest        _manifests/NUMBER.json of one contract of an archive: the records that were added to a day
open-manifests  _manifests/open.json: the manifests of days that are not over
import          the first manifest of an archive that was started with version 0.1.0
verification    the output of `ialog verify -o json`
state           _state.json of one contract of an archive
run             one line of _runs.ndjson of one contract of an archive
checkpoint      the checkpoint file beside the unfinished file of an export")]
pub(crate) struct SchemaArgs {
    /// Document: event, events, flat, manifest, open-manifests, import, verification, state, run or checkpoint
    /// [default: all, in one object]
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
