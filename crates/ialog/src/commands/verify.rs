//! `ialog verify`: compares an archive with its manifests, and with the service if asked to. One finding a line.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{
    Archive, Digest, Problem, TotalsReport, VerifyReport, WHAT_IT_PROVES, verify_archive_with_progress, verify_totals,
};

use crate::args::archive::demo_and_folder_error;
use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::events::opened_archive::OpenedArchive;
use crate::output::plural::format_count;
use crate::output::progress::ArchiveProgress;
use crate::output::shell::shell_quote;
use crate::output::wrap::wrap_paragraphs;
use crate::runtime::context::Context;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
What is wrong is printed on standard output, one finding a line, with file and line; the exit code is 6 then.

Examples:
  ialog verify audit
  ialog verify audit \\
    --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  ialog verify audit --online")]
pub(crate) struct VerifyArgs {
    /// Folder of the archive; with --demo and without ROOT, an archive of the simulated account, seven days of one
    /// contract, made for this in a temporary folder
    #[arg(value_name = "ROOT", required_unless_present = "demo")]
    pub(crate) root: Option<PathBuf>,

    /// What the SHA-256 of the last manifest has to be, as an earlier run printed it; repeated once for each contract
    #[arg(long, value_name = "SHA256")]
    pub(crate) head: Vec<Digest>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, all of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,

    /// Also ask the service how many events it counts, with one request a day
    #[arg(long)]
    pub(crate) online: bool,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

impl VerifyArgs {
    /// Fails for flags about requests if no request is sent.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        match (self.online, &self.root) {
            (true, _) => Ok(()),
            (false, Some(root)) if self.service.account.demo => Err(demo_and_folder_error(root)),
            (false, _) => self.service.reject_unused_flags("the service is asked only with --online"),
        }
    }
}

pub(crate) async fn run(args: VerifyArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.check()?;
    let opened = OpenedArchive::open_or_demo(args.root.as_deref(), context).await?;
    let archive = opened.archive();
    let contracts = opened.select_contracts(&args.contract)?;
    let mut report = verify_files(archive, contracts.clone(), context).await?;
    let is_damaged = report.findings.iter().any(|finding| finding.problem != Problem::Extra);
    if !args.head.is_empty() {
        report.compare_heads(archive, &args.head);
    }
    let mut findings = show_findings(&report, context)?;
    for chain in &report.chains {
        context.info(chain);
    }
    if args.online {
        findings += compare_with_service(archive, contracts.as_deref(), &args, context).await?;
    }
    context.info(format_args!(
        "{} in {}, {} bytes: {}",
        format_count(report.events, "event"),
        format_count(report.parts, "part"),
        report.bytes,
        match findings {
            0 if report.is_fully_linked() => "nothing is wrong".to_owned(),
            0 => "nothing is wrong with what was looked at, and a part of the chain was not".to_owned(),
            findings => format_count(findings, "finding"),
        }
    ));
    if is_damaged {
        context.info(format_args!(
            "A damaged day can be read again as long as the service has it: move its folder out of the archive, have the \
             state made anew with `ialog state rebuild {} --relink`, and export the time again.",
            shell_quote(&archive.root().to_string_lossy())
        ));
    }
    let max_width = context.terminal.columns.filter(|_| context.terminal.is_interactive);
    context.info(wrap_paragraphs(WHAT_IT_PROVES, max_width).trim_end());
    if findings > 0 {
        return Err(CommandError::integrity(
            format!(
                "the archive is not as it was written, or not what the service has, {}",
                format_count(findings, "finding")
            ),
            "each is told above with its file",
        ));
    }
    Ok(())
}

/// Verifies all files, on a blocking thread so that signals are noticed.
async fn verify_files(
    archive: &Archive,
    contracts: Option<Vec<ContractNumber>>,
    context: &mut Context<'_>,
) -> Result<VerifyReport, CommandError> {
    let progress = ArchiveProgress::bytes(context.start_progress());
    let (archive, shown) = (archive.clone(), progress.clone());
    let verify = move || {
        verify_archive_with_progress(&archive, contracts.as_deref(), |done, all| {
            shown.show((done, all));
        })
    };
    let report = tokio::task::spawn_blocking(verify).await;
    drop(progress);
    let report = report.map_err(|error| CommandError::bug(error.to_string()))?;
    Ok(report?)
}

/// Compares the archive with the counts of the service. Returns the number of findings.
async fn compare_with_service(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    args: &VerifyArgs,
    context: &mut Context<'_>,
) -> Result<u64, CommandError> {
    let client = account::connect(&args.service, context.clock.now(), context)?;
    let (before, _) = context.messages.request_counts().totals();
    let progress = ArchiveProgress::days(context.start_progress());
    let on_progress = |done, all| progress.show((done, all));
    let totals = verify_totals(archive, contracts, &client, on_progress).await;
    drop(progress);
    let totals = totals?;
    let findings = show_findings(&totals.report, context)?;
    let (after, _) = context.messages.request_counts().totals();
    context.info(format_args!(
        "compared with the service in {}: {}",
        format_count(after - before, "request"),
        describe_totals(&totals)
    ));
    for (contract, days) in &totals.more {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        context.info(format_args!(
            "  what came late is added with `ialog export{} --contract {contract} --from {first} --to {last} --recount \
             --out {}`",
            args.service.repeat_flags(),
            shell_quote(&archive.root().to_string_lossy())
        ));
    }
    Ok(findings)
}

/// The number of days with equal, different and unknown counts.
fn describe_totals(totals: &TotalsReport) -> String {
    let more = totals.more.iter().map(|(_, days)| days.len() as u64).sum();
    let mut text = format!("counts are equal on {} of {}", totals.equal, format_count(totals.compared(), "day"));
    for (days, what) in
        [(more, "more events there"), (totals.fewer, "fewer events there"), (totals.unknown, "no count to compare")]
    {
        if days > 0 {
            text += &format!(", {what} on {days}");
        }
    }
    text
}

/// Writes the findings of a report. Returns their number.
fn show_findings(report: &VerifyReport, context: &mut Context<'_>) -> Result<u64, CommandError> {
    let lines: String = report.findings.iter().map(|finding| format!("{finding}\n")).collect();
    context.print(lines)?;
    for note in &report.warnings {
        context.warn(format_args!("note: {note}"));
    }
    Ok(report.findings.len() as u64)
}
