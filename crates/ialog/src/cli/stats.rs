//! Flags of `ialog stats`.

use clap::{Args, ValueEnum};

use super::asked::{Asked, Filters};
use super::query::Colour;

#[derive(Args)]
#[command(after_help = "\
Every event counts, the updates of an operation too. An event with several resources or actions counts for each of \
them. Hours and weekdays are those of --tz.

Examples:
  ialog stats --last 7d
  ialog stats --from 2026-11 --mutations --top 5
  ialog stats --archive audit --failed -o json")]
pub(crate) struct Stats {
    #[command(flatten)]
    pub(crate) asked: Asked,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: Filters,

    /// table, or json, which has all values
    #[arg(
        short,
        long,
        value_name = "FORM",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) output: StatsOutput,

    /// So many values of each kind at the most
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 10,
        help_heading = "Output"
    )]
    pub(crate) top: usize,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: Colour,

    /// Exit code 7 when nothing matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

/// How counts are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsOutput {
    /// Bars, and a map of hours and weekdays
    Table,
    /// One object
    Json,
}
