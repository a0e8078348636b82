//! Flags of `ialog query`.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use super::asked::{Asked, Filters};
use super::report::Colour;
use crate::failure::Failure;

#[derive(Args)]
#[command(after_help = "\
Filters are applied here, to all events of the range and before --limit. Days and local times are those of --tz; what is \
for programs (all but tables) has its times in UTC. The range that was understood is said on standard error, and what \
is not proven to be complete ends in exit code 3.

Columns of tables: time, user, action, resource, result, from, detail, and took, events, id, contract, type, service, \
request; for --cols, --sort, --template and --list-values also those of `ialog schema flat`.

Examples:
  ialog query --last 2h --mutations
  ialog query --since yesterday --user 'root@*' --failed -o wide
  ialog query --from 2026-11-20T14:00 --to 2026-11-20T14:30 --ip 203.0.113.0/24
  ialog query --last 7d --method DELETE 'resource-type!=snapshot' --limit 20
  ialog query --archive audit --action 'sec.*' -o csv --cols time,user,action
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
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: Output,

    /// Show one line for an operation instead of one for each of its events; the default in tables
    #[arg(long, overrides_with = "no_fold")]
    fold: bool,

    /// Show each event
    #[arg(long, overrides_with = "fold")]
    no_fold: bool,

    /// Show so many at the most: the newest, or the first by --sort
    #[arg(long, value_name = "COUNT", value_parser = super::count)]
    pub(crate) limit: Option<NonZeroUsize>,

    /// Columns to sort by, with - before one to turn it round; tables begin with the newest, everything else with the
    /// oldest
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) sort: Vec<String>,

    /// Columns to show
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) cols: Vec<String>,

    /// Leave out the names of the columns
    #[arg(long)]
    pub(crate) no_headers: bool,

    /// Line for each event, with columns such as {user} in it, \t and \n, and {{ and }} for braces; for -o template
    #[arg(long, value_name = "TEXT")]
    pub(crate) template: Option<String>,

    /// What this expression of jq makes of each record, one result a line, texts without quotes
    #[arg(long, value_name = "EXPR", conflicts_with_all = ["cols", "template", "count", "list_values"])]
    pub(crate) jq: Option<String>,

    /// Print how many match, and nothing else
    #[arg(long, conflicts_with = "list_values")]
    pub(crate) count: bool,

    /// Print the values of a column and how many events have each; one with several counts for each
    #[arg(long, value_name = "COLUMN")]
    pub(crate) list_values: Option<String>,
}

impl Shape {
    /// Fails for flags that would have no effect beside others: whoever gives one expects something of it.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if (self.output == Output::Template) != self.template.is_some() {
            return Err(Failure::usage(
                "-o template and --template need each other",
                "give both, such as -o template --template '{time} {user}'",
            ));
        }
        if self.jq.is_some() && !matches!(self.output, Output::Table | Output::Ndjson | Output::Json) {
            return Err(Failure::usage(
                "--jq says itself what each line is",
                "leave out -o, or use it with -o ndjson for errors as JSON",
            ));
        }
        let columns = (!self.cols.is_empty(), "--cols");
        let sort = (!self.sort.is_empty(), "--sort");
        let limit = (self.limit.is_some(), "--limit");
        let template = (self.template.is_some(), "--template");
        let (why, mut idle) = if self.count {
            ("--count prints one number", vec![columns, sort, limit, template])
        } else if self.list_values.is_some() {
            ("--list-values prints values and counts, the most frequent first", vec![columns, sort, template])
        } else if self.template.is_some() {
            ("the template says itself what each line is", vec![columns])
        } else {
            ("only tables and csv have names of columns", Vec::new())
        };
        if self.count || !(self.is_table() || self.output == Output::Csv) {
            idle.push((self.no_headers, "--no-headers"));
        }
        match idle.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) => {
                Err(Failure::usage(format!("{why}, so {flag} would have no effect"), format!("leave out {flag}")))
            }
            None => Ok(()),
        }
    }

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
