//! Reads events from the service or from an archive, for commands that show, count or convert events. Rows are returned
//! one at a time in a fixed order, so that a command decides how many rows to keep in memory and when to stop.

use chrono_tz::Tz;
use ionos_activitylog::{Client, DateRange, Filter, FilterCounts};

use crate::args::archive::ArchiveSelection;
use crate::args::events::EventSelection;
use crate::args::time::{RangeArgs, RequestedRange, resolve_range};
use crate::args::zone::resolve_zone;
use crate::error::CommandError;
use crate::events::archive_rows::ArchiveRows;
use crate::events::fold::{FoldMode, OperationFolder};
use crate::events::opened_archive::OpenedArchive;
use crate::events::read_summary::ReadSummary;
use crate::events::service_rows::ServiceRows;
use crate::events::suggestions::Suggestions;
use crate::events::versions::VersionCounter;
use crate::output::row::Row;
use crate::output::time::format_range;
use crate::runtime::context::Context;

/// The selected events that the filter keeps; after [`Rows::return_all`], all selected events.
pub(crate) struct Rows {
    source: RowSource,
    filter: Filter,
    suggestions: Suggestions,
    versions: VersionCounter,
    range: Option<DateRange>,
}

enum RowSource {
    Service(Box<ServiceRows>),
    Archive(Box<ArchiveRows>),
}

impl Rows {
    /// Opens the log or archive of a selection, and tells the user which range is read.
    pub(crate) async fn open(
        selection: &EventSelection,
        filter: Filter,
        zone: Tz,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        Self::open_range(selection, selection.time.range(), filter, zone, context).await
    }

    /// As [`Self::open`], but for `range` instead of the selected range.
    pub(crate) async fn open_range(
        selection: &EventSelection,
        range: Option<RangeArgs>,
        filter: Filter,
        zone: Tz,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let now = context.clock.now().with_timezone(&zone);
        let has_past_end = range.as_ref().is_some_and(|range| range.has_past_end(now));
        let mut range = range.map(|range| resolve_range(&range, now)).transpose()?;
        let source = match &selection.archive {
            Some(root) => {
                let rows = ArchiveRows::open(
                    OpenedArchive::open(root)?,
                    &selection.contract,
                    (range, selection.time.has_end()),
                    filter.clone(),
                    zone,
                )?;
                show_range(range, &format!("archive {}", root.display()), zone, context);
                RowSource::Archive(Box::new(rows))
            }
            None => {
                let requested = range
                    .ok_or_else(|| CommandError::usage("no time range given", "use --last 2h or --since yesterday"))?;
                let requested = RequestedRange { range: requested, has_past_end };
                let rows = ServiceRows::connect(selection, requested, filter.clone(), context).await?;
                range = Some(rows.range());
                show_range(range, &rows.describe_contracts(), zone, context);
                RowSource::Service(Box::new(rows))
            }
        };
        Ok(Self::new(source, filter, range, context))
    }

    /// Opens an archive for a command that reads only archives, and tells the user which range is read.
    pub(crate) async fn open_archive(
        selection: &ArchiveSelection,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let zone = resolve_zone(&selection.zone, context)?;
        let now = context.clock.now().with_timezone(&zone);
        let range = selection.time.range().map(|range| resolve_range(&range, now)).transpose()?;
        let filter = Filter::parse(selection.filters())?;
        let root = selection.root.folder()?;
        let archive = OpenedArchive::open_or_demo(root, context).await?;
        let has_end = selection.time.has_end();
        let rows = ArchiveRows::open(archive, &selection.contract, (range, has_end), filter.clone(), zone)?;
        let name = root.map_or_else(|| "demo archive".to_owned(), |root| format!("archive {}", root.display()));
        show_range(range, &name, zone, context);
        Ok(Self::new(RowSource::Archive(Box::new(rows)), filter, range, context))
    }

    fn new(mut source: RowSource, filter: Filter, range: Option<DateRange>, context: &mut Context<'_>) -> Self {
        match &mut source {
            RowSource::Service(rows) => rows.start_progress(context),
            RowSource::Archive(rows) => rows.start_progress(context),
        }
        let (suggestions, versions) = (Suggestions::new(&filter), VersionCounter::default());
        Self { source, suggestions, versions, filter, range }
    }

    /// Makes [`Self::next`] also return the events that do not match the filter, with [`Row::is_match`] set to `false`,
    /// so that whole operations can be folded. Must be called before the first event is read.
    pub(crate) fn return_all(mut self) -> Self {
        if self.filter.is_empty() {
            return self;
        }
        self.source = match self.source {
            RowSource::Service(mut rows) => {
                rows.return_all();
                RowSource::Service(rows)
            }
            RowSource::Archive(rows) => RowSource::Archive(Box::new(rows.return_all(self.filter.clone()))),
        };
        self
    }

    /// An [`OperationFolder`] that folds these rows into operations. Call [`Self::return_all`] first.
    pub(crate) fn operation_folder(&self, mode: FoldMode) -> OperationFolder {
        OperationFolder::new(mode, self.filter.clone(), matches!(self.source, RowSource::Service(_)))
    }

    /// Number of contracts that are read.
    pub(crate) fn contract_count(&self) -> usize {
        match &self.source {
            RowSource::Service(rows) => rows.contract_count(),
            RowSource::Archive(rows) => rows.contract_count(),
        }
    }

    /// The range that is read; `None` for a whole archive.
    pub(crate) fn range(&self) -> Option<DateRange> {
        self.range
    }

    /// The client of the account that is read; `None` for an archive.
    pub(crate) fn client(&self) -> Option<Client> {
        match &self.source {
            RowSource::Service(rows) => Some(rows.client()),
            RowSource::Archive(_) => None,
        }
    }

    /// The next event that the filter keeps; after [`Self::return_all`], the next selected event. `None` at the end.
    /// Events of the service are ordered by contract and then by time. Events of an archive are ordered by time and
    /// then by contract.
    pub(crate) async fn next(&mut self, context: &mut Context<'_>) -> Result<Option<Row>, CommandError> {
        let suggestions = &mut self.suggestions;
        let row = match &mut self.source {
            RowSource::Service(rows) => rows.next(suggestions, context).await,
            RowSource::Archive(rows) => rows.next(suggestions).await?,
        };
        row.iter().filter(|row| row.is_match).for_each(|row| self.versions.add(row));
        Ok(row)
    }

    /// Whether every event is kept, because there is no filter.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.filter.is_empty()
    }

    /// The number of events read so far, and the number of those that the filter kept.
    pub(crate) fn counts(&self) -> FilterCounts {
        match &self.source {
            RowSource::Service(rows) => rows.counts(),
            RowSource::Archive(rows) => rows.counts(),
        }
    }

    /// A suggestion for a filter that matched no event, such as another spelling; `None` in the cases that
    /// [`Suggestions::hint`] names.
    pub(crate) fn suggestion(&self) -> Option<String> {
        self.suggestions.hint()
    }

    /// Ends the reading of an archive. Shows the number of matching events if there is a filter, and the number of
    /// changed versions among these events. Fails if the archive does not prove that the events are complete.
    pub(crate) fn finish(self, context: &mut Context<'_>) -> Result<(), CommandError> {
        if !self.is_unfiltered() {
            context.info(format_args!("{} match", self.counts()));
        }
        let summary = self.into_summary();
        summary.show_versions(context);
        summary.verdict(context)
    }

    /// Ends the reading before the last row. Fails if the archive file of a returned row was modified after it was
    /// written.
    pub(crate) fn stop(&mut self) -> Result<(), CommandError> {
        match &mut self.source {
            RowSource::Service(_) => Ok(()),
            RowSource::Archive(rows) => rows.stop(),
        }
    }

    /// Ends the reading. If rows are left, the summary has the counts so far, but not all gaps and failures.
    pub(crate) fn into_summary(self) -> ReadSummary {
        let summary = match self.source {
            RowSource::Service(rows) => rows.into_summary(),
            RowSource::Archive(rows) => rows.into_summary(),
        };
        ReadSummary { versions: self.versions.found(), ..summary }
    }
}

fn show_range(range: Option<DateRange>, source: &str, zone: Tz, context: &mut Context<'_>) {
    let range = range.map_or_else(|| "all times".to_owned(), |range| format_range(range, zone));
    context.info(format_args!("{range}, {source}"));
}
