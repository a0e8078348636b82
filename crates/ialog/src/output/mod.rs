//! What people and programs read: tables, columns, charts, messages and the status line. Only this module knows the
//! terminal.

pub(crate) mod chart;
pub(crate) mod column;
pub(crate) mod column_widths;
pub(crate) mod duration;
pub(crate) mod event_table;
pub(crate) mod jq;
pub(crate) mod labelled;
pub(crate) mod messages;
pub(crate) mod paragraphs;
pub(crate) mod plural;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod progress_text;
pub(crate) mod row;
pub(crate) mod shell;
pub(crate) mod status_line;
pub(crate) mod table;
pub(crate) mod terminal;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod value_counts;
