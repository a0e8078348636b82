//! `ialog show`: shows everything about one event.

use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use ionos_activitylog::{EventId, Filter};
use ionos_activitylog_archive::ndjson;
use serde_json::Value;

use crate::args::events::EventSelection;
use crate::args::output::ColorArgs;
use crate::args::zone::resolve_zone;
use crate::error::CommandError;
use crate::events::rows::Rows;
use crate::output::column::{Column, RowCells};
use crate::output::indent::indent_json;
use crate::output::row::Row;
use crate::output::sanitize::single_line;
use crate::output::styled_text::{StyledText, TextStyle};
use crate::output::time::format_event_time;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
An event ID is u: and the UUID of the record, or h: and a hash. It is the column id of `ialog query -o wide` and event_id \
in .csv files. A UUID without u: is accepted. Without a time range, the last 30 days of the log, or the whole archive, are \
searched. If the service changed the event, all of its records are shown.

Examples:
  ialog show u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99
  ialog show c1b9b1b0-7b1b-11e6-9a41-000d3a002f99 --from 2026-11-20 -o json
  ialog show h:0123456789abcdef0123456789abcdef --archive audit")]
pub(crate) struct ShowArgs {
    /// Event ID
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) selection: EventSelection,

    /// Output format: fields (one value per line), json (the record, indented unless it is nested too deeply) or ndjson
    /// (the record as the service sent it)
    #[arg(short, long, value_name = "FORM", default_value = "fields", hide_possible_values = true)]
    pub(crate) output: ShowFormat,

    #[command(flatten)]
    pub(crate) color: ColorArgs,
}

/// The format of an event.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// One value per line: the values of `ialog schema flat`
    Fields,
    /// The record, indented
    Json,
    /// The record on one line, as the service sent it
    Ndjson,
}

pub(crate) async fn run(args: &ShowArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.selection.check()?;
    args.color.apply(&mut context.terminal);
    let id = parse_id(&args.id)?;
    let zone = resolve_zone(&args.selection.zone, context)?;
    let range = args.selection.range_or_lookback()?;
    let mut rows = Rows::open_range(&args.selection, range, Filter::new(), zone, context).await?;
    let records = find(&id, &mut rows, context).await?;
    let summary = rows.into_summary();
    if records.is_empty() {
        let seen = summary.counts.seen;
        // If reading was incomplete, the event may be in a gap, so the error about the gap takes precedence.
        summary.verdict(context)?;
        return Err(CommandError::unexpected(
            format!("none of {seen} events has the ID {id}"),
            "search another time range with --from and --to, or another contract",
        ));
    }
    for (index, row) in records.iter().enumerate() {
        match args.output {
            ShowFormat::Fields => {
                if index > 0 {
                    context.print("\n".to_owned())?;
                }
                context.print(fields(row, zone))?;
            }
            ShowFormat::Ndjson => print_line(row, context)?,
            ShowFormat::Json => match indent_json(row.event.raw()) {
                Some(text) => context.print_data(text + "\n")?,
                None => {
                    print_line(row, context)?;
                    context.info("the record is printed on one line, because it is nested too deeply to be indented");
                }
            },
        }
    }
    if let [first, others @ ..] = &records[..]
        && !others.is_empty()
    {
        let count = records.len();
        let is_changed = others.iter().any(|row| row.event.raw() != first.event.raw());
        context.info(match is_changed {
            true => format!("{count} records have this ID, because the service changed the event"),
            false => format!("{count} equal records have this ID"),
        });
    }
    Ok(())
}

/// Prints the record on one line, as the service sent it.
fn print_line(row: &Row, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.print_data(ndjson::to_line(row.event.raw()).into_owned() + "\n")
}

/// The records with this id: several if the service changed the event. Records with the same id usually have the same
/// time. So once a record is found, the search ends at the first record with another time.
async fn find(id: &EventId, rows: &mut Rows, context: &mut Context<'_>) -> Result<Vec<Row>, CommandError> {
    let mut found: Vec<Row> = Vec::new();
    while let Some(row) = rows.next(context).await? {
        if found.first().is_some_and(|first| first.event.time() != row.event.time()) {
            rows.stop()?;
            break;
        }
        if row.event.id() == *id {
            found.push(row);
        }
    }
    Ok(found)
}

/// Parses an event id. A UUID is accepted with and without the prefix `u:`.
fn parse_id(text: &str) -> Result<EventId, CommandError> {
    let text = text.trim();
    let whole = if text.starts_with("u:") || text.starts_with("h:") { text.to_owned() } else { format!("u:{text}") };
    Ok(whole.parse::<EventId>()?)
}

/// The values of an event, one per line. The time of the event is shown in `zone`. Values that the event does not have
/// are omitted.
fn fields(row: &Row, zone: Tz) -> StyledText {
    let cells = RowCells::new(row);
    let values = Column::flat().into_iter().filter_map(|column| {
        let value = serde_json::from_str(&cells.json(column)).unwrap_or_default();
        let text = match (column, value) {
            (Column::Flat("time"), _) => format_event_time(row.event.time()?, zone),
            (_, value) => value_text(value)?,
        };
        Some((column.name(), single_line(&text)))
    });
    let values: Vec<(&str, String)> = values.collect();
    let name_width = values.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut out = StyledText::default();
    for (name, text) in &values {
        out.push_styled(&format!("{name:name_width$}"), TextStyle::Dim);
        out.push(&format!("  {text}\n"));
    }
    out
}

/// The text of a JSON value; `None` for null and the empty array.
fn value_text(value: Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Array(resources) if resources.is_empty() => return None,
        Value::Array(resources) => {
            let resources: Vec<String> = resources.iter().map(resource_text).collect();
            resources.join(", ")
        }
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A resource such as `server/8f3a (create)`.
fn resource_text(resource: &Value) -> String {
    let text = |name: &str| resource.get(name).and_then(Value::as_str);
    let name: Vec<&str> = text("type").into_iter().chain(text("id")).collect();
    let actions = resource.get("actions").and_then(Value::as_array);
    let actions: Vec<&str> = actions.into_iter().flatten().filter_map(Value::as_str).collect();
    match actions.as_slice() {
        [] => name.join("/"),
        some => format!("{} ({})", name.join("/"), some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_without_a_prefix_is_an_id() {
        let uuid = "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99";
        let parse = |text: &str| parse_id(text).unwrap().to_string();
        assert_eq!(parse(uuid), format!("u:{uuid}"));
        assert_eq!(parse(&format!("u:{uuid}")), format!("u:{uuid}"));
        assert!(parse_id("h:1").is_err());
    }
}
