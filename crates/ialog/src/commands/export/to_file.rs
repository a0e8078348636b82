//! Exports a range to one file. An interrupted export is continued by a command with the same file, contract and
//! absolute range.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_archive::{Error, ExportSpec, ExportStats, FileExport, FileTarget, FinishedExport};

use super::{ExportArgs, settle};
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::output::shell::shell_quote;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use crate::service::account;

pub(super) async fn run(
    args: &ExportArgs,
    target: &FileTarget,
    (range, now, started): (DateRange, DateTime<Utc>, Duration),
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    reject_archive_flags(args, target)?;
    let range = settle::settled_range(range, settle::settle_time(args, now), now)?;
    let export = SingleFileExport::prepare(args, target, range, now, context).await?;
    let file = export.start(context, resume)?;
    let file = match export.write_events(file, context, resume).await {
        Ok(file) => file,
        Err(error) => return Err(export.explain_failure(error).await),
    };
    // The API documentation does not say whether a contract that the token cannot read is refused or looks empty.
    if file.stats().events == 0
        && let Some(failure) = account::not_listed(&export.client, &export.contract).await
    {
        return Err(failure);
    }
    let exported = file.commit()?;
    export.report(&exported, started, context);
    Ok(())
}

/// An export of one contract to one file.
struct SingleFileExport<'a> {
    target: &'a FileTarget,
    overwrite: bool,
    client: Client,
    contract: ContractNumber,
    range: DateRange,
    spec: ExportSpec,
    /// The command that continues this export after an interruption.
    resume_command: String,
}

impl<'a> SingleFileExport<'a> {
    /// Connects to the service and selects the contract.
    async fn prepare(
        args: &ExportArgs,
        target: &'a FileTarget,
        range: DateRange,
        now: DateTime<Utc>,
        context: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let client = account::connect(&args.service, now, context)?;
        let contract = only_contract(account::select_contracts(&args.contracts.contract, &client).await?)?;
        let api = account::api_label(&args.service, &client);
        let spec = ExportSpec::new(api, contract.clone(), range, target);
        let resume_command = resume_command(args, &contract, &spec);
        Ok(Self { target, overwrite: args.overwrite, client, contract, range, spec, resume_command })
    }

    fn open(&self, fail_points: &FailPoints) -> Result<FileExport, Error> {
        FileExport::open_with_failpoints(self.target, self.spec.clone(), self.overwrite, fail_points)
    }

    /// Opens the file, and tells the user if an interrupted export is continued.
    fn start(&self, context: &mut Context<'_>, resume: &ResumeHint) -> Result<FileExport, CommandError> {
        let file = self.open(&context.fail_points).map_err(|error| match error {
            // The file of an interrupted export may be replaced: the service still has its events.
            Error::Damaged { .. } | Error::UnsupportedVersion { .. } => {
                CommandError::usage(error.to_string(), "start over with --overwrite")
            }
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
        Ok(file)
    }

    /// Reads the remaining range into the file. Shows the progress, and keeps the resume hint up to date.
    async fn write_events(
        &self,
        file: FileExport,
        context: &mut Context<'_>,
        resume: &ResumeHint,
    ) -> Result<FinishedExport, Error> {
        let progress = RangeProgress::new(context.start_progress(), self.range, 1);
        // With --demo, no request ever waits, so the task yields after each window. Otherwise signals would not be
        // handled.
        let windows = stream::iter(file.remaining_range())
            .flat_map(|rest| self.client.events(self.contract.clone(), rest).windows())
            .and_then(async |window| {
                tokio::task::yield_now().await;
                Ok(window)
            });
        file.write(windows, |exported| {
            progress.show(exported.read_to, exported.events);
            if exported.events > 0 {
                resume.set(self.kept_hint(exported));
            }
        })
        .await
    }

    /// The error of the command, with the number of events that are kept. Opens the file again to see that number:
    /// after a disk error, fewer events may be kept than were read.
    async fn explain_failure(&self, error: Error) -> CommandError {
        let failure = match error {
            Error::Read { source: error } => account::explain_refusal(&self.client, &self.contract, error).await,
            error => error.into(),
        };
        let kept = self.open(&FailPoints::default()).ok().and_then(|file| file.resumed_from());
        failure.with_resume(kept.map(|kept| self.kept_hint(&kept)))
    }

    /// A hint with the number of events that are kept and the command that resumes.
    fn kept_hint(&self, kept: &ExportStats) -> String {
        let events = format_count(kept.events, "event");
        format!("progress kept ({events}); resume with `{}`", self.resume_command)
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
        if exported.with_issues > 0 {
            context.info(format_args!("events with unexpected content: {} (written unchanged)", exported.with_issues));
        }
    }
}

/// Fails for flags that only an export to an archive has.
fn reject_archive_flags(args: &ExportArgs, target: &FileTarget) -> Result<(), CommandError> {
    if args.dry_run || args.recount {
        return Err(CommandError::usage(
            format!("--dry-run and --recount only apply to archives, but {target} is a file"),
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

/// The command that continues the export. Its range is absolute, so the command stays valid later.
fn resume_command(args: &ExportArgs, contract: &ContractNumber, spec: &ExportSpec) -> String {
    let time = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%SZ");
    let overwrite = if args.overwrite { " --overwrite" } else { "" };
    let settle = args.settle;
    let settle = settle.map_or_else(String::new, |length| format!(" --settle {length}"));
    format!(
        "ialog export{} --contract {contract} --from {} --to {}{settle} --out {}{overwrite}",
        args.service.repeat_flags(),
        time(spec.from),
        time(spec.to),
        shell_quote(&args.out.to_string_lossy()),
    )
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
