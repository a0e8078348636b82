//! `ialog export`: all events of a range to one file; to an archive see `archive`.

mod archive;
mod settle;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::{ContractNumber, Length};
use ionos_activitylog_archive::internal::FailPoints;
use ionos_activitylog_archive::{Compression, Error, ExportSpec, ExportStats, FileExport, FileTarget};

use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::args::time::{RangeArgs, resolve_range};
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::output::progress::RangeProgress;
use crate::output::shell;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
The name of a file says its format, and .gz or .zst behind it its compression: .ndjson is one event a line and .json \
one array of them, each record's bytes as the service sent them; .csv is a table, see `ialog schema flat`. A file \
appears under its name when it is complete, and not before. An export to a file that was interrupted goes on where it \
was when it is started again for the same file and range.

Any other name of --out is the folder of an archive: a folder for each contract and day, with a manifest that says what is in it. \
What it has is not read again, so the same command goes on where the last one ended, however that was; `ialog verify` looks at it.

Examples:
  ialog export --last 7d --out week.ndjson
  ialog export --from 2026-11 --to 2026-11 --out november.ndjson.zst
  ialog export --contract all --from 2025-01-01 --out audit
  ialog export --contract '3172*' --last 30d --out audit
  ialog export --from 2025-01-01 --out audit --dry-run
  ialog export --last 7d --out audit --recount")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) account: ServiceArgs,

    #[command(flatten)]
    pub(crate) contracts: ExportContractArgs,

    #[command(flatten)]
    pub(crate) range: RangeArgs,

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, each with or without .gz or .zst behind it; or the folder of
    /// an archive
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) out: PathBuf,

    /// Replace the file if it exists, and give up an interrupted export of something else to it
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Say what an export to an archive would read and write, and do nothing
    #[arg(long, conflicts_with = "recount")]
    pub(crate) dry_run: bool,

    /// Leave the newest events to the next export, because they may not be in the log yet; 10s if left out, and with
    /// --demo, whose log is complete, nothing
    #[arg(long, value_name = "LENGTH")]
    pub(crate) settle: Option<Length>,

    /// Count what is in the archive again, with one request a day, and add what came late
    #[arg(long)]
    pub(crate) recount: bool,

    /// What the parts of an archive are; ndjson.zst if left out
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<PartFormat>,
}

#[derive(Args)]
pub(crate) struct ExportContractArgs {
    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, the only one that the token reads. A file takes one"))]
    pub(crate) contract: Vec<ContractSelector>,
}

/// What the parts of an archive are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartFormat {
    #[value(name = "ndjson.zst")]
    Zstd,
    #[value(name = "ndjson.gz")]
    Gzip,
    #[value(name = "ndjson")]
    Plain,
}

impl From<PartFormat> for Compression {
    fn from(format: PartFormat) -> Self {
        match format {
            PartFormat::Zstd => Self::Zstd,
            PartFormat::Gzip => Self::Gzip,
            PartFormat::Plain => Self::None,
        }
    }
}

pub(crate) async fn run(
    arguments: ExportArgs,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    let started = context.clock.elapsed();
    let now = context.clock.now();
    let range = resolve_range(&arguments.range, now)?;
    let target = match FileTarget::new(&arguments.out) {
        Ok(target) => target,
        Err(error) if is_meant_as_file(&arguments.out) => return Err(error.into()),
        Err(_) => {
            let client = account::connect(&arguments.account, now, context)?;
            return archive::run(arguments, client, range, context).await;
        }
    };
    if arguments.dry_run || arguments.recount {
        return Err(CommandError::usage(
            format!("--dry-run and --recount are for archives, and {target} is a file"),
            "name a folder",
        ));
    }
    if arguments.format.is_some() {
        return Err(CommandError::usage(
            format!("--format is for archives, and {target} is a file, whose name says its format"),
            "leave out --format",
        ));
    }
    let range = settle::settled(range, settle::settle(&arguments, now), now)?;
    let client = account::connect(&arguments.account, now, context)?;
    let contract = one_contract(account::contracts(&arguments.contracts.contract, &client).await?)?;
    let api = account::api(&arguments.account, &client);
    let reading = ExportSpec::new(api, contract.clone(), range, &target);
    let again = again(&arguments, &contract, &reading);
    let open =
        |steps: &FailPoints| FileExport::open_with_failpoints(&target, reading.clone(), arguments.overwrite, steps);
    let steps = context.steps.clone();
    let export = open(&steps).map_err(|error| match error {
        // What is left of an interrupted export is not the only copy of anything.
        Error::Damaged { .. } | Error::UnsupportedVersion { .. } => {
            CommandError::usage(error.to_string(), format!("{}, or begin anew with --overwrite", error.hint()))
        }
        error => error.into(),
    })?;
    match export.resumed_from() {
        Some(before) => {
            resume.note(kept(&before, &again));
            context.info(format_args!(
                "going on with an interrupted export, {} written already",
                format_count(before.events, "event")
            ));
        }
        None => resume.note_nothing(),
    }
    let progress = RangeProgress::start(context, range, 1);
    // A demo never waits for anything, and would not notice a Ctrl-C before its end.
    let windows = stream::iter(export.remaining_range())
        .flat_map(|rest| client.events(contract.clone(), rest).windows())
        .and_then(async |window| {
            tokio::task::yield_now().await;
            Ok(window)
        });
    let export = export
        .write(windows, |exported| {
            progress.show(exported);
            if exported.events > 0 {
                resume.note(kept(exported, &again));
            }
        })
        .await;
    drop(progress);
    let export = match export {
        Ok(export) => export,
        Err(error) => {
            let failure = match error {
                Error::Read { source: error } => account::explain(&client, &contract, error).await,
                error => error.into(),
            };
            // What there is to go on with may be less than what had come: a disk that refuses takes nothing more.
            let left = open(&FailPoints::default()).ok();
            let left = left.and_then(|left| left.resumed_from());
            return Err(failure.resumable(left.map(|left| kept(&left, &again))));
        }
    };
    // Whether a foreign contract is refused or looks empty is not documented: an empty log has to be one's own.
    if export.stats().events == 0
        && let Some(failure) = account::not_listed(&client, &contract).await
    {
        return Err(failure);
    }
    let exported = export.commit()?;
    let seconds = context.clock.elapsed().saturating_sub(started).as_secs_f64();
    context.info(format_args!(
        "contract {contract}, {range}: {} in {}, {:.1} s, written to {target}",
        format_count(exported.events, "event"),
        format_count(exported.requests, "request"),
        seconds,
    ));
    if exported.with_issues > 0 {
        context.info(format_args!(
            "{} of them do not fit the model of an event and are written like the others",
            exported.with_issues
        ));
    }
    Ok(())
}

/// What to type to go on, whatever the time is then.
fn again(arguments: &ExportArgs, contract: &ContractNumber, reading: &ExportSpec) -> String {
    let time = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M:%SZ");
    let overwrite = if arguments.overwrite { " --overwrite" } else { "" };
    let settle = arguments.settle;
    let settle = settle.map_or_else(String::new, |length| format!(" --settle {length}"));
    format!(
        "ialog export{} --contract {contract} --from {} --to {}{settle} --out {}{overwrite}",
        arguments.account.again(),
        time(reading.from),
        time(reading.to),
        shell::quoted(&arguments.out.to_string_lossy()),
    )
}

fn kept(exported: &ExportStats, again: &str) -> String {
    format!("what was read so far, {}, is kept: `{again}` goes on", format_count(exported.events, "event"))
}

/// Whether a name that is not that of a file that can be written is still hardly meant as the folder of an archive.
fn is_meant_as_file(path: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["gz", "jsonl", "log", "parquet", "txt", "xlsx", "xml", "zip", "zst"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    !path.is_dir() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// A file holds the events of one contract.
fn one_contract(contracts: Vec<ContractNumber>) -> Result<ContractNumber, CommandError> {
    match <[ContractNumber; 1]>::try_from(contracts) {
        Ok([contract]) => Ok(contract),
        Err(several) => Err(CommandError::usage(
            format!("a file holds the events of one contract, and these are {}", several.len()),
            "name one, or export to the folder of an archive",
        )),
    }
}
