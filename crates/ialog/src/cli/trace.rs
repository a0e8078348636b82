//! Flags of `ialog trace`.

use clap::{Args, ValueEnum};

use super::asked::Asked;
use super::report::Colour;

#[derive(Args)]
#[command(after_help = "\
An operation leaves several events: that it was accepted, queued, running, and done or failed. They have a request id \
in common, the column request of `ialog query -o wide`, or the reference of the queue that it was provisioned in. A \
queue reference may stand for several requests; each is shown. Without a time, the last 30 days of the log or all of an \
archive are looked through.

--details asks the Cloud API what was sent (GET /cloudapi/v6/requests/ID), once for each request. What may be secret in \
it is replaced by [redacted]. The Cloud API knows only changes that came through it; that it does not know a request is \
said, and no failure.

Examples:
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001
  ialog trace 9182731 --last 2d --details
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001 --archive audit -o json")]
pub(crate) struct Trace {
    /// Request id or queue reference of the operation
    #[arg(value_name = "REQUEST|QUEUEREF")]
    pub(crate) reference: String,

    #[command(flatten)]
    pub(crate) asked: Asked,

    /// Also show what the Cloud API tells of the request
    #[arg(long, help_heading = "Output")]
    pub(crate) details: bool,

    /// table, or json, one array with an object for each operation, or ndjson, an operation on each line
    #[arg(
        short,
        long,
        value_name = "FORM",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) output: TraceOutput,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: Colour,
}

/// How an operation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceOutput {
    /// A line for each event, for people
    Table,
    /// One array
    Json,
    /// An object on each line
    Ndjson,
}
