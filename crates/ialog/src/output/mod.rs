//! Output for people and programs: tables, columns, charts, messages and the status line. Only this module uses the
//! terminal. This module is below [`runtime`](crate::runtime) and uses neither the service nor the commands.

pub(crate) mod chart;
pub(crate) mod column;
pub(crate) mod column_widths;
pub(crate) mod counted_column;
pub(crate) mod duration;
pub(crate) mod event_table;
pub(crate) mod indent;
pub(crate) mod jq;
pub(crate) mod jq_guard;
pub(crate) mod messages;
pub(crate) mod plural;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod progress_text;
pub(crate) mod row;
pub(crate) mod sanitize;
pub(crate) mod shell;
pub(crate) mod status_line;
pub(crate) mod styled_text;
pub(crate) mod table;
pub(crate) mod terminal;
pub(crate) mod time;
pub(crate) mod value_counts;
pub(crate) mod width;
pub(crate) mod wrap;
pub(crate) mod writer;
