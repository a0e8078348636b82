//! What becomes of events on their way to the reader.
//!
//! ```text
//! event -> fold into operations -> sort -> limit -> columns -> table, NDJSON, JSON, CSV or a template
//! ```

mod arrange;
mod column;
mod found;
mod jq;
mod printer;
mod tabular;
mod values;

pub(crate) use arrange::{Arrangement, fold};
pub(crate) use column::Column;
pub(crate) use found::{Found, detail};
pub(crate) use printer::Printer;
pub(crate) use tabular::{Clock, shortest, tabular};
pub(crate) use values::{Values, value_json, value_row, value_table};
