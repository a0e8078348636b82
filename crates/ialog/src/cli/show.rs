//! Flags of `ialog show`.

use clap::{Args, ValueEnum};

use super::asked::Asked;
use super::report::Colour;

#[derive(Args)]
#[command(after_help = "\
An event is known by u: and its UUID, or by h: and a hash: the column id of `ialog query -o wide`, and event_id in .csv \
files. A UUID alone will do. Without a time, the last 30 days of the log or all of an archive are looked through.

Examples:
  ialog show u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99
  ialog show c1b9b1b0-7b1b-11e6-9a41-000d3a002f99 --from 2026-11-20 -o json
  ialog show h:0123456789abcdef0123456789abcdef --archive audit")]
pub(crate) struct Show {
    /// What the event is known by
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) asked: Asked,

    /// fields, a value on each line, json, the record indented, or ndjson, the record as the service sent it
    #[arg(short, long, value_name = "FORM", default_value = "fields", hide_possible_values = true)]
    pub(crate) output: ShowOutput,

    #[command(flatten)]
    pub(crate) colour: Colour,
}

/// How one event is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowOutput {
    /// A value on each line, those of `ialog schema flat`
    Fields,
    /// The record, indented
    Json,
    /// The record on one line, as the service sent it
    Ndjson,
}
