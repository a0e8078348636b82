//! `ialog trace`: shows the events of an operation, from its acceptance to its end.

mod cloud_request;
mod json;
mod operation;
mod operation_collector;
mod text;

use clap::{Args, ValueEnum};
use ionos_activitylog::Filter;

use crate::args::events::EventSelection;
use crate::args::output::ColorArgs;
use crate::args::zone::resolve_zone;
use crate::error::CommandError;
use crate::events::rows::Rows;
use crate::output::plural::format_count;
use crate::output::styled_text::StyledText;
use crate::output::table::TableOptions;
use crate::output::time::TimeFormat;
use crate::output::writer::Content;
use crate::runtime::context::Context;
use crate::service::account;
use cloud_request::{CloudRequestInfo, CloudRequestLookup};
use json::operation_json;
use operation::Operation;
use operation_collector::OperationCollector;
use text::operation_text;

#[derive(Args)]
#[command(after_help = "\
An operation consists of several events: accepted, queued, running, and done or failed. They share a request ID (the \
column request of `ialog query -o wide`) or the reference of the provisioning queue. If a queue reference belongs to \
several requests, all of them are shown; events that may belong to any of them are shown as an operation of their own. \
`ialog help filters` explains the outcome. Without a time range, the last 30 days of the log, or the whole archive, are \
searched. The events with a request ID or a queue reference are kept in memory, up to 2 GiB.

The heading shows the action, resource, user and address of the first event that is neither a status update nor a \
provisioning event. The column DIFFERENCES shows the values of an event that differ from the heading. In json and ndjson, each event has user, \
source_ip, action, method, uri and resources, as in `ialog schema flat`; a missing value is null.

--details reads each request from the Cloud API (GET /cloudapi/v6/requests/ID). Values that may be secret are replaced by \
[redacted]. The Cloud API only knows changes that were made through it; an unknown request is reported, but is not an \
error.

Examples:
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001
  ialog trace 9182731 --last 2d --details
  ialog trace 5d2b0c1e-0000-4000-8000-000000000001 --archive audit -o json")]
pub(crate) struct TraceArgs {
    /// Request ID or queue reference of the operation
    #[arg(value_name = "REQUEST|QUEUEREF")]
    pub(crate) reference: String,

    #[command(flatten)]
    pub(crate) selection: EventSelection,

    /// Also show the request from the Cloud API
    #[arg(long, help_heading = "Output")]
    pub(crate) details: bool,

    /// Output format: table, json (an array with one object per operation) or ndjson (one operation per line)
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
    pub(crate) color: ColorArgs,
}

/// The format of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// Text with one line for each event
    Table,
    /// One array
    Json,
    /// An object on each line
    Ndjson,
}

pub(crate) async fn run(args: &TraceArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    // With --details, requests are sent even if the operation is read from an archive, so flags for requests are valid.
    if !args.details {
        args.selection.check()?;
    }
    args.color.apply(&mut context.terminal);
    let reference = parse_reference(&args.reference)?;
    let zone = resolve_zone(&args.selection.zone, context)?;
    let range = args.selection.range_or_lookback()?;
    let mut rows = Rows::open_range(&args.selection, range, Filter::new(), zone, context).await?;
    let mut lookup = cloud_request_lookup(args, &rows, context)?;
    let mut collector = OperationCollector::default();
    while let Some(row) = rows.next(context).await? {
        collector.add(row)?;
    }
    let times = TimeFormat::new(rows.range(), zone, context.terminal.is_terminal);
    let summary = rows.into_summary();
    if summary.is_lost() {
        return summary.verdict(context);
    }
    let operations = collector.operations(reference);
    drop(collector);
    if operations.is_empty() {
        let seen = summary.counts.seen;
        // If reading was incomplete, the operation may be in a gap, so the error about the gap takes precedence.
        summary.verdict(context)?;
        return Err(CommandError::unexpected(
            format!("none of {seen} events has the request ID or queue reference {reference:?}"),
            "search another time range with --from and --to, or another contract",
        ));
    }
    let (infos, lookup_error) = look_up_all(lookup.as_mut(), &operations, context).await;
    let content = format_operations(args.output, &operations, &infos, times, context);
    if !context.write_stdout(&content)? {
        return Ok(());
    }
    show_related(&operations, context);
    summary.verdict(context)?;
    lookup_error.map_or(Ok(()), Err)
}

/// Parses the request id or queue reference of an operation.
fn parse_reference(text: &str) -> Result<&str, CommandError> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Err(CommandError::usage(
            format!("{text:?} is neither a request ID nor a queue reference"),
            "`ialog query -o wide` shows the request ID of each event",
        ));
    }
    if text.starts_with("u:") || text.starts_with("h:") {
        return Err(CommandError::usage(
            format!("{text:?} is an event ID, not a request ID"),
            "`ialog show` prints the request ID of the event as request_id",
        ));
    }
    Ok(text)
}

/// The client that looks up requests; `None` without `--details`.
fn cloud_request_lookup(
    args: &TraceArgs,
    rows: &Rows,
    context: &mut Context<'_>,
) -> Result<Option<CloudRequestLookup>, CommandError> {
    if !args.details {
        return Ok(None);
    }
    let client = match rows.client() {
        Some(client) => client,
        None => account::connect(&args.selection.service, context.clock.now(), context)?,
    };
    Ok(Some(CloudRequestLookup::new(client)))
}

/// Looks up the request of each operation. The first error ends the lookup. The result then has the error and the
/// requests that were already found, because the operations are shown even if the lookup fails.
async fn look_up_all(
    mut lookup: Option<&mut CloudRequestLookup>,
    operations: &[Operation],
    context: &mut Context<'_>,
) -> (Vec<Option<CloudRequestInfo>>, Option<CommandError>) {
    let mut infos = Vec::new();
    let mut first_error = None;
    if let Some(lookup) = &mut lookup {
        for operation in operations {
            match lookup.look_up(operation).await {
                Ok(info) => {
                    if let CloudRequestInfo::Unknown(reason) = &info {
                        context.info(reason);
                    }
                    infos.push(Some(info));
                }
                Err(error) => {
                    first_error = Some(error);
                    break;
                }
            }
        }
    }
    infos.resize_with(operations.len(), || None);
    (infos, first_error)
}

fn format_operations(
    format: TraceFormat,
    operations: &[Operation],
    infos: &[Option<CloudRequestInfo>],
    times: TimeFormat,
    context: &mut Context<'_>,
) -> Content {
    let all = || operations.iter().zip(infos);
    let objects = || all().map(|(operation, info)| operation_json(operation, info.as_ref()));
    match format {
        TraceFormat::Ndjson => Content::Data(objects().map(|object| object + "\n").collect()),
        TraceFormat::Json => Content::Data(format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n"))),
        TraceFormat::Table => {
            let options = TableOptions { max_width: context.terminal.columns, has_titles: true };
            let mut all_dropped = Vec::new();
            let mut out = StyledText::default();
            for (index, (operation, info)) in all().enumerate() {
                if index > 0 {
                    out.push("\n");
                }
                let (text, dropped) = operation_text(operation, info.as_ref(), times, options);
                out.append(&text);
                all_dropped.extend(dropped);
            }
            all_dropped.sort_unstable();
            all_dropped.dedup();
            if !all_dropped.is_empty() {
                let dropped = all_dropped.join(", ");
                context.info(format_args!("columns hidden for lack of width: {dropped} (use -o json)"));
            }
            out.into()
        }
    }
}

/// Shows the number of events and operations. If other requests have the same queue reference, also shows the command
/// that finds them.
fn show_related(operations: &[Operation], context: &mut Context<'_>) {
    let events: usize = operations.iter().map(|operation| operation.events().len()).sum();
    let mut text = format_count(events as u64, "event");
    if operations.len() > 1 {
        text += &format!(" of {}", format_count(operations.len() as u64, "operation"));
    }
    context.info(text);
    let mut requests = operations.iter().filter(|operation| operation.request().is_some());
    if let (Some(only), None) = (requests.next(), requests.next())
        && only.other_requests > 0
        && let Some(queue) = only.queue()
    {
        let others = format_count(only.other_requests as u64, "other request");
        context.info(format_args!("{others} with the same queue reference: `ialog trace {queue}` shows all"));
    }
}
