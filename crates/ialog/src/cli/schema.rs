//! Flags of `ialog schema`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ionos_activitylog_archive::Document;

use super::NoAccount;

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
pub(crate) struct Schema {
    /// Which: event, events, flat, manifest, state, run or checkpoint; all of them, in one object, if left out
    #[arg(value_name = "NAME", value_parser = document(), hide_possible_values = true)]
    pub(crate) name: Option<Document>,

    #[command(flatten)]
    pub(crate) no_account: NoAccount,
}

/// One of the names.
fn document() -> impl TypedValueParser<Value = Document> {
    PossibleValuesParser::new(Document::ALL.map(Document::as_str)).try_map(|name| name.parse::<Document>())
}
