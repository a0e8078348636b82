//! `ialog verify`: compares an archive with its manifests, and with the service if `--online` is given. Prints one
//! finding per line.

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
Findings are printed to standard output, one per line, with the file; the exit code is then 6.

Examples:
  ialog verify audit
  ialog verify audit \\
    --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  ialog verify audit --online")]
pub(crate) struct VerifyArgs {
    /// Folder of the archive; with --demo and without ROOT, a temporary archive of the simulated account (one contract,
    /// 7 days)
    #[arg(value_name = "ROOT", required_unless_present = "demo")]
    pub(crate) root: Option<PathBuf>,

    /// Expected SHA-256 of the last manifest, as printed by an earlier run; repeat once per contract
    #[arg(long, value_name = "SHA256")]
    pub(crate) head: Vec<Digest>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("all contracts of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,

    /// Also compare with the event counts of the service, one request per day
    #[arg(long)]
    pub(crate) online: bool,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

impl VerifyArgs {
    /// Without `--online`, fails for `--demo` together with a folder and for flags that only affect requests.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        match (self.online, &self.root) {
            (true, _) => Ok(()),
            (false, Some(root)) if self.service.account.demo => Err(demo_and_folder_error(root)),
            (false, _) => self.service.reject_unused_flags("only --online uses the service"),
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
            0 if report.is_fully_linked() => "no findings".to_owned(),
            0 => "no findings, but part of the chain was not checked".to_owned(),
            findings => format_count(findings, "finding"),
        }
    ));
    if is_damaged {
        context.info(format_args!(
            "To restore a damaged day while the service still has it: move its folder out of the archive, run \
             `ialog state rebuild {} --relink`, and export the time range again.",
            shell_quote(&archive.root().to_string_lossy())
        ));
    }
    let max_width = context.terminal.columns.filter(|_| context.terminal.is_interactive);
    context.info(wrap_paragraphs(WHAT_IT_PROVES, max_width).trim_end());
    if findings > 0 {
        return Err(CommandError::integrity(
            format!("verification failed: {}, listed above", format_count(findings, "finding")),
            "restore the files from a copy, or export the days again",
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
        "compared with the service ({}): {}",
        format_count(after - before, "request"),
        describe_totals(&totals)
    ));
    for (contract, days) in &totals.more {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        context.info(format_args!(
            "  to add late events: `ialog export{} --contract {contract} --from {first} --to {last} --recount --out {}`",
            args.service.repeat_flags(),
            shell_quote(&archive.root().to_string_lossy())
        ));
    }
    Ok(findings)
}

/// The number of days with equal, different and unknown counts.
fn describe_totals(totals: &TotalsReport) -> String {
    let more = totals.more.iter().map(|(_, days)| days.len() as u64).sum();
    let mut text = format!("counts match on {} of {}", totals.equal, format_count(totals.compared(), "day"));
    for (days, what) in [
        (more, "service has more events"),
        (totals.fewer, "service has fewer events"),
        (totals.unknown, "no count available"),
    ] {
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
