//! `ialog stats`: who, what and when, in numbers.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Event};
use serde_json::Value;

use crate::chart::{self, Hours};
use crate::cli::{Stats, StatsOutput};
use crate::failure::Failure;
use crate::host::Host;
use crate::missed::Missed;
use crate::source::{Source, Taker};
use crate::table::{Look, safe_json};
use crate::view::{Values, value_json};
use crate::zone;

/// What is counted, by its name in JSON.
const KINDS: [&str; 7] = [
    "outcome",
    "type",
    "user",
    "action",
    "resource-type",
    "service",
    "ip",
];

pub(crate) async fn run(arguments: &Stats, host: &mut Host<'_>) -> Result<(), Failure> {
    let filter = arguments.filters.filter()?;
    let zone = zone::choose(&arguments.asked.zone, host)?;
    let source = Source::open(&arguments.asked, zone, host).await?;
    let range = source.range();
    let mut counted = Counted {
        zone,
        missed: Missed::new(&filter),
        values: KINDS.map(|_| Values::default()),
        hours: Hours::default(),
    };
    let reading = source.read(&filter, &mut counted, host).await?;
    let counts = reading.counts;
    if reading.is_lost() {
        return reading.verdict(host);
    }
    let text = match arguments.output {
        StatsOutput::Json if host.terminal.shown => safe_json(&counted.json(counts.kept, range)),
        StatsOutput::Json => counted.json(counts.kept, range),
        StatsOutput::Table if counts.kept == 0 => String::new(),
        StatsOutput::Table => {
            let looks = arguments.colour.used(host.terminal.colours);
            counted.chart(arguments.top, host.terminal.columns, looks)
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

    fn take(
        &mut self,
        _contract: &ContractNumber,
        event: Event,
        _host: &mut Host<'_>,
    ) -> Result<bool, Failure> {
        self.missed.found();
        let details = event.details();
        let principal = details.principal();
        let resources = details.resources();
        let address = principal.ip().map(|ip| ip.to_canonical().to_string());
        let actions = resources.iter().flat_map(|one| &one.actions);
        let types = resources
            .iter()
            .filter_map(|one| one.resource_type.as_ref());
        let of_kinds: [Vec<String>; KINDS.len()] = [
            vec![details.outcome().to_string()],
            details
                .event_type()
                .iter()
                .map(ToString::to_string)
                .collect(),
            principal.user.iter().map(ToString::to_string).collect(),
            actions.map(ToString::to_string).collect(),
            types.map(ToString::to_string).collect(),
            principal.service.iter().map(ToString::to_string).collect(),
            address
                .or_else(|| principal.source_ip.as_ref().map(ToString::to_string))
                .into_iter()
                .collect(),
        ];
        for (values, mut of_kind) in self.values.iter_mut().zip(of_kinds) {
            of_kind.sort_unstable();
            of_kind.dedup();
            if of_kind.is_empty() {
                of_kind.push(String::new());
            }
            of_kind.into_iter().for_each(|value| values.add(value));
        }
        if let Some(time) = event.time() {
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
        let lists = KINDS.iter().zip(&self.values).map(|(kind, values)| {
            let sorted = values.sorted();
            let listed = sorted
                .iter()
                .map(|(value, events)| value_json(value, *events));
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
        for (kind, values) in KINDS.iter().zip(&self.values) {
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
