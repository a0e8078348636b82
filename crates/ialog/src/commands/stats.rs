//! `ialog stats`: who, what and when, in numbers.

use std::num::NonZeroUsize;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Event};
use serde_json::Value;

use crate::chart::{self, Hours};
use crate::cli::{ReportOutput, Stats};
use crate::failure::Failure;
use crate::host::Host;
use crate::missed::Missed;
use crate::source::{Source, Taker};
use crate::table::{Look, safe_json};
use crate::view::{Column, Found, Values, value_json};
use crate::zone;

/// So many values of each kind are shown.
const TOP: usize = 10;

/// What is counted, by its name in JSON.
const KINDS: [(&str, Kind); 7] = [
    ("outcome", Kind::Column(Column::Flat("outcome"))),
    ("type", Kind::Column(Column::Type)),
    ("user", Kind::Column(Column::User)),
    ("action", Kind::Column(Column::Action)),
    ("resource-type", Kind::Column(Column::Flat("resource_type"))),
    ("service", Kind::Column(Column::Service)),
    ("ip", Kind::Address),
];

/// Where its values are from.
enum Kind {
    Column(Column),
    /// The address of the client, each in one way of writing it.
    Address,
}

pub(crate) async fn run(arguments: &Stats, host: &mut Host<'_>) -> Result<(), Failure> {
    arguments.asked.check()?;
    let json = arguments.report.output == ReportOutput::Json;
    if json && arguments.top.is_some() {
        return Err(Failure::usage("json has all values, so --top would have no effect", "leave out --top"));
    }
    let filter = arguments.filters.filter()?;
    let zone = zone::choose(&arguments.asked.zone, host)?;
    let source = Source::open(&arguments.asked, zone, host).await?;
    let range = source.range();
    let mut counted = Counted {
        zone,
        missed: Missed::new(&filter),
        values: std::array::from_fn(|_| Values::default()),
        hours: Hours::default(),
    };
    let reading = source.read(&filter, &mut counted, host).await?;
    let counts = reading.counts;
    if reading.is_lost() {
        return reading.verdict(host);
    }
    let text = match arguments.report.output {
        ReportOutput::Json if host.terminal.shown => safe_json(&counted.json(counts.kept, range)),
        ReportOutput::Json => counted.json(counts.kept, range),
        ReportOutput::Table if counts.kept == 0 => String::new(),
        ReportOutput::Table => {
            let looks = arguments.report.colour.used(host.terminal.colours);
            counted.chart(arguments.top.map_or(TOP, NonZeroUsize::get), host.terminal.columns, looks)
        }
    };
    if !host.pipe(&text)? {
        return Ok(());
    }
    if filter.is_empty() {
        host.say(super::counted(counts.seen, "event"));
    } else {
        host.say(format_args!("{counts} match"));
    }
    if let Some(hint) = counted.missed.hint() {
        host.say(hint);
    }
    reading.verdict(host)?;
    if arguments.exit_status && counts.kept == 0 {
        return Err(Failure::nothing_matched());
    }
    Ok(())
}

struct Counted {
    zone: Tz,
    missed: Missed,
    /// In the order of [`KINDS`].
    values: [Values; KINDS.len()],
    hours: Hours,
}

impl Taker for Counted {
    fn see(&mut self, event: &Event) {
        self.missed.see(event);
    }

    fn take(&mut self, contract: &ContractNumber, event: Event, _host: &mut Host<'_>) -> Result<bool, Failure> {
        self.missed.found();
        let found = Found::one(contract.clone(), event);
        for ((_, kind), values) in KINDS.iter().zip(&mut self.values) {
            values.add(match kind {
                Kind::Column(column) => column.values(&found),
                Kind::Address => address(&found.event).into_iter().collect(),
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

impl Counted {
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
            out += &format!("{}\n", Look::Bold.on(&title, looks));
            out += &chart::bars(&values.sorted(), top, room, looks);
            out.push('\n');
        }
        let title = format!("HOUR AND WEEKDAY ({})", self.zone.name());
        out += &format!("{}\n", Look::Bold.on(&title, looks));
        out + &self.hours.map()
    }
}

fn address(event: &Event) -> Option<String> {
    let principal = event.details().principal();
    let address = principal.ip().map(|ip| ip.to_canonical().to_string());
    address.or_else(|| principal.source_ip.map(String::from))
}
