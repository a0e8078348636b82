//! `ialog show`: one event, with everything that is known about it.

use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use ionos_activitylog::{ContractNumber, Event, EventId, Filter};
use ionos_activitylog_archive::ndjson;
use serde_json::Value;

use crate::args::events::{EventSelection, looked_back};
use crate::args::output::ColorArgs;
use crate::args::zone;
use crate::error::CommandError;
use crate::events::source::{EventSource, Taker};
use crate::output::column::Column;
use crate::output::row::Row;
use crate::output::table::TextStyle;
use crate::output::text::{safe, safe_json};
use crate::output::time::format_event_time;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
An event is known by u: and its UUID, or by h: and a hash: the column id of `ialog query -o wide`, and event_id in .csv \
files. A UUID alone will do. Without a time, the last 30 days of the log or all of an archive are looked through.

Examples:
  ialog show u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99
  ialog show c1b9b1b0-7b1b-11e6-9a41-000d3a002f99 --from 2026-11-20 -o json
  ialog show h:0123456789abcdef0123456789abcdef --archive audit")]
pub(crate) struct ShowArgs {
    /// What the event is known by
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) asked: EventSelection,

    /// fields, a value on each line, json, the record indented, or ndjson, the record as the service sent it
    #[arg(short, long, value_name = "FORM", default_value = "fields", hide_possible_values = true)]
    pub(crate) output: ShowFormat,

    #[command(flatten)]
    pub(crate) colour: ColorArgs,
}

/// How one event is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A value on each line, those of `ialog schema flat`
    Fields,
    /// The record, indented
    Json,
    /// The record on one line, as the service sent it
    Ndjson,
}

pub(crate) async fn run(arguments: &ShowArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    arguments.asked.check()?;
    let id = read_id(&arguments.id)?;
    let zone = zone::choose(&arguments.asked.zone, context)?;
    let range = looked_back(&arguments.asked)?;
    let source = EventSource::open_range(&arguments.asked, range, zone, context).await?;
    let mut wanted = Wanted { id, found: None };
    let reading = source.read(&Filter::new(), &mut wanted, context).await?;
    let Some(found) = wanted.found else {
        let seen = reading.counts.seen;
        // Were something missing, it might be there.
        reading.verdict(context)?;
        return Err(CommandError::unexpected(
            format!("none of {seen} events is {}", wanted.id),
            "look in another time with --from and --to, or in another contract",
        ));
    };
    let text = match arguments.output {
        ShowFormat::Fields => {
            let looks = arguments.colour.used(context.terminal.colours);
            fields(&found, zone, looks)
        }
        ShowFormat::Ndjson => ndjson::to_line(found.event.raw()).into_owned() + "\n",
        ShowFormat::Json => indented(found.event.raw()) + "\n",
    };
    let text = match arguments.output {
        ShowFormat::Json | ShowFormat::Ndjson if context.terminal.shown => safe_json(&text),
        _ => text,
    };
    context.print(&text)
}

/// An identifier as it is shown, or a UUID alone.
fn read_id(text: &str) -> Result<EventId, CommandError> {
    let text = text.trim();
    let whole = if text.starts_with("u:") || text.starts_with("h:") { text.to_owned() } else { format!("u:{text}") };
    Ok(whole.parse::<EventId>()?)
}

struct Wanted {
    id: EventId,
    found: Option<Row>,
}

impl Taker for Wanted {
    fn take(&mut self, contract: &ContractNumber, event: Event, _host: &mut Context<'_>) -> Result<bool, CommandError> {
        if event.id() == self.id {
            self.found = Some(Row::one(contract.clone(), event));
        }
        Ok(self.found.is_none())
    }
}

/// A value on each line, times by the clock of the zone; those that the event does not have are left out.
fn fields(found: &Row, zone: Tz, looks: bool) -> String {
    let values = Column::flat().into_iter().filter_map(|column| {
        let value = serde_json::from_str(&column.json(found)).unwrap_or_default();
        let text = match (column, value) {
            (Column::Flat("time"), _) => format_event_time(found.event.time()?, zone),
            (_, value) => value_text(value)?,
        };
        Some((column.name(), safe(&text)))
    });
    let values: Vec<(&str, String)> = values.collect();
    let widest = values.iter().map(|(name, _)| name.len()).max();
    let widest = widest.unwrap_or_default();
    let line = |(name, text): &(&str, String)| {
        let name = format!("{name:widest$}");
        format!("{}  {text}\n", TextStyle::Dim.on(&name, looks))
    };
    values.iter().map(line).collect()
}

/// None for no value.
fn value_text(value: Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Array(resources) if resources.is_empty() => return None,
        Value::Array(resources) => {
            let resources: Vec<String> = resources.iter().map(resource).collect();
            resources.join(", ")
        }
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A resource in a few words.
fn resource(resource: &Value) -> String {
    let text = |name: &str| resource.get(name).and_then(Value::as_str);
    let name: Vec<&str> = text("type").into_iter().chain(text("id")).collect();
    let actions = resource.get("actions").and_then(Value::as_array);
    let actions: Vec<&str> = actions.into_iter().flatten().filter_map(Value::as_str).collect();
    match actions.as_slice() {
        [] => name.join("/"),
        some => format!("{} ({})", name.join("/"), some.join(", ")),
    }
}

/// The record with each member on a line of its own. Only white space between tokens changes: a number that is read and
/// written again may not be the same.
pub(crate) fn indented(record: &str) -> String {
    let line = ndjson::to_line(record);
    let mut out = String::with_capacity(line.len() * 2);
    let (mut depth, mut within_string, mut escaped) = (0_usize, false, false);
    let mut chars = line.chars().filter(|char| *char != '\n').peekable();
    while let Some(char) = chars.next() {
        if within_string {
            out.push(char);
            within_string = escaped || char != '"';
            escaped = !escaped && char == '\\';
            continue;
        }
        match char {
            '"' => {
                within_string = true;
                out.push(char);
            }
            '{' | '[' => {
                out.push(char);
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    begin_line(depth, &mut out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                begin_line(depth, &mut out);
                out.push(char);
            }
            ',' => {
                out.push(char);
                begin_line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            char if char.is_ascii_whitespace() => {}
            char => out.push(char),
        }
    }
    out
}

fn begin_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_changes() {
        let record = r#"{"a" : [ ], "b":{},"c":[1.10, 1e400,{"d":"x, \"{y}\\"}],"e":"\\"}"#;
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1.10,\n    1e400,\n    {\n      \"d\": \"x, \\\"{y}\\\\\"\n    }\n  ],\n  \"e\": \"\\\\\"\n}";
        assert_eq!(indented(record), expected);
    }

    #[test]
    fn an_id_is_read_as_it_is_shown() {
        let uuid = "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99";
        let read = |text: &str| read_id(text).unwrap().to_string();
        assert_eq!(read(uuid), format!("u:{uuid}"));
        assert_eq!(read(&format!("u:{uuid}")), format!("u:{uuid}"));
        assert!(read_id("h:1").is_err());
    }
}
