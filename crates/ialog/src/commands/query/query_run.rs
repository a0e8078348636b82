//! Writes the rows of a query. If rows are folded, sorted, limited or aligned in a table, all rows are written at the
//! end. Otherwise they are written in chunks while more rows are read.
//!
//! Rows that are written at the end are kept in memory. `--limit` bounds their number, see `SORT_FACTOR`. Operations
//! that may still get events are kept too, without a bound on their number, see [`fold`](crate::events::fold). The rows
//! and these operations together take at most [`MAX_KEPT_MIB`](crate::limits::MAX_KEPT_MIB).

use ionos_activitylog::FilterCounts;

use super::output_args::QueryFormat;
use super::output_plan::{OutputMode, OutputPlan};
use crate::error::CommandError;
use crate::events::fold::{FoldMode, OperationCounts, OperationFolder, describe_counts};
use crate::events::rows::Rows;
use crate::limits::KeptBytes;
use crate::output::column::Column;
use crate::output::counted_column::counted_values;
use crate::output::event_table::event_table;
use crate::output::row::Row;
use crate::output::time::TimeFormat;
use crate::output::value_counts::{ValueCounts, count_unit, value_csv, value_json, value_table};
use crate::output::writer::Content;
use crate::runtime::context::Context;

/// Number of bytes that are collected before they are written to the output.
const CHUNK_SIZE: usize = 1 << 16;

/// Factor for the maximum number of kept rows, which is this factor times `--limit`, plus [`SORT_SLACK`]. If more rows
/// are kept, they are sorted, and the rows beyond `--limit` are dropped.
const SORT_FACTOR: usize = 4;

/// Number of additional rows to keep before sorting, so that a small limit does not cause frequent sorting.
const SORT_SLACK: usize = 1000;

/// Hint if more rows would be kept in memory than allowed.
const KEEP_LESS: &str =
    "use a shorter time range or more filters; -o ndjson without --sort, --fold and --limit keeps no event";

/// The rows of a query so far, and the output that is not written yet.
pub(super) struct QueryRun {
    plan: OutputPlan,
    /// The operations so far; `None` if the output has one row per event.
    folder: Option<OperationFolder>,
    rows: Vec<Row>,
    /// Total size of the records in `rows`.
    kept: KeptBytes,
    values: ValueCounts,
    has_several_contracts: bool,
    chunk: String,
    is_pipe_closed: bool,
}

/// The counts of operations, of all rows, and of the rows that were written.
pub(super) struct ShownCounts {
    /// `None` if events are not folded.
    operations: Option<OperationCounts>,
    all: u64,
    shown: u64,
}

impl QueryRun {
    pub(super) fn new(plan: OutputPlan, rows: &Rows) -> Self {
        let chunk = match &plan.mode {
            OutputMode::Print(printer) => printer.begin(),
            _ => String::new(),
        };
        let folder = plan.folds.then(|| match plan.mode {
            OutputMode::Count => rows.operation_folder(FoldMode::Count),
            OutputMode::ValueCounts(column, _) => rows.operation_folder(FoldMode::Values(vec![column])),
            OutputMode::Table(..) | OutputMode::Print(_) => rows.operation_folder(FoldMode::Rows),
        });
        Self {
            plan,
            folder,
            rows: Vec::new(),
            kept: KeptBytes::default(),
            values: ValueCounts::default(),
            has_several_contracts: rows.contract_count() > 1,
            chunk,
            is_pipe_closed: false,
        }
    }

    /// Adds a row. If rows are not folded, the row must match the filter. Returns `false` if no more rows can be
    /// written, because the output pipe is closed.
    pub(super) fn add(&mut self, row: Row, context: &mut Context<'_>) -> Result<bool, CommandError> {
        let Some(folder) = &mut self.folder else {
            self.add_row(row, context)?;
            return Ok(!self.is_pipe_closed);
        };
        folder.add(row);
        self.kept.check_with(folder.kept_bytes(), KEEP_LESS)?;
        for row in folder.take_rows() {
            self.add_row(row, context)?;
        }
        Ok(true)
    }

    /// Adds the row of an event or of a whole operation.
    fn add_row(&mut self, row: Row, context: &mut Context<'_>) -> Result<(), CommandError> {
        let streams = self.plan.streams();
        match &mut self.plan.mode {
            OutputMode::Count => {}
            OutputMode::ValueCounts(column, _) => {
                counted_values(&[*column], &row).iter().for_each(|values| self.values.add(values));
            }
            OutputMode::Print(printer) if streams => {
                self.chunk += &printer.row(&row)?;
                if self.chunk.len() >= CHUNK_SIZE {
                    self.write_chunk(context)?;
                }
            }
            _ => self.keep(row)?,
        }
        Ok(())
    }

    /// Keeps a row until all rows are written at the end. From time to time, drops the kept rows that exceed the limit.
    fn keep(&mut self, row: Row) -> Result<(), CommandError> {
        self.kept.add(row.event.raw().len(), KEEP_LESS)?;
        self.rows.push(row.detach());
        let max_rows = |limit: usize| SORT_FACTOR.saturating_mul(limit).saturating_add(SORT_SLACK);
        if self.plan.order.limit().is_some_and(|limit| self.rows.len() > max_rows(limit)) {
            self.plan.order.apply(&mut self.rows);
            let bytes = self.rows.iter().map(|row| row.event.raw().len() as u64).sum();
            self.kept.set(bytes, KEEP_LESS)?;
        }
        Ok(())
    }

    /// Writes the remaining output. `kept` is the number of events that matched. Returns `None` if the output pipe is
    /// closed.
    pub(super) fn finish(
        mut self,
        kept: u64,
        times: TimeFormat,
        context: &mut Context<'_>,
    ) -> Result<Option<ShownCounts>, CommandError> {
        let mut operations = None;
        if let Some(folder) = self.folder.take() {
            let (rows, counts) = folder.finish();
            operations = Some(counts);
            for row in rows {
                self.add_row(row, context)?;
            }
        }
        let mut rows = std::mem::take(&mut self.rows);
        let all = operations.map_or(kept, |counts| counts.kept);
        let mut shown = all;
        if let OutputMode::Print(_) | OutputMode::Table(..) = self.plan.mode {
            self.plan.order.apply(&mut rows);
            if !self.plan.streams() {
                shown = rows.len() as u64;
            }
        }
        let last = self.last_content(&rows, all, times, context)?;
        if !self.is_pipe_closed {
            self.is_pipe_closed = !context.write_stdout(&last)?;
        }
        Ok((!self.is_pipe_closed).then_some(ShownCounts { operations, all, shown }))
    }

    /// The output that is not written yet. If no row was written while rows were read, this is the whole output.
    fn last_content(
        &mut self,
        rows: &[Row],
        all: u64,
        times: TimeFormat,
        context: &mut Context<'_>,
    ) -> Result<Content, CommandError> {
        let mut chunk = std::mem::take(&mut self.chunk);
        match &mut self.plan.mode {
            OutputMode::Count => Ok(Content::Data(format!("{all}\n"))),
            OutputMode::ValueCounts(_, format) => {
                let format = *format;
                Ok(self.values_content(format, context))
            }
            OutputMode::Table(columns, format) => {
                if rows.is_empty() {
                    return Ok(Content::Data(String::new()));
                }
                let mut columns = columns.clone();
                if self.has_several_contracts && self.plan.has_default_columns {
                    columns.insert(1, Column::Contract);
                }
                // The detail column is hidden if no row has an error, because it would be empty.
                if *format == QueryFormat::Table && rows.iter().all(|row| row.error_detail().is_none()) {
                    columns.retain(|column| *column != Column::Detail);
                }
                let table = event_table(rows, &columns, times, *format == QueryFormat::Wide);
                let (text, dropped) = table.render(self.plan.table);
                if !dropped.is_empty() {
                    let dropped = dropped.join(", ");
                    context.info(format_args!("columns hidden for lack of width: {dropped} (use -o wide or --cols)"));
                }
                Ok(text.into())
            }
            OutputMode::Print(printer) => {
                for row in rows {
                    chunk += &printer.row(row)?;
                }
                chunk += printer.end();
                Ok(Content::Data(chunk))
            }
        }
    }

    fn values_content(&self, format: QueryFormat, context: &mut Context<'_>) -> Content {
        let mut values = self.values.sorted();
        let all = values.len();
        values.truncate(self.plan.order.limit().unwrap_or(usize::MAX));
        if values.len() < all {
            context.info(format_args!("showing {} of {all} values", values.len()));
        }
        let unit = count_unit(self.plan.folds);
        let objects = || values.iter().map(|(value, count)| value_json(value, *count, unit));
        Content::Data(match format {
            QueryFormat::Table | QueryFormat::Wide => {
                return value_table(&values, unit).render(self.plan.table).0.into();
            }
            QueryFormat::Ndjson => objects().map(|object| object + "\n").collect(),
            QueryFormat::Json => format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n")),
            QueryFormat::Csv | QueryFormat::Template => {
                let titles = self.plan.table.has_titles.then_some(("value", unit.to_owned()));
                let rows = values.iter().map(|(value, count)| (*value, count.to_string()));
                titles.into_iter().chain(rows).map(|(value, count)| value_csv(value, count)).collect()
            }
        })
    }

    fn write_chunk(&mut self, context: &mut Context<'_>) -> Result<(), CommandError> {
        let chunk = Content::Data(std::mem::take(&mut self.chunk));
        self.is_pipe_closed = self.is_pipe_closed || !context.write_stdout(&chunk)?;
        Ok(())
    }
}

impl ShownCounts {
    /// Number of events that matched; if events are folded, of operations.
    pub(super) fn all(&self) -> u64 {
        self.all
    }

    /// A sentence with the counts, such as `2 of 17 operations match (3 of 50 events), showing 1 of 2`.
    pub(super) fn describe(&self, counts: FilterCounts, is_unfiltered: bool) -> String {
        let mut text = describe_counts(self.operations, counts, is_unfiltered);
        if self.shown < self.all {
            text += &format!(", showing {} of {}", self.shown, self.all);
        }
        text
    }
}
