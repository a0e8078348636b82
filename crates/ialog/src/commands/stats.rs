//! `ialog stats`: counts events or operations by user, type, action and more, and by hour and weekday.

use std::num::NonZeroUsize;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use chrono_tz::Tz;
use clap::Args;
use ionos_activitylog::DateRange;
use serde_json::Value;

use crate::args::events::{EventSelection, FilterArgs};
use crate::args::output::{ReportArgs, ReportFormat, parse_count};
use crate::args::zone::resolve_zone;
use crate::error::CommandError;
use crate::events::fold::{FoldMode, describe_counts};
use crate::events::rows::Rows;
use crate::limits::KeptBytes;
use crate::output::chart::{HourlyCounts, bars};
use crate::output::column::Column;
use crate::output::counted_column::{CountedColumn, counted_values};
use crate::output::row::Row;
use crate::output::styled_text::{StyledText, TextStyle};
use crate::output::time::zone_name;
use crate::output::value_counts::{ValueCounts, count_unit, value_json};
use crate::output::writer::Content;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
All events are counted, including the status updates of an operation; with --fold, operations are counted, and a filter \
selects the operations that have a matching event. An event with several resources or actions is counted once for each of \
them. An operation is counted once for each value that one of its events has. \
Hours and weekdays are in the time zone of --tz. The last 10 seconds by the clock of the service are not read, because \
the log may still be incomplete; if --to is in the past, but within these 10 seconds, the exit code is 3.

Examples:
  ialog stats --last 7d
  ialog stats --last 7d --fold
  ialog stats --from 2026-11 --mutations --top 5
  ialog stats --archive audit --failed -o json")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) selection: EventSelection,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: FilterArgs,

    /// Count operations instead of events
    #[arg(long, overrides_with = "no_fold", help_heading = "Output")]
    fold: bool,

    /// Count events (default)
    #[arg(long, overrides_with = "fold", help_heading = "Output")]
    no_fold: bool,

    /// Maximum number of values per group [default: 10]
    #[arg(long, value_name = "COUNT", value_parser = parse_count, help_heading = "Output")]
    pub(crate) top: Option<NonZeroUsize>,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) report: ReportArgs,

    /// Exit with code 7 if no event matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

/// Default of `--top`: maximum number of values shown per dimension.
const DEFAULT_TOP: usize = 10;

/// The dimensions that are counted, each with its name in JSON.
const DIMENSIONS: [(&str, CountedColumn); 7] = [
    ("outcome", CountedColumn::Named(Column::Flat("outcome"))),
    ("type", CountedColumn::Named(Column::Type)),
    ("user", CountedColumn::Named(Column::User)),
    ("action", CountedColumn::Named(Column::Action)),
    ("resource-type", CountedColumn::Named(Column::Flat("resource_type"))),
    ("service", CountedColumn::Named(Column::Service)),
    ("ip", CountedColumn::Address),
];

/// Hint if more operations would be kept in memory than allowed.
const FOLD_LESS: &str = "use a shorter time range or more filters, or remove --fold";

pub(crate) async fn run(args: &StatsArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.selection.check()?;
    args.report.color.apply(&mut context.terminal);
    let is_json = args.report.output == ReportFormat::Json;
    if is_json && args.top.is_some() {
        return Err(CommandError::usage("json contains all values, so --top would have no effect", "remove --top"));
    }
    let filter = args.filters.filter()?;
    let zone = resolve_zone(&args.selection.zone, context)?;
    let mut rows = Rows::open(&args.selection, filter, zone, context).await?;
    let mut folder = None;
    if args.fold {
        rows = rows.return_all();
        folder = Some(rows.operation_folder(FoldMode::Values(DIMENSIONS.map(|(_, column)| column).to_vec())));
    }
    let mut stats = EventStats::new(zone, args.fold);
    while let Some(row) = rows.next(context).await? {
        match &mut folder {
            Some(folder) => {
                folder.add(row);
                KeptBytes::default().check_with(folder.kept_bytes(), FOLD_LESS)?;
                folder.take_rows().iter().for_each(|row| stats.add(row));
            }
            None => stats.add(&row),
        }
    }
    let operations = folder.map(|folder| {
        let (rows, operations) = folder.finish();
        rows.iter().for_each(|row| stats.add(row));
        operations
    });
    let (range, is_unfiltered, suggestion) = (rows.range(), rows.is_unfiltered(), rows.suggestion());
    let summary = rows.into_summary();
    let counts = summary.counts;
    let kept = operations.map_or(counts.kept, |operations| operations.kept);
    if summary.is_lost() {
        return summary.verdict(context);
    }
    let content = match args.report.output {
        ReportFormat::Json => Content::Data(stats.json(kept, range)),
        ReportFormat::Table if kept == 0 => Content::Data(String::new()),
        ReportFormat::Table => {
            let top = args.top.map_or(DEFAULT_TOP, NonZeroUsize::get);
            stats.chart(top, context.terminal.columns).into()
        }
    };
    if !context.write_stdout(&content)? {
        return Ok(());
    }
    context.info(describe_counts(operations, counts, is_unfiltered));
    summary.show_versions(context);
    if let Some(suggestion) = suggestion {
        context.info(suggestion);
    }
    summary.verdict(context)?;
    if args.exit_status && kept == 0 {
        return Err(CommandError::nothing_matched());
    }
    Ok(())
}

/// The counts of all dimensions.
struct EventStats {
    zone: Tz,
    /// The name of the counted unit: `events` or `operations`.
    unit: &'static str,
    /// The counts of the values of each dimension, in the order of [`DIMENSIONS`].
    values: [ValueCounts; DIMENSIONS.len()],
    hours: HourlyCounts,
}

impl EventStats {
    fn new(zone: Tz, folds: bool) -> Self {
        let unit = count_unit(folds);
        Self { zone, unit, values: std::array::from_fn(|_| ValueCounts::default()), hours: HourlyCounts::default() }
    }

    fn add(&mut self, row: &Row) {
        let columns = DIMENSIONS.map(|(_, column)| column);
        for (counts, values) in self.values.iter_mut().zip(&*counted_values(&columns, row)) {
            counts.add(values);
        }
        if let Some(time) = row.event.time() {
            let time = time.with_timezone(&self.zone);
            let day = time.weekday().num_days_from_monday();
            self.hours.add(day as usize, time.hour() as usize);
        }
    }

    /// One JSON object. Formatted by hand, so that the hours of a day stay on one line.
    fn json(&self, count: u64, range: Option<DateRange>) -> String {
        let time = |time: Option<DateTime<Utc>>| {
            let text = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            text.map_or(Value::Null, Value::from)
        };
        let lists = DIMENSIONS.iter().zip(&self.values).map(|((name, _), values)| {
            let sorted = values.sorted();
            let listed = sorted.iter().map(|(value, count)| value_json(value, *count, self.unit));
            let listed = listed.collect::<Vec<_>>().join(",");
            format!("    \"{name}\": [{listed}]")
        });
        let days = self.hours.days().map(|(day, hours)| {
            let hours = hours.map(|count| count.to_string()).join(",");
            format!("      \"{day}\": [{hours}]")
        });
        format!(
            "{{\n  \"from\": {},\n  \"to\": {},\n  \"{}\": {count},\n  \"by\": {{\n{}\n  }},\n  \"hours\": {{\n    \
             \"zone\": {},\n    \"days\": {{\n{}\n    }}\n  }}\n}}\n",
            time(range.map(|range| range.start())),
            time(range.map(|range| range.end())),
            self.unit,
            lists.collect::<Vec<_>>().join(",\n"),
            Value::from(self.zone.name()),
            days.collect::<Vec<_>>().join(",\n"),
        )
    }

    fn chart(&self, top: usize, max_width: Option<usize>) -> StyledText {
        let mut out = StyledText::default();
        for ((name, _), values) in DIMENSIONS.iter().zip(&self.values) {
            let title = format!("{} ({})", name.to_uppercase().replace('-', " "), self.unit);
            out.push_styled(&title, TextStyle::Bold);
            out.push("\n");
            out.append(&bars(&values.sorted(), top, max_width));
            out.push("\n");
        }
        out.push_styled(&format!("HOUR AND WEEKDAY ({}, {})", self.unit, zone_name(self.zone)), TextStyle::Bold);
        out.push("\n");
        out.push(&self.hours.heat_map());
        out
    }
}
