//! Exports a range to one file. An interrupted export is continued when the same command runs again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::{ContractNumber, DateRange};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_archive::{Error, ExportSpec, ExportStats, FileExport, FileTarget};

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
    let client = account::connect(&args.service, now, context)?;
    let contract = only_contract(account::select_contracts(&args.contracts.contract, &client).await?)?;
    let api = account::api_label(&args.service, &client);
    let reading = ExportSpec::new(api, contract.clone(), range, target);
    let resume_command = resume_command(args, &contract, &reading);
    let open = |steps: &FailPoints| FileExport::open_with_failpoints(target, reading.clone(), args.overwrite, steps);
    let steps = context.steps.clone();
    let export = open(&steps).map_err(|error| match error {
        // The file of an interrupted export may be replaced: the service still has its events.
        Error::Damaged { .. } | Error::UnsupportedVersion { .. } => {
            CommandError::usage(error.to_string(), format!("{}, or start over with --overwrite", error.hint()))
        }
        error => error.into(),
    })?;
    match export.resumed_from() {
        Some(written) => {
            resume.set(kept_hint(&written, &resume_command));
            context.info(format_args!(
                "resuming an interrupted export ({} already written)",
                format_count(written.events, "event")
            ));
        }
        None => resume.set_restart(),
    }
    let progress = RangeProgress::new(context.start_progress(), range, 1);
    // A demo never waits for anything, and would not notice a signal before its end.
    let windows = stream::iter(export.remaining_range())
        .flat_map(|rest| client.events(contract.clone(), rest).windows())
        .and_then(async |window| {
            tokio::task::yield_now().await;
            Ok(window)
        });
    let export = export
        .write(windows, |exported| {
            progress.show(exported.read_to, exported.events);
            if exported.events > 0 {
                resume.set(kept_hint(exported, &resume_command));
            }
        })
        .await;
    drop(progress);
    let export = match export {
        Ok(export) => export,
        Err(error) => {
            let failure = match error {
                Error::Read { source: error } => account::explain_refusal(&client, &contract, error).await,
                error => error.into(),
            };
            // Opens the file again to see how many events are kept: after a disk error, fewer may be kept than were
            // read.
            let left = open(&FailPoints::default()).ok();
            let left = left.and_then(|left| left.resumed_from());
            return Err(failure.with_resume(left.map(|left| kept_hint(&left, &resume_command))));
        }
    };
    // The API documentation does not say whether a foreign contract is refused or looks empty.
    if export.stats().events == 0
        && let Some(failure) = account::not_listed(&client, &contract).await
    {
        return Err(failure);
    }
    let exported = export.commit()?;
    let elapsed = context.clock.elapsed().saturating_sub(started);
    context.info(format_args!(
        "contract {contract}, {range}: {} in {}, {:.1} s, written to {target}",
        format_count(exported.events, "event"),
        format_count(exported.requests, "request"),
        elapsed.as_secs_f64(),
    ));
    if exported.with_issues > 0 {
        context.info(format_args!("{} of them with unexpected content, written unchanged", exported.with_issues));
    }
    Ok(())
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

/// The command that continues the export. Its range is absolute, so it can be typed at any time.
fn resume_command(args: &ExportArgs, contract: &ContractNumber, reading: &ExportSpec) -> String {
    let time = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%SZ");
    let overwrite = if args.overwrite { " --overwrite" } else { "" };
    let settle = args.settle;
    let settle = settle.map_or_else(String::new, |length| format!(" --settle {length}"));
    format!(
        "ialog export{} --contract {contract} --from {} --to {}{settle} --out {}{overwrite}",
        args.service.repeat_flags(),
        time(reading.from),
        time(reading.to),
        shell_quote(&args.out.to_string_lossy()),
    )
}

/// A hint with the number of events that are kept and the command that resumes.
fn kept_hint(exported: &ExportStats, resume_command: &str) -> String {
    format!("progress kept ({}); resume with `{resume_command}`", format_count(exported.events, "event"))
}

/// Fails for more than one contract, because a file holds the events of one.
fn only_contract(contracts: Vec<ContractNumber>) -> Result<ContractNumber, CommandError> {
    match <[ContractNumber; 1]>::try_from(contracts) {
        Ok([contract]) => Ok(contract),
        Err(several) => Err(CommandError::usage(
            format!("a file holds the events of one contract, but {} are selected", several.len()),
            "select one, or export to the folder of an archive",
        )),
    }
}
