//! `ialog trace`: one operation, from being accepted to its end.

mod cloud_request;
mod json;
mod length;
mod operation;
mod text;

use clap::{Args, ValueEnum};
use ionos_activitylog::Filter;

use crate::args::events::{EventSelection, looked_back};
use crate::args::output::ColorArgs;
use crate::args::zone;
use crate::error::CommandError;
use crate::events::source::EventSource;
use crate::output::event_table::DisplayClock;
use crate::output::plural::format_count;
use crate::output::table::TableOptions;
use crate::output::text::{safe, safe_json};
use crate::runtime::context::Context;
use crate::service::account;
use cloud_request::{CloudRequestInfo, CloudRequestLookup};
use json::json;
use operation::{Operation, OperationCollector};
use text::text;

#[derive(Args)]
#[command(after_help = "\
An operation leaves several events: that it was accepted, queued, running, and done or failed. They have a request id \
in common, the column request of `ialog query -o wide`, or the reference of the queue that it was provisioned in. A \
queue reference may stand for several requests; each is shown. Without a time, the last 30 days of the log or all of an \
archive are looked through.

--details asks the Cloud API what was sent (GET /cloudapi/v6/requests/ID), once for each request. What may be secret in \
it is replaced by [redacted]. The Cloud API knows only changes that came through it; that it does not know a request is \
said, and no failure.

Examples:
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001
  ialog trace 9182731 --last 2d --details
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001 --archive audit -o json")]
pub(crate) struct TraceArgs {
    /// Request id or queue reference of the operation
    #[arg(value_name = "REQUEST|QUEUEREF")]
    pub(crate) reference: String,

    #[command(flatten)]
    pub(crate) asked: EventSelection,

    /// Also show what the Cloud API tells of the request
    #[arg(long, help_heading = "Output")]
    pub(crate) details: bool,

    /// table, or json, one array with an object for each operation, or ndjson, an operation on each line
    #[arg(
        short,
        long,
        value_name = "FORM",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) output: TraceFormat,

    #[command(flatten, next_help_heading = "Output")]
    pub(crate) colour: ColorArgs,
}

/// How an operation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// A line for each event, for people
    Table,
    /// One array
    Json,
    /// An object on each line
    Ndjson,
}

pub(crate) async fn run(arguments: &TraceArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    // Details of an archived operation are asked of the service.
    if !arguments.details {
        arguments.asked.check()?;
    }
    let reference = read_reference(&arguments.reference)?;
    let zone = zone::choose(&arguments.asked.zone, context)?;
    let clock = DisplayClock { zone, now: context.clock.now() };
    let range = looked_back(&arguments.asked)?;
    let source = EventSource::open_range(&arguments.asked, range, zone, context).await?;
    let mut details = details(arguments, &source, context)?;
    let mut tied = OperationCollector::default();
    let reading = source.read(&Filter::new(), &mut tied, context).await?;
    if reading.is_lost() {
        return reading.verdict(context);
    }
    let operations = tied.operations(reference);
    drop(tied);
    if operations.is_empty() {
        let seen = reading.counts.seen;
        // Were something missing, it might be there.
        reading.verdict(context)?;
        return Err(CommandError::unexpected(
            format!("none of {seen} events has the request id or queue reference {reference:?}"),
            "look in another time with --from and --to, or in another contract",
        ));
    }
    let mut told = Vec::new();
    let mut failed = None;
    for operation in &operations {
        match of_cloud(details.as_mut(), operation, context).await {
            Ok(one) => told.push(one),
            // The log's own word on it does not depend on that.
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        }
    }
    told.resize_with(operations.len(), || None);
    let shown = shown(arguments, &operations, &told, clock, context);
    if !context.write_stdout(&shown)? {
        return Ok(());
    }
    say_what_else(&operations, context);
    reading.verdict(context)?;
    failed.map_or(Ok(()), Err)
}

/// The name of an operation, as it is in the log.
fn read_reference(text: &str) -> Result<&str, CommandError> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Err(CommandError::usage(
            format!("{text:?} is neither a request id nor a queue reference"),
            "`ialog query -o wide` has the request of each event",
        ));
    }
    if text.starts_with("u:") || text.starts_with("h:") {
        return Err(CommandError::usage(
            format!("{text:?} is the id of a single event, for `ialog show`"),
            "the request of its operation is in its line request_id",
        ));
    }
    Ok(text)
}

/// Who tells more of the operations, if that is wanted.
fn details(
    arguments: &TraceArgs,
    source: &EventSource,
    context: &mut Context<'_>,
) -> Result<Option<CloudRequestLookup>, CommandError> {
    if !arguments.details {
        return Ok(None);
    }
    let client = match source.client() {
        Some(client) => client,
        None => account::connect(&arguments.asked.account, context.clock.now(), context)?,
    };
    Ok(Some(CloudRequestLookup::new(client)))
}

/// What is told of an operation; why nothing is, is said.
async fn of_cloud(
    details: Option<&mut CloudRequestLookup>,
    operation: &Operation,
    context: &mut Context<'_>,
) -> Result<Option<CloudRequestInfo>, CommandError> {
    let Some(details) = details else {
        return Ok(None);
    };
    let told = details.of(operation).await?;
    if let CloudRequestInfo::Nothing(reason) = &told {
        context.info(safe(reason));
    }
    Ok(Some(told))
}

fn shown(
    arguments: &TraceArgs,
    operations: &[Operation],
    told: &[Option<CloudRequestInfo>],
    clock: DisplayClock,
    context: &mut Context<'_>,
) -> String {
    let all = || operations.iter().zip(told);
    let objects = || all().map(|(operation, told)| json(operation, told.as_ref()));
    let text = match arguments.output {
        TraceFormat::Ndjson => objects().map(|object| object + "\n").collect(),
        TraceFormat::Json => format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n")),
        TraceFormat::Table => {
            let style = TableOptions {
                room: context.terminal.columns,
                looks: arguments.colour.used(context.terminal.colours),
                titles: true,
            };
            let mut missing = Vec::new();
            let texts = all().map(|(operation, told)| {
                let told = match told {
                    Some(CloudRequestInfo::Request(request)) => Some(&**request),
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
                context.info(format_args!("the terminal is too narrow for {}: -o json has all", missing.join(", ")));
            }
            return texts.join("\n");
        }
    };
    if context.terminal.shown { safe_json(&text) } else { text }
}

/// What was not asked for and is near.
fn say_what_else(operations: &[Operation], context: &mut Context<'_>) {
    let events: usize = operations.iter().map(|one| one.events().len()).sum();
    let mut said = format_count(events as u64, "event");
    if operations.len() > 1 {
        said += &format!(" of {}", format_count(operations.len() as u64, "operation"));
    }
    context.info(said);
    if let [only] = operations
        && only.others > 0
        && let Some(queue) = only.queue()
    {
        context.info(format_args!(
            "its events are tied to {} by their queue reference: `ialog trace {}` shows them",
            format_count(only.others as u64, "other request"),
            safe(&queue)
        ));
    }
}
