//! `ialog stats`: who, what and when, in numbers.

use std::num::NonZeroUsize;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use chrono_tz::Tz;
use clap::Args;
use ionos_activitylog::{ContractNumber, DateRange, Event};
use serde_json::Value;

use crate::args::events::{EventSelection, FilterArgs};
use crate::args::output::{ReportArgs, ReportFormat};
use crate::args::zone;
use crate::error::CommandError;
use crate::events::source::{EventSource, Taker};
use crate::events::suggestions::Suggestions;
use crate::output::chart;
use crate::output::chart::HourlyCounts;
use crate::output::column::Column;
use crate::output::plural::format_count;
use crate::output::row::Row;
use crate::output::table::TextStyle;
use crate::output::text::safe_json;
use crate::output::value_counts::{ValueCounts, value_json};
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
Every event counts, the updates of an operation too. An event with several resources or actions counts for each of \
them. Hours and weekdays are those of --tz.

Examples:
  ialog stats --last 7d
  ialog stats --from 2026-11 --mutations --top 5
  ialog stats --archive audit --failed -o json")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) asked: EventSelection,

    #[command(flatten, next_help_heading = "Filters")]
    pub(crate) filters: FilterArgs,

    /// So many values of each kind at the most; 10 if left out
    #[arg(long, value_name = "COUNT", value_parser = crate::args::output::count, help_heading = "Output")]
    pub(crate) top: Option<NonZeroUsize>,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) report: ReportArgs,

    /// Exit code 7 when nothing matched
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_status: bool,
}

/// So many values of each kind are shown.
const TOP: usize = 10;

/// What is counted, by its name in JSON.
const KINDS: [(&str, StatsDimension); 7] = [
    ("outcome", StatsDimension::Column(Column::Flat("outcome"))),
    ("type", StatsDimension::Column(Column::Type)),
    ("user", StatsDimension::Column(Column::User)),
    ("action", StatsDimension::Column(Column::Action)),
    ("resource-type", StatsDimension::Column(Column::Flat("resource_type"))),
    ("service", StatsDimension::Column(Column::Service)),
    ("ip", StatsDimension::Address),
];

/// Where its values are from.
enum StatsDimension {
    Column(Column),
    /// The address of the client, each in one way of writing it.
    Address,
}

pub(crate) async fn run(arguments: &StatsArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    arguments.asked.check()?;
    let json = arguments.report.output == ReportFormat::Json;
    if json && arguments.top.is_some() {
        return Err(CommandError::usage("json has all values, so --top would have no effect", "leave out --top"));
    }
    let filter = arguments.filters.filter()?;
    let zone = zone::choose(&arguments.asked.zone, context)?;
    let source = EventSource::open(&arguments.asked, zone, context).await?;
    let range = source.range();
    let mut counted = EventStats {
        zone,
        missed: Suggestions::new(&filter),
        values: std::array::from_fn(|_| ValueCounts::default()),
        hours: HourlyCounts::default(),
    };
    let reading = source.read(&filter, &mut counted, context).await?;
    let counts = reading.counts;
    if reading.is_lost() {
        return reading.verdict(context);
    }
    let text = match arguments.report.output {
        ReportFormat::Json if context.terminal.shown => safe_json(&counted.json(counts.kept, range)),
        ReportFormat::Json => counted.json(counts.kept, range),
        ReportFormat::Table if counts.kept == 0 => String::new(),
        ReportFormat::Table => {
            let looks = arguments.report.colour.used(context.terminal.colours);
            counted.chart(arguments.top.map_or(TOP, NonZeroUsize::get), context.terminal.columns, looks)
        }
    };
    if !context.write_stdout(&text)? {
        return Ok(());
    }
    if filter.is_empty() {
        context.info(format_count(counts.seen, "event"));
    } else {
        context.info(format_args!("{counts} match"));
    }
    if let Some(hint) = counted.missed.hint() {
        context.info(hint);
    }
    reading.verdict(context)?;
    if arguments.exit_status && counts.kept == 0 {
        return Err(CommandError::nothing_matched());
    }
    Ok(())
}

struct EventStats {
    zone: Tz,
    missed: Suggestions,
    /// In the order of [`KINDS`].
    values: [ValueCounts; KINDS.len()],
    hours: HourlyCounts,
}

impl Taker for EventStats {
    fn see(&mut self, event: &Event) {
        self.missed.see(event);
    }

    fn take(&mut self, contract: &ContractNumber, event: Event, _host: &mut Context<'_>) -> Result<bool, CommandError> {
        self.missed.found();
        let found = Row::one(contract.clone(), event);
        for ((_, kind), values) in KINDS.iter().zip(&mut self.values) {
            values.add(match kind {
                StatsDimension::Column(column) => column.values(&found),
                StatsDimension::Address => address(&found.event).into_iter().collect(),
            });
        }
        if let Some(time) = found.event.time() {
            let time = time.with_timezone(&self.zone);
            let day = time.weekday().num_days_from_monday();
            self.hours.add(day as usize, time.hour() as usize);
        }
        Ok(true)
    }
}

impl EventStats {
    /// One object. It is put together here, because a list of hours on as many lines is no use to anybody.
    fn json(&self, events: u64, range: Option<DateRange>) -> String {
        let time = |time: Option<DateTime<Utc>>| {
            let text = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            text.map_or(Value::Null, Value::from)
        };
        let lists = KINDS.iter().zip(&self.values).map(|((kind, _), values)| {
            let sorted = values.sorted();
            let listed = sorted.iter().map(|(value, events)| value_json(value, *events));
            let listed = listed.collect::<Vec<_>>().join(",");
            format!("    \"{kind}\": [{listed}]")
        });
        let days = self.hours.days().map(|(day, hours)| {
            let hours = hours.map(|count| count.to_string()).join(",");
            format!("      \"{day}\": [{hours}]")
        });
        format!(
            "{{\n  \"from\": {},\n  \"to\": {},\n  \"events\": {events},\n  \"by\": {{\n{}\n  }},\n  \"hours\": {{\n    \
             \"zone\": {},\n    \"days\": {{\n{}\n    }}\n  }}\n}}\n",
            time(range.map(|range| range.start())),
            time(range.map(|range| range.end())),
            lists.collect::<Vec<_>>().join(",\n"),
            Value::from(self.zone.name()),
            days.collect::<Vec<_>>().join(",\n"),
        )
    }

    fn chart(&self, top: usize, room: Option<usize>, looks: bool) -> String {
        let mut out = String::new();
        for ((kind, _), values) in KINDS.iter().zip(&self.values) {
            let title = kind.to_uppercase().replace('-', " ");
            out += &format!("{}\n", TextStyle::Bold.on(&title, looks));
            out += &chart::bars(&values.sorted(), top, room, looks);
            out.push('\n');
        }
        let title = format!("HOUR AND WEEKDAY ({})", self.zone.name());
        out += &format!("{}\n", TextStyle::Bold.on(&title, looks));
        out + &self.hours.map()
    }
}

fn address(event: &Event) -> Option<String> {
    let principal = event.details().principal();
    let address = principal.ip().map(|ip| ip.to_canonical().to_string());
    address.or_else(|| principal.source_ip.map(String::from))
}
