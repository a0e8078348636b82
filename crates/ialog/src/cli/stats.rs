//! Flags of `ialog stats`.

use std::num::NonZeroUsize;

use clap::Args;

use super::Report;
use super::asked::{Asked, Filters};

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

    /// So many values of each kind at the most; 10 if left out
    #[arg(long, value_name = "COUNT", value_parser = super::count, help_heading = "Output")]
    pub(crate) top: Option<NonZeroUsize>,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) report: Report,

    /// Exit code 7 when nothing matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}
