//! Plans the output of a query before any event is read.

use super::output_args::{QueryFormat, QueryOutputArgs};
use crate::error::CommandError;
use crate::events::sort_and_limit::SortAndLimit;
use crate::output::column::Column;
use crate::output::counted_column::CountedColumn;
use crate::output::printer::Printer;
use crate::output::table::TableOptions;
use crate::output::terminal::Terminal;

/// The form of the output.
pub(super) enum OutputMode {
    /// Only the number of rows.
    Count,
    /// The values of a column, with their counts.
    ValueCounts(CountedColumn, QueryFormat),
    /// A table for people.
    Table(Vec<Column>, QueryFormat),
    /// A format for programs.
    Print(Printer),
}

/// The validated output flags.
pub(super) struct OutputPlan {
    pub(super) mode: OutputMode,
    /// Whether events are folded into operations.
    pub(super) folds: bool,
    pub(super) order: SortAndLimit,
    /// Whether the output is a table (not a wide one) and the user selected no columns. Such a table gets a column for
    /// the contract if several contracts are read.
    pub(super) has_default_columns: bool,
    pub(super) table: TableOptions,
}

impl OutputPlan {
    /// Validates the output flags. Fails for unknown columns, for an invalid template or expression, and for flags that
    /// exclude each other.
    pub(super) fn new(args: &QueryOutputArgs, terminal: &Terminal) -> Result<Self, CommandError> {
        args.check()?;
        Ok(Self {
            mode: OutputMode::new(args)?,
            folds: args.folds(),
            order: SortAndLimit::new(&args.sort, args.limit, args.is_table())?,
            has_default_columns: args.output == QueryFormat::Table && args.cols.is_empty(),
            table: TableOptions {
                max_width: terminal.columns.filter(|_| args.output == QueryFormat::Table),
                has_titles: !args.no_headers,
            },
        })
    }

    /// Whether rows are written while more rows are read, and not all at the end.
    pub(super) fn streams(&self) -> bool {
        matches!(self.mode, OutputMode::Print(_)) && !self.folds && self.order.is_none()
    }
}

impl OutputMode {
    fn new(args: &QueryOutputArgs) -> Result<Self, CommandError> {
        let is_table = args.is_table();
        let columns = |default: &[Column]| Column::parse_all(&args.cols, default, is_table);
        if args.count {
            return Ok(Self::Count);
        }
        if let Some(name) = &args.list_values {
            return Ok(Self::ValueCounts(CountedColumn::Named(Column::parse(name, is_table)?), args.output));
        }
        if let Some(expression) = &args.jq {
            return Ok(Self::Print(Printer::jq(expression)?));
        }
        Ok(match args.output {
            QueryFormat::Table => Self::Table(columns(&Column::TABLE)?, args.output),
            QueryFormat::Wide => Self::Table(columns(&Column::WIDE)?, args.output),
            QueryFormat::Ndjson => Self::Print(Printer::ndjson(columns(&[])?)),
            QueryFormat::Json => Self::Print(Printer::json(columns(&[])?)),
            QueryFormat::Csv => Self::Print(Printer::csv(columns(&Column::flat())?, !args.no_headers)),
            QueryFormat::Template => {
                let template = args.template.as_deref().unwrap_or_default();
                Self::Print(Printer::template(template)?)
            }
        })
    }
}
