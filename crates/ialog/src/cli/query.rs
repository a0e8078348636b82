//! Flags of `ialog query`.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use super::asked::{Asked, Filters};

#[derive(Args)]
#[command(after_help = "\
Filters are applied here, to all events of the range and before --limit. Days and local times are those of --tz; what is \
for programs (all but tables) has its times in UTC. The range that was understood is said on standard error, and what \
is not proven to be complete ends in exit code 3.

Columns of tables: time, user, action, resource, result, from, detail, and took, events, id, contract, type, service, \
request; for --cols, --sort, --template and --list-values also those of `ialog schema flat`.

Examples:
  ialog query --last 2h --mutations
  ialog query --since yesterday --user 'root@*' --failed
  ialog query --from 2026-11-20T14:00 --to 2026-11-20T14:30 --ip 203.0.113.0/24 -o wide
  ialog query --last 7d --method DELETE 'resource-type!=snapshot' --limit 20
  ialog query --archive audit --from 2026-11 --action 'sec.*' -o csv --cols time,user,action
  ialog query --last 30d --list-values user
  ialog query --last 1d -o template --template '{time} {user} {action}'
  ialog query --last 1d --failed --jq '[.meta.time, .event.message] | @tsv'")]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) asked: Asked,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: Filters,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) shape: Shape,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: Colour,

    /// Exit code 7 when nothing matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

/// What is made of the events.
#[derive(Args)]
pub(crate) struct Shape {
    /// table, which fits the terminal, wide, with more columns and nothing cut off, ndjson, the records as the service
    /// sent them, json, one array of them, csv, see `ialog schema flat`, or template; with --cols, ndjson and json have
    /// objects of these columns
    #[arg(
        short,
        long,
        value_name = "FORM",
        default_value = "table",
        hide_possible_values = true
    )]
    pub(crate) output: Output,

    /// Show one line for an operation instead of one for each of its events; the default in tables
    #[arg(long, overrides_with = "no_fold")]
    fold: bool,

    /// Show each event
    #[arg(long, overrides_with = "fold")]
    no_fold: bool,

    /// Show so many at the most: the newest, or the first by --sort
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<NonZeroUsize>,

    /// Columns to sort by, with - before one to turn it round; tables begin with the newest, everything else with the
    /// oldest
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,

    /// Columns to show
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) cols: Vec<String>,

    /// Leave out the names of the columns
    #[arg(long)]
    pub(crate) no_headers: bool,

    /// Line for each event, with columns such as {user} in it, and \t and \n; for -o template
    #[arg(long, value_name = "TEXT")]
    pub(crate) template: Option<String>,

    /// What this expression of jq makes of each record, one result a line, texts without quotes
    #[arg(long, value_name = "EXPR", conflicts_with_all = ["cols", "template", "count", "list_values"])]
    pub(crate) jq: Option<String>,

    /// Print how many match, and nothing else
    #[arg(long, conflicts_with = "list_values")]
    pub(crate) count: bool,

    /// Print the values of a column and how many events have each
    #[arg(long, value_name = "COLUMN")]
    pub(crate) list_values: Option<String>,
}

impl Shape {
    /// Whether events are folded into their operations.
    pub(crate) fn folds(&self) -> bool {
        let listed = self.count || self.list_values.is_some();
        self.fold || (!self.no_fold && !listed && self.is_table())
    }

    /// Whether people are to read it.
    pub(crate) fn is_table(&self) -> bool {
        self.jq.is_none() && self.output.is_table()
    }
}

/// For people who watch.
#[derive(Args)]
pub(crate) struct Colour {
    /// When to use colours: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: ColourWhen,
}

#[derive(Clone, Copy, ValueEnum)]
enum ColourWhen {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether to use them, where `auto` is what the terminal wants.
    pub(crate) fn used(&self, auto: bool) -> bool {
        match self.color {
            ColourWhen::Auto => auto,
            ColourWhen::Always => true,
            ColourWhen::Never => false,
        }
    }
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table that fits the terminal
    Table,
    /// A table with more columns, nothing cut off
    Wide,
    /// Each record on a line, as the service sent it; with --cols an object of these columns
    Ndjson,
    /// The same as one array
    Json,
    /// Comma-separated, see `ialog schema flat`
    Csv,
    /// The line of --template
    Template,
}

impl Output {
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}
