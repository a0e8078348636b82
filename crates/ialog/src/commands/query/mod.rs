//! `ialog query`: which events there were, for people and for programs.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use ionos_activitylog::{ContractNumber, Event, Filter, FilterCounts};

use crate::args::events::{EventSelection, FilterArgs};
use crate::args::output::ColorArgs;
use crate::args::zone;
use crate::error::CommandError;
use crate::events::sort_and_limit::{SortAndLimit, fold};
use crate::events::source::{EventSource, ReadSummary, Taker};
use crate::events::suggestions::Suggestions;
use crate::output::column::Column;
use crate::output::event_table::{DisplayClock, event_table};
use crate::output::plural::format_count;
use crate::output::printer::Printer;
use crate::output::row::Row;
use crate::output::table::{Table, TableOptions};
use crate::output::text::safe_json;
use crate::output::value_counts::{ValueCounts, value_json, value_row, value_table};
use crate::runtime::context::Context;

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
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) asked: EventSelection,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: FilterArgs,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) shape: QueryOutputArgs,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: ColorArgs,

    /// Exit code 7 when nothing matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

/// What is made of the events.
#[derive(Args)]
pub(crate) struct QueryOutputArgs {
    /// table, which fits the terminal, wide, with more columns and nothing cut off, ndjson, the records as the service
    /// sent them, json, one array of them, csv, see `ialog schema flat`, or template; with --cols, ndjson and json have
    /// objects of these columns
    #[arg(short, long, value_name = "FORM", default_value = "table", hide_possible_values = true)]
    pub(crate) output: QueryFormat,

    /// Show one line for an operation instead of one for each of its events; the default in tables
    #[arg(long, overrides_with = "no_fold")]
    fold: bool,

    /// Show each event
    #[arg(long, overrides_with = "fold")]
    no_fold: bool,

    /// Show so many at the most: the newest, or the first by --sort
    #[arg(long, value_name = "COUNT", value_parser = crate::args::output::count)]
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

impl QueryOutputArgs {
    /// Fails for flags that would have no effect beside others: whoever gives one expects something of it.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        if (self.output == QueryFormat::Template) != self.template.is_some() {
            return Err(CommandError::usage(
                "-o template and --template need each other",
                "give both, such as -o template --template '{time} {user}'",
            ));
        }
        if self.jq.is_some() && !matches!(self.output, QueryFormat::Table | QueryFormat::Ndjson | QueryFormat::Json) {
            return Err(CommandError::usage(
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
        if self.count || !(self.is_table() || self.output == QueryFormat::Csv) {
            idle.push((self.no_headers, "--no-headers"));
        }
        match idle.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) => {
                Err(CommandError::usage(format!("{why}, so {flag} would have no effect"), format!("leave out {flag}")))
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
pub(crate) enum QueryFormat {
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

impl QueryFormat {
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// So much is written at once.
const CHUNK: usize = 1 << 16;

pub(crate) async fn run(arguments: &QueryArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    arguments.asked.check()?;
    let filter = arguments.filters.filter()?;
    let plan = OutputPlan::new(arguments, context)?;
    let zone = zone::choose(&arguments.asked.zone, context)?;
    let clock = DisplayClock { zone, now: context.clock.now() };
    let source = EventSource::open(&arguments.asked, zone, context).await?;
    let mut asked = QueryRun {
        missed: Suggestions::new(&filter),
        kept: Vec::new(),
        values: ValueCounts::default(),
        chunk: plan.printer().map_or_else(String::new, Printer::begin),
        closed: false,
        plan,
    };
    let reading = source.read(&filter, &mut asked, context).await?;
    let counts = reading.counts;
    if reading.is_lost() {
        return reading.verdict(context);
    }
    asked.end(&filter, counts, clock, context)?;
    verdict(reading, arguments.exit_status, counts, context)
}

fn verdict(
    reading: ReadSummary,
    exit_status: bool,
    counts: FilterCounts,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    reading.verdict(context)?;
    if exit_status && counts.kept == 0 {
        return Err(CommandError::nothing_matched());
    }
    Ok(())
}

/// What is done with the events.
enum OutputMode {
    /// Only how many there are.
    Count,
    /// The values of a column.
    ValueCounts(Column, QueryFormat),
    /// A table of columns.
    Table(Vec<Column>, QueryFormat),
    /// One of the forms for programs.
    Print(Printer),
}

struct OutputPlan {
    form: OutputMode,
    folds: bool,
    arrangement: SortAndLimit,
    style: TableOptions,
    shown: bool,
}

impl OutputPlan {
    fn new(arguments: &QueryArgs, context: &Context<'_>) -> Result<Self, CommandError> {
        let shape = &arguments.shape;
        shape.check()?;
        let (output, shown) = (shape.output, context.terminal.shown);
        let table = shape.is_table();
        let columns = |default: &[Column]| Column::all_named(&shape.cols, default, table);
        let form = if shape.count {
            OutputMode::Count
        } else if let Some(name) = &shape.list_values {
            OutputMode::ValueCounts(Column::named(name, table)?, output)
        } else if let Some(expression) = &shape.jq {
            OutputMode::Print(Printer::jq(expression, shown)?)
        } else {
            match output {
                QueryFormat::Table => OutputMode::Table(columns(&Column::TABLE)?, output),
                QueryFormat::Wide => OutputMode::Table(columns(&Column::WIDE)?, output),
                QueryFormat::Ndjson => OutputMode::Print(Printer::ndjson(columns(&[])?, shown)),
                QueryFormat::Json => OutputMode::Print(Printer::json(columns(&[])?, shown)),
                QueryFormat::Csv => {
                    let columns = columns(&Column::flat())?;
                    OutputMode::Print(Printer::csv(columns, !shape.no_headers, shown))
                }
                QueryFormat::Template => {
                    let template = shape.template.as_deref().unwrap_or_default();
                    OutputMode::Print(Printer::template(template, shown)?)
                }
            }
        };
        Ok(Self {
            form,
            folds: shape.folds(),
            arrangement: SortAndLimit::new(&shape.sort, shape.limit, table)?,
            style: TableOptions {
                room: context.terminal.columns.filter(|_| output == QueryFormat::Table),
                looks: arguments.colour.used(context.terminal.colours),
                titles: !shape.no_headers,
            },
            shown,
        })
    }

    fn printer(&self) -> Option<&Printer> {
        match &self.form {
            OutputMode::Print(printer) => Some(printer),
            _ => None,
        }
    }

    /// Whether events are written as they come.
    fn streams(&self) -> bool {
        self.printer().is_some() && !self.folds && self.arrangement.is_none()
    }
}

/// What was found so far.
struct QueryRun {
    plan: OutputPlan,
    missed: Suggestions,
    kept: Vec<Row>,
    values: ValueCounts,
    chunk: String,
    /// Whether the reader has seen enough.
    closed: bool,
}

impl Taker for QueryRun {
    fn see(&mut self, event: &Event) {
        self.missed.see(event);
    }

    fn take(
        &mut self,
        contract: &ContractNumber,
        event: Event,
        context: &mut Context<'_>,
    ) -> Result<bool, CommandError> {
        self.missed.found();
        let found = Row::one(contract.clone(), event);
        let streams = self.plan.streams();
        match &mut self.plan.form {
            _ if self.plan.folds => self.kept.push(found),
            OutputMode::Count => {}
            OutputMode::ValueCounts(column, _) => self.values.add(column.values(&found)),
            OutputMode::Print(printer) if streams => {
                self.chunk += &printer.event(&found)?;
                if self.chunk.len() >= CHUNK {
                    self.write(context)?;
                }
            }
            _ => self.keep(found),
        }
        Ok(!self.closed)
    }
}

impl QueryRun {
    /// Keeps an event for later, and no more than a few times as many as are wanted.
    fn keep(&mut self, found: Row) {
        /// Sorting costs little when it is seldom.
        const TIMES: usize = 4;
        const SOME: usize = 1000;
        self.kept.push(found);
        let most = self.plan.arrangement.limit();
        if most.is_some_and(|most| self.kept.len() > TIMES.saturating_mul(most).saturating_add(SOME)) {
            self.plan.arrangement.arrange(&mut self.kept);
        }
    }

    fn write(&mut self, context: &mut Context<'_>) -> Result<(), CommandError> {
        self.closed = self.closed || !context.write_stdout(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }

    fn end(
        mut self,
        filter: &Filter,
        counts: FilterCounts,
        clock: DisplayClock,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let mut found = std::mem::take(&mut self.kept);
        if self.plan.folds {
            found = fold(found);
        }
        let all = if self.plan.folds { found.len() as u64 } else { counts.kept };
        if matches!(self.plan.form, OutputMode::Count) {
            self.chunk = format!("{all}\n");
            return self.finish(filter, counts, all, all, context);
        }
        if let OutputMode::ValueCounts(column, output) = self.plan.form {
            for one in &found {
                self.values.add(column.values(one));
            }
            let (text, shown) = self.values_text(output);
            self.chunk = text;
            say_values(shown, self.values.sorted().len(), context);
            return self.finish(filter, counts, all, all, context);
        }
        let streams = self.plan.streams();
        self.plan.arrangement.arrange(&mut found);
        let shown = if streams { all } else { found.len() as u64 };
        match &mut self.plan.form {
            OutputMode::Table(columns, output) => {
                let mut columns = columns.clone();
                // Nothing went wrong, so there is nothing to say about it.
                if *output == QueryFormat::Table && found.iter().all(|one| one.detail.is_none()) {
                    columns.retain(|column| *column != Column::Detail);
                }
                if !found.is_empty() {
                    let table = event_table(&found, &columns, clock, *output == QueryFormat::Wide);
                    self.chunk = render(&table, self.plan.style, context);
                }
            }
            OutputMode::Print(printer) => {
                for one in &found {
                    self.chunk += &printer.event(one)?;
                }
                self.chunk += printer.end();
            }
            OutputMode::Count | OutputMode::ValueCounts(..) => {}
        }
        self.finish(filter, counts, all, shown, context)
    }

    /// Writes what is left, and says how many of how many it was.
    fn finish(
        mut self,
        filter: &Filter,
        counts: FilterCounts,
        all: u64,
        shown: u64,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        if !self.closed {
            self.write(context)?;
        }
        if self.closed {
            return Ok(());
        }
        let mut said = if filter.is_empty() { format_count(counts.seen, "event") } else { format!("{counts} match") };
        if self.plan.folds && all != counts.kept {
            said += &format!(", folded into {}", format_count(all, "operation"));
        }
        if shown < all {
            said += &format!(", showing {shown} of {all}");
        }
        context.info(said);
        if let Some(hint) = self.missed.hint() {
            context.info(hint);
        }
        Ok(())
    }

    /// The values in the form that was asked for, and how many of them.
    fn values_text(&self, output: QueryFormat) -> (String, usize) {
        let mut values = self.values.sorted();
        values.truncate(self.plan.arrangement.limit().unwrap_or(usize::MAX));
        let objects = || {
            values.iter().map(|(value, events)| {
                let object = value_json(value, *events);
                if self.plan.shown { safe_json(&object) } else { object }
            })
        };
        let text = match output {
            QueryFormat::Table | QueryFormat::Wide => value_table(&values).render(self.plan.style).0,
            QueryFormat::Ndjson => objects().map(|object| object + "\n").collect(),
            QueryFormat::Json => format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n")),
            QueryFormat::Csv | QueryFormat::Template => {
                let titles = self.plan.style.titles.then_some(("value", "events".to_owned()));
                let rows = values.iter().map(|(value, events)| (*value, events.to_string()));
                let rows = titles.into_iter().chain(rows);
                rows.map(|(value, events)| value_row(value, events, self.plan.shown)).collect()
            }
        };
        (text, values.len())
    }
}

fn say_values(shown: usize, all: usize, context: &mut Context<'_>) {
    if shown < all {
        context.info(format_args!("showing {shown} of {all} values"));
    }
}

/// The lines of a table, and a word on columns for which there was no room.
pub(crate) fn render(table: &Table, style: TableOptions, context: &mut Context<'_>) -> String {
    let (text, left_out) = table.render(style);
    if !left_out.is_empty() {
        context.info(format_args!(
            "the terminal is too narrow for {}: -o wide shows all, --cols others",
            left_out.join(", ")
        ));
    }
    text
}
