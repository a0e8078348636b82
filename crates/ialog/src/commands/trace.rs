//! `ialog trace`: one operation, from being accepted to its end.

use ionos_activitylog::Filter;

use crate::account;
use crate::cli::{Trace, TraceOutput};
use crate::failure::Failure;
use crate::host::Host;
use crate::source::Source;
use crate::table::{Style, safe, safe_json};
use crate::trace::{Details, Operation, Tied, Told, json, text};
use crate::view::Clock;
use crate::zone;

pub(crate) async fn run(arguments: &Trace, host: &mut Host<'_>) -> Result<(), Failure> {
    // Details of an archived operation are asked of the service.
    if !arguments.details {
        arguments.asked.check()?;
    }
    let reference = read_reference(&arguments.reference)?;
    let zone = zone::choose(&arguments.asked.zone, host)?;
    let clock = Clock { zone, now: host.clock.now() };
    let range = super::looked_back(&arguments.asked)?;
    let source = Source::open_range(&arguments.asked, range, zone, host).await?;
    let mut details = details(arguments, &source, host)?;
    let mut tied = Tied::default();
    let reading = source.read(&Filter::new(), &mut tied, host).await?;
    if reading.is_lost() {
        return reading.verdict(host);
    }
    let operations = tied.operations(reference);
    drop(tied);
    if operations.is_empty() {
        let seen = reading.counts.seen;
        // Were something missing, it might be there.
        reading.verdict(host)?;
        return Err(Failure::unexpected(
            format!("none of {seen} events has the request id or queue reference {reference:?}"),
            "look in another time with --from and --to, or in another contract",
        ));
    }
    let mut told = Vec::new();
    let mut failed = None;
    for operation in &operations {
        match of_cloud(details.as_mut(), operation, host).await {
            Ok(one) => told.push(one),
            // The log's own word on it does not depend on that.
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        }
    }
    told.resize_with(operations.len(), || None);
    let shown = shown(arguments, &operations, &told, clock, host);
    if !host.pipe(&shown)? {
        return Ok(());
    }
    say_what_else(&operations, host);
    reading.verdict(host)?;
    failed.map_or(Ok(()), Err)
}

/// The name of an operation, as it is in the log.
fn read_reference(text: &str) -> Result<&str, Failure> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Err(Failure::usage(
            format!("{text:?} is neither a request id nor a queue reference"),
            "`ialog query -o wide` has the request of each event",
        ));
    }
    if text.starts_with("u:") || text.starts_with("h:") {
        return Err(Failure::usage(
            format!("{text:?} is the id of a single event, for `ialog show`"),
            "the request of its operation is in its line request_id",
        ));
    }
    Ok(text)
}

/// Who tells more of the operations, if that is wanted.
fn details(arguments: &Trace, source: &Source, host: &mut Host<'_>) -> Result<Option<Details>, Failure> {
    if !arguments.details {
        return Ok(None);
    }
    let client = match source.client() {
        Some(client) => client,
        None => account::connect(&arguments.asked.account, host.clock.now(), host)?,
    };
    Ok(Some(Details::new(client)))
}

/// What is told of an operation; why nothing is, is said.
async fn of_cloud(
    details: Option<&mut Details>,
    operation: &Operation,
    host: &mut Host<'_>,
) -> Result<Option<Told>, Failure> {
    let Some(details) = details else {
        return Ok(None);
    };
    let told = details.of(operation).await?;
    if let Told::Nothing(reason) = &told {
        host.say(safe(reason));
    }
    Ok(Some(told))
}

fn shown(
    arguments: &Trace,
    operations: &[Operation],
    told: &[Option<Told>],
    clock: Clock,
    host: &mut Host<'_>,
) -> String {
    let all = || operations.iter().zip(told);
    let objects = || all().map(|(operation, told)| json(operation, told.as_ref()));
    let text = match arguments.output {
        TraceOutput::Ndjson => objects().map(|object| object + "\n").collect(),
        TraceOutput::Json => format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n")),
        TraceOutput::Table => {
            let style = Style {
                room: host.terminal.columns,
                looks: arguments.colour.used(host.terminal.colours),
                titles: true,
            };
            let mut missing = Vec::new();
            let texts = all().map(|(operation, told)| {
                let told = match told {
                    Some(Told::Request(request)) => Some(&**request),
                    _ => None,
                };
                let (text, left_out) = text(operation, told, clock, style);
                missing.extend(left_out);
                text
            });
            let texts: Vec<String> = texts.collect();
            missing.sort_unstable();
            missing.dedup();
            if !missing.is_empty() {
                host.say(format_args!("the terminal is too narrow for {}: -o json has all", missing.join(", ")));
            }
            return texts.join("\n");
        }
    };
    if host.terminal.shown { safe_json(&text) } else { text }
}

/// What was not asked for and is near.
fn say_what_else(operations: &[Operation], host: &mut Host<'_>) {
    let events: usize = operations.iter().map(|one| one.events().len()).sum();
    let mut said = super::counted(events as u64, "event");
    if operations.len() > 1 {
        said += &format!(" of {}", super::counted(operations.len() as u64, "operation"));
    }
    host.say(said);
    if let [only] = operations
        && only.others > 0
        && let Some(queue) = only.queue()
    {
        host.say(format_args!(
            "its events are tied to {} by their queue reference: `ialog trace {}` shows them",
            super::counted(only.others as u64, "other request"),
            safe(&queue)
        ));
    }
}
