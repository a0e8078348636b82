//! The output flags of `ialog query`, and which of them exclude each other.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use crate::args::output::parse_count;
use crate::error::CommandError;

/// Output options of events.
#[derive(Args)]
pub(crate) struct QueryOutputArgs {
    /// Output format: table (fits the terminal), wide (more columns, nothing truncated), ndjson (records as the service
    /// sent them), json (one array), csv (see `ialog schema flat`) or template; if --cols is given, ndjson and json
    /// print objects with these columns
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: QueryFormat,

    /// Show one line per operation instead of one per event (default for tables); filters select the operations that
    /// have a matching event
    #[arg(long, overrides_with = "no_fold")]
    fold: bool,

    /// Show one line per event
    #[arg(long, overrides_with = "fold")]
    no_fold: bool,

    /// Maximum number of lines to show: the newest lines, or with --sort the first lines
    #[arg(long, value_name = "COUNT", value_parser = parse_count)]
    pub(crate) limit: Option<NonZeroUsize>,

    /// Columns to sort by; prefix a column with - to sort descending; lines without a value come last; the sorted
    /// events are kept in memory, up to 2 GiB [default: newest first in tables, oldest first in other formats]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) sort: Vec<String>,

    /// Columns to show, comma-separated
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) cols: Vec<String>,

    /// Omit the column names
    #[arg(long)]
    pub(crate) no_headers: bool,

    /// Template of each line for -o template: columns such as {user}, \t, \n, and {{ }} for braces
    #[arg(long, value_name = "TEXT")]
    pub(crate) template: Option<String>,

    /// Apply a jq expression to each record; one result per line, strings unquoted
    #[arg(long, value_name = "EXPR", conflicts_with_all = ["cols", "template", "count", "list_values"])]
    pub(crate) jq: Option<String>,

    /// Print only the number of matching operations, or of matching events with --no-fold
    #[arg(long, conflicts_with = "list_values")]
    pub(crate) count: bool,

    /// Print each value of a column with the number of operations that have it (with --no-fold: the number of events);
    /// an operation or event with several values is counted once for each value
    #[arg(long, value_name = "COLUMN")]
    pub(crate) list_values: Option<String>,
}

impl QueryOutputArgs {
    /// Fails for flags that have no effect in combination with the other flags.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        if (self.output == QueryFormat::Template) != self.template.is_some() {
            return Err(CommandError::usage(
                "-o template and --template must be used together",
                "use both, such as -o template --template '{time} {user}'",
            ));
        }
        if self.jq.is_some() && !matches!(self.output, QueryFormat::Table | QueryFormat::Ndjson | QueryFormat::Json) {
            return Err(CommandError::usage(
                "--jq cannot be used with -o wide, csv or template",
                "remove -o, or use -o ndjson to print errors as JSON",
            ));
        }
        let columns = (!self.cols.is_empty(), "--cols");
        let sort = (!self.sort.is_empty(), "--sort");
        let limit = (self.limit.is_some(), "--limit");
        let template = (self.template.is_some(), "--template");
        let (reason, mut unused) = if self.count {
            ("--count prints one number", vec![columns, sort, limit, template])
        } else if self.list_values.is_some() {
            ("--list-values prints values and counts, the most frequent first", vec![columns, sort, template])
        } else if self.template.is_some() {
            ("the template defines each line", vec![columns])
        } else {
            ("only tables and csv have column names", Vec::new())
        };
        if self.count || !(self.is_table() || self.output == QueryFormat::Csv) {
            unused.push((self.no_headers, "--no-headers"));
        }
        match unused.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, flag)) => {
                Err(CommandError::usage(format!("{reason}, so {flag} would have no effect"), format!("remove {flag}")))
            }
            None => Ok(()),
        }
    }

    /// Whether events are folded into operations.
    pub(crate) fn folds(&self) -> bool {
        self.fold || (!self.no_fold && self.is_table())
    }

    /// Whether the output is for people.
    pub(crate) fn is_table(&self) -> bool {
        self.jq.is_none() && self.output.is_table()
    }
}

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// A table that fits the terminal
    Table,
    /// A table with more columns, nothing cut off
    Wide,
    /// Each record on a line, as the service sent it; with --cols an object of these columns
    Ndjson,
    /// As ndjson, but one JSON array
    Json,
    /// Comma-separated, see `ialog schema flat`
    Csv,
    /// The line of --template
    Template,
}

impl QueryFormat {
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}
