//! Reads events from the service or from an archive, for commands that show, count or convert events. Rows are returned
//! one at a time in a fixed order, so that a command decides how many rows to keep in memory and when to stop.

use chrono_tz::Tz;
use ionos_activitylog::{Client, DateRange, Filter, FilterCounts};

use crate::args::archive::ArchiveSelection;
use crate::args::events::EventSelection;
use crate::args::time::{RangeArgs, resolve_range};
use crate::error::CommandError;
use crate::events::archive_rows::ArchiveRows;
use crate::events::opened_archive::OpenedArchive;
use crate::events::read_summary::ReadSummary;
use crate::events::service_rows::ServiceRows;
use crate::events::suggestions::Suggestions;
use crate::output::row::Row;
use crate::output::time::format_range;
use crate::runtime::context::Context;

/// The selected events that the filter keeps.
pub(crate) struct Rows {
    source: RowSource,
    filter: Filter,
    suggestions: Suggestions,
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
        let range = range.map(|range| resolve_range(&range, now)).transpose()?;
        let source = match &selection.archive {
            Some(root) => {
                let rows = ArchiveRows::open(
                    OpenedArchive::open(root)?,
                    &selection.contract,
                    (range, selection.time.to.is_some()),
                    filter.clone(),
                    zone,
                )?;
                show_range(range, &format!("archive {}", root.display()), zone, context);
                RowSource::Archive(Box::new(rows))
            }
            None => {
                let range = range
                    .ok_or_else(|| CommandError::usage("no time range given", "use --last 2h or --since yesterday"))?;
                let rows = ServiceRows::connect(selection, range, filter.clone(), context).await?;
                show_range(Some(range), &rows.describe_contracts(), zone, context);
                RowSource::Service(Box::new(rows))
            }
        };
        Ok(Self::new(source, filter, range, context))
    }

    /// Opens an archive for a command that reads only archives. The time zone is UTC.
    pub(crate) async fn open_archive(
        selection: &ArchiveSelection,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let now = context.clock.now();
        let range = selection.time.range().map(|range| resolve_range(&range, now)).transpose()?;
        let filter = Filter::parse(selection.filters())?;
        let archive = OpenedArchive::open_or_demo(selection.root.folder()?, context).await?;
        let has_end = selection.time.to.is_some();
        let rows = ArchiveRows::open(archive, &selection.contract, (range, has_end), filter.clone(), Tz::UTC)?;
        Ok(Self::new(RowSource::Archive(Box::new(rows)), filter, range, context))
    }

    fn new(mut source: RowSource, filter: Filter, range: Option<DateRange>, context: &mut Context<'_>) -> Self {
        match &mut source {
            RowSource::Service(rows) => rows.start_progress(context),
            RowSource::Archive(rows) => rows.start_progress(context),
        }
        Self { source, suggestions: Suggestions::new(&filter), filter, range }
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

    /// The next event that the filter keeps; `None` at the end. The service's events are ordered by contract and then
    /// by time, an archive's events by time and then by contract.
    pub(crate) async fn next(&mut self, context: &mut Context<'_>) -> Result<Option<Row>, CommandError> {
        let suggestions = &mut self.suggestions;
        match &mut self.source {
            RowSource::Service(rows) => Ok(rows.next(suggestions, context).await),
            RowSource::Archive(rows) => rows.next(suggestions).await,
        }
    }

    /// Whether every event is kept.
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

    /// Ends the reading of an archive. If there is a filter, shows how many events matched. Fails if the archive does
    /// not prove that the events are complete.
    pub(crate) fn finish(self, context: &mut Context<'_>) -> Result<(), CommandError> {
        if !self.is_unfiltered() {
            context.info(format_args!("{} match", self.counts()));
        }
        self.into_summary().verdict(context)
    }

    /// Ends the reading. If rows are left, the summary has the counts so far, but not all gaps and failures.
    pub(crate) fn into_summary(self) -> ReadSummary {
        match self.source {
            RowSource::Service(rows) => rows.into_summary(),
            RowSource::Archive(rows) => rows.into_summary(),
        }
    }
}

fn show_range(range: Option<DateRange>, source: &str, zone: Tz, context: &mut Context<'_>) {
    let range = range.map_or_else(|| "all times".to_owned(), |range| format_range(range, zone));
    context.info(format_args!("{range}, {source}"));
}
