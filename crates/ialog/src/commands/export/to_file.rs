//! Exports a range to one file. The same command resumes an interrupted export, even if the range of the command
//! depends on the current time, as with `--last`: the checkpoint contains the range with which the export began.

use std::fmt::Display;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::{Client, ContractNumber, CrossCheck, DateRange, PageSize, Summary, Window};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_archive::{Error, ExportSpec, ExportStats, FileExport, FileTarget, FinishedExport};

use super::ExportArgs;
use crate::args::time::RequestedRange;
use crate::error::CommandError;
use crate::error::from_library::is_repeatable;
use crate::events::named_contracts::{MixedContract, NamedContracts};
use crate::events::opened_archive::require_outside_of_archive;
use crate::events::versions::describe_versions;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::output::shell::shell_quote;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use crate::service::account;
use crate::service::settle::{UnreadEnd, settle_delay, settle_range};

pub(super) async fn run(
    args: &ExportArgs,
    target: &FileTarget,
    (range, now, started): (DateRange, DateTime<Utc>, Duration),
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    reject_archive_flags(args, target)?;
    require_outside_of_archive(&args.out)?;
    let mut export = SingleFileExport::prepare(args, target, range, now, context).await?;
    let Some(file) = export.start(context, resume)? else {
        return export.check_end();
    };
    let kept = file.resumed_from();
    let mut named = NamedContracts::default();
    let (file, summary) = match export.write_events(file, &mut named, context, resume).await {
        Ok(written) => written,
        Err(error) => return Err(export.explain_failure(error).await),
    };
    // The API documentation does not say how the service answers for a contract that the token cannot read: with an
    // error, or with an empty log.
    if file.stats().events == 0
        && let Some(failure) = account::not_listed(&export.client, &export.contract).await
    {
        return Err(failure);
    }
    if kept.is_some()
        && let Some(total) = export.count_range().await?.filter(|total| *total > file.stats().events)
    {
        let written = file.stats().events;
        file.discard();
        return Err(CommandError::incomplete(
            format!("incomplete: {}: {written} events were read, the service reports {total}", export.range),
            "events reached the log while the export was interrupted; export the range again",
        ));
    }
    let mut exported = match file.commit() {
        Ok(exported) => exported,
        Err(error) => return Err(export.explain_failure(error).await),
    };
    // `exported.requests` counts only the requests of windows. `summary.requests` also has the requests for totals. The
    // `+ 1` is the request of `count_range`.
    exported.requests = summary.requests + kept.map_or(0, |kept| kept.requests + 1);
    export.report(&exported, started, context);
    if let CrossCheck::NotChecked(reason) = summary.cross_check {
        context.info(format_args!("not cross-checked: {reason}"));
    }
    MixedContract::warn(&named.mixed(&export.client).await, context);
    export.check_end()
}

/// Second half of the hint for a disk error if no event was kept. The first half says to run the same command again.
const RESTARTS: &str = "nothing was stored, so the export then starts over";

/// An export of one contract to one file.
struct SingleFileExport<'a> {
    args: &'a ExportArgs,
    target: &'a FileTarget,
    client: Client,
    contract: ContractNumber,
    range: DateRange,
    /// The requested range, including the part that is too recent to be exported.
    requested: DateRange,
    /// Describes the last part of the requested range, which is too recent to be exported. `None` if the whole range is
    /// exported, if the user gave no end, or if the given end is in the future.
    unread: Option<UnreadEnd>,
    spec: ExportSpec,
}

impl<'a> SingleFileExport<'a> {
    /// Connects to the service and selects the contract.
    async fn prepare(
        args: &'a ExportArgs,
        target: &'a FileTarget,
        range: DateRange,
        now: DateTime<Utc>,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let client = account::connect(&args.service, now, context)?;
        let delay = settle_delay(&args.service, args.settle, now);
        let requested = RequestedRange { range, has_past_end: args.range.has_past_end(now) };
        let (range, unread) = settle_range(&client, requested, delay, context).await?;
        let contract = only_contract(account::select_contracts(&args.contracts.contract, &client).await?)?;
        let api = account::api_label(&args.service, &client);
        let spec = ExportSpec::new(api, contract.clone(), range, target);
        Ok(Self { args, target, client, contract, range, requested: requested.range, unread, spec })
    }

    fn open(&self, fail_points: &FailPoints) -> Result<FileExport, Error> {
        FileExport::open_with_failpoints(self.target, self.spec.clone(), self.args.overwrite, fail_points)
    }

    /// Opens the file. Prints a message if an interrupted export is resumed, or if an earlier run of the same command
    /// has completed the file. Returns `None` for a complete file.
    fn start(&mut self, context: &mut Context<'_>, resume: &ResumeHint) -> Result<Option<FileExport>, CommandError> {
        let opened = match self.open(&context.fail_points) {
            Err(Error::Unfinished { resumable: Some(range), .. }) if self.began_earlier(range) => {
                context.info(format_args!("resuming the range of the interrupted export: {range}"));
                self.range = range;
                self.spec = ExportSpec::new(self.spec.api.clone(), self.contract.clone(), range, self.target);
                self.open(&context.fail_points)
            }
            opened => opened,
        };
        if let Err(Error::AlreadyComplete { .. }) = &opened {
            context.info(format_args!("{}", opened.err().map_or_else(String::new, |error| error.to_string())));
            return Ok(None);
        }
        let file = opened.map_err(|error| match error {
            // The file of an interrupted export may be replaced: the service still has the events.
            Error::Damaged { .. } | Error::UnsupportedVersion { .. } => {
                CommandError::usage(error.to_string(), "start over with --overwrite")
            }
            Error::Unfinished { resumable: Some(range), .. } => CommandError::usage(
                error.to_string(),
                format!(
                    "finish it with `{}`, choose another name, or use --overwrite to discard it",
                    self.repeat_command(range, self.args.overwrite)
                ),
            ),
            error => error.into(),
        })?;
        match file.resumed_from() {
            Some(kept) => {
                resume.set(self.kept_hint(&kept));
                context.info(format_args!(
                    "resuming an interrupted export ({} already written)",
                    format_count(kept.events, "event")
                ));
            }
            None => resume.set_restart(),
        }
        Ok(Some(file))
    }

    /// Whether an earlier run with the same arguments may have exported `range`. Without `--to`, a range ends at the
    /// time of the run. So the range of an earlier run has the same start or, with `--last`, the same length.
    fn began_earlier(&self, range: DateRange) -> bool {
        if self.args.range.to.is_some() || range.end() > self.range.end() {
            return false;
        }
        // The lengths may differ, because times are rounded to seconds, and the last part of each range is removed if
        // it is too recent.
        let longest = self.requested.duration();
        let shortest = self.range.duration() - TimeDelta::seconds(1);
        range.start() == self.range.start() || (shortest..=longest).contains(&range.duration())
    }

    /// Reads the remaining range into the file. Adds its events to `named`. Shows the progress, and keeps the resume
    /// hint up to date.
    async fn write_events(
        &self,
        file: FileExport,
        named: &mut NamedContracts,
        context: &mut Context<'_>,
        resume: &ResumeHint,
    ) -> Result<(FinishedExport, Summary), Error> {
        let progress = RangeProgress::new(context.start_progress(), self.range, 1);
        let read = |rest| self.client.events(self.contract.clone(), rest).windows();
        let mut windows = file.remaining_range().map(read);
        // With --demo, no request ever waits, so the task yields after each window. Otherwise signals would not be
        // handled.
        let windows_read = stream::iter(windows.as_mut()).flatten();
        let windows_read = windows_read.inspect_ok(|window: &Window| named.add(&self.contract, &window.events));
        let yielding = windows_read.and_then(async |window| {
            tokio::task::yield_now().await;
            Ok(window)
        });
        let file = file.write(yielding, |exported| {
            progress.show(exported.read_to, exported.events);
            if exported.events > 0 {
                resume.set(self.kept_hint(exported));
            }
        });
        let file = file.await?;
        let summary = windows.map(|windows| windows.summary().clone()).unwrap_or_default();
        Ok((file, summary))
    }

    /// The number of events that the service reports for the whole range. `None` if the service reports no exact
    /// number, or if the range does not begin and end at whole seconds.
    async fn count_range(&self) -> Result<Option<u64>, CommandError> {
        if self.range != self.range.to_whole_seconds() {
            return Ok(None);
        }
        let one = PageSize::new(1)?;
        let page = self.client.page(&self.contract, self.range, 0, one).await?;
        Ok(page.exact_total())
    }

    /// The error of the command, with the number of events that are kept and how to continue. Opens the file again to
    /// find out how many events are kept: after a disk error, fewer events may be kept than were read.
    async fn explain_failure(&self, error: Error) -> CommandError {
        let is_repeatable = is_repeatable(&error);
        let failure = match error {
            Error::Read { source: error } => account::explain_refusal(&self.client, &self.contract, error).await,
            error => error.into(),
        };
        // If the file cannot be opened, the number of kept events is unknown.
        let Ok(file) = self.open(&FailPoints::default()) else {
            return failure;
        };
        match file.resumed_from() {
            // The hint of the error already says to repeat the command.
            Some(kept) if is_repeatable => {
                let events = format_count(kept.events, "event");
                failure.with_hint(&format!("the export then continues after the {events} that are stored"))
            }
            None if is_repeatable => failure.with_hint(RESTARTS),
            kept => failure.with_resume(kept.map(|kept| self.kept_hint(&kept))),
        }
    }

    /// A hint with the number of kept events, and with the command that resumes the export.
    fn kept_hint(&self, kept: &ExportStats) -> String {
        let events = format_count(kept.events, "event");
        let command = self.repeat_command(self.range, self.args.overwrite);
        let earlier = match self.unread {
            Some(_) => format!(", which ends before the requested {}", format_utc(self.requested.end())),
            None => String::new(),
        };
        format!("progress kept ({events}); resume with `{command}`{earlier}")
    }

    /// Fails if the export ends earlier than the user requested. Called when the file is complete.
    fn check_end(&self) -> Result<(), CommandError> {
        let Some(UnreadEnd { text, hint }) = &self.unread else {
            return Ok(());
        };
        Err(CommandError::incomplete(
            format!("incomplete: {} has the events up to {}; {text}", self.target, format_utc(self.range.end())),
            format!("{hint}, with --overwrite: `{}`", self.repeat_command(self.requested, true)),
        ))
    }

    /// The command that exports this range to the same file. The range is absolute, so the command stays valid later.
    fn repeat_command(&self, range: DateRange, overwrite: bool) -> String {
        let Self { args, contract, .. } = self;
        let overwrite = if overwrite { " --overwrite" } else { "" };
        let settle = args.settle;
        let settle = settle.map_or_else(String::new, |length| format!(" --settle {length}"));
        format!(
            "ialog export{} --contract {contract} --from {} --to {}{settle} --out {}{overwrite}",
            args.service.repeat_flags(),
            format_utc(range.start()),
            format_utc(range.end()),
            shell_quote(&args.out.to_string_lossy()),
        )
    }

    fn report(&self, exported: &ExportStats, started: Duration, context: &mut Context<'_>) {
        let Self { contract, range, target, .. } = self;
        let elapsed = context.clock.elapsed().saturating_sub(started);
        context.info(format_args!(
            "contract {contract}, {range}: {} in {}, {:.1} s, written to {target}",
            format_count(exported.events, "event"),
            format_count(exported.requests, "request"),
            elapsed.as_secs_f64(),
        ));
        if let Some(note) = describe_versions(exported.amended, exported.events) {
            context.warn(note);
        }
        if exported.with_issues > 0 {
            context.info(format_args!("events with unexpected content: {} (written unchanged)", exported.with_issues));
        }
    }
}

/// A time in whole seconds.
fn format_utc(time: DateTime<Utc>) -> impl Display {
    time.format("%Y-%m-%dT%H:%M:%SZ")
}

/// Fails for flags that only an export to an archive has.
fn reject_archive_flags(args: &ExportArgs, target: &FileTarget) -> Result<(), CommandError> {
    if args.dry_run || args.recount || args.reread {
        return Err(CommandError::usage(
            format!("--dry-run, --recount and --reread only apply to archives, but {target} is a file"),
            "give the folder of an archive",
        ));
    }
    if args.format.is_some() {
        return Err(CommandError::usage(
            format!("--format only applies to archives, but {target} is a file"),
            "remove --format; the file extension selects the format",
        ));
    }
    Ok(())
}

/// Fails for more than one contract, because a file holds the events of one contract.
fn only_contract(contracts: Vec<ContractNumber>) -> Result<ContractNumber, CommandError> {
    match <[ContractNumber; 1]>::try_from(contracts) {
        Ok([contract]) => Ok(contract),
        Err(several) => Err(CommandError::usage(
            format!("a file holds the events of one contract, but {} are selected", several.len()),
            "select one, or export to the folder of an archive",
        )),
    }
}
