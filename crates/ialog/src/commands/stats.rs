//! `ialog stats`: who, what and when, in numbers.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use ionos_activitylog::{ContractNumber, DateRange, Event};
use serde_json::{Map, Value, json};

use crate::chart::{self, Hours};
use crate::cli::{Stats, StatsOutput};
use crate::failure::Failure;
use crate::host::Host;
use crate::missed::Missed;
use crate::source::{Source, Taker};
use crate::table::Look;
use crate::view::Values;
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

pub(crate) async fn run(arguments: Stats, host: &mut Host<'_>) -> Result<(), Failure> {
    let json = arguments.output == StatsOutput::Json;
    let done = count(&arguments, host).await;
    done.map_err(|failure| if json { failure.as_json() } else { failure })
}

async fn count(arguments: &Stats, host: &mut Host<'_>) -> Result<(), Failure> {
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
    let reading = source.read(&filter, &mut counted, false, host).await?;
    let counts = reading.counts;
    let text = match arguments.output {
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
    fn json(&self, events: u64, range: Option<DateRange>) -> String {
        let lists = KINDS.iter().zip(&self.values).map(|(kind, values)| {
            let listed = values.sorted();
            let listed = listed
                .iter()
                .map(|(value, events)| json!({"value": value, "events": events}));
            ((*kind).to_owned(), listed.collect::<Value>())
        });
        let time = |time: chrono::DateTime<chrono::Utc>| {
            time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
        };
        let hours: Map<String, Value> = self
            .hours
            .days()
            .map(|(day, hours)| (day.to_owned(), hours.to_vec().into()))
            .collect();
        let stats = json!({
            "from": range.map(|range| time(range.start())),
            "to": range.map(|range| time(range.end())),
            "events": events,
            "by": lists.collect::<Map<_, _>>(),
            "hours": {"zone": self.zone.name(), "days": hours},
        });
        format!("{stats:#}\n")
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
