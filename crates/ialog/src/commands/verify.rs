//! `ialog verify`: compares an archive with its manifests, and with the service if `--online` is given. Prints one
//! finding per line.

mod archived_span;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{
    Archive, Digest, ManifestChain, TotalsReport, VerifyReport, WHAT_IT_PROVES, verify_archive_with_progress,
    verify_totals,
};

use archived_span::{describe_partial_days, describe_proven};

use crate::args::archive::demo_and_folder_error;
use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::events::opened_archive::OpenedArchive;
use crate::events::versions::describe_versions;
use crate::output::messages::Verbosity;
use crate::output::plural::format_count;
use crate::output::progress::ArchiveProgress;
use crate::output::shell::shell_quote;
use crate::output::wrap::wrap_paragraphs;
use crate::runtime::blocking::run_blocking;
use crate::runtime::context::Context;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
Findings are printed to standard output, one per line, with the file; the exit code is then 6. It is 3 if the \
archive is not proven to be complete: an export was interrupted, the archive lacks data that an export has read, \
gaps are left, a range between the first and the last archived time of a contract is not archived, a contract has no \
closed day, the state or the run log of a contract is missing or cannot be used, or --online shows that the service has more events. To prove that the archive was not replaced or cut \
off at its end, keep the SHA-256 of the last manifest elsewhere and compare it with --head.

Without --head, only the contracts that have a folder are verified: no file of an archive lists its contracts, so the \
deletion of a folder is not noticed. With the --head of each contract, a deleted folder is a finding.

The manifests are the evidence. _state.json and _runs.ndjson are hints. The chain is compared with \
_state.json (identity of the archive, ranges, last manifest) and with _runs.ndjson (last manifest and end of each finished \
export). If one of the two files is missing or cannot be used, only --head with the SHA-256 of the last manifest proves \
the end of the archive. Nothing proves the times, tries and numbers of events in these two files.

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

    /// SHA-256 of a manifest, as printed by an earlier run; give one --head per contract
    #[arg(long, value_name = "SHA256", value_parser = parse_digest)]
    pub(crate) head: Vec<Digest>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("all contracts of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,

    /// Ignore foreign files whose name or path matches (`*`: any characters); repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) ignore: Vec<String>,

    /// Also compare the number of archived events, each counted once, with the counts of the service; sends one
    /// request per day, and more for days with gaps
    #[arg(long)]
    pub(crate) online: bool,

    /// Format of the result; json has every check, day and digest, see `ialog schema verification`
    #[arg(long, short, value_enum, default_value_t = VerifyFormat::Text, value_name = "FORMAT")]
    pub(crate) output: VerifyFormat,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// The format of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
    Text,
    Json,
}

impl VerifyArgs {
    /// Checks the flags if `--online` is not given. Fails if `--demo` is combined with a folder, or if a flag is given
    /// that only affects requests.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        match (self.online, &self.root) {
            (true, _) => Ok(()),
            (false, Some(root)) if self.service.account.demo => Err(demo_and_folder_error(root)),
            (false, _) => self.service.reject_unused_flags("only --online uses the service"),
        }
    }
}

/// Parses a digest. The hex digits may be in upper or lower case, because other tools print either.
fn parse_digest(text: &str) -> Result<Digest, String> {
    text.trim().to_ascii_lowercase().parse()
}

pub(crate) async fn run(args: VerifyArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.check()?;
    let opened = OpenedArchive::open_or_demo(args.root.as_deref(), context).await?;
    let archive = opened.archive();
    let contracts = opened.select_contracts(&args.contract)?;
    let mut report = verify_files(archive, contracts.clone(), &args.ignore, context).await?;
    if !args.head.is_empty() {
        report.compare_heads(archive, &args.head);
    }
    if args.output == VerifyFormat::Text {
        show_findings(&report, context)?;
    }
    for chain in &report.chains {
        context.info(chain);
        for date in &chain.open_days {
            context.info(format_args!("  {date} is open: checked, but not proven"));
        }
        for line in chain_remarks(chain) {
            context.warn(format_args!("  {line}"));
        }
    }
    let compared = match args.online {
        true => compare_with_service(&report, archive, contracts.as_deref(), &args, context).await.map(Some),
        false => Ok(None),
    };
    if args.output == VerifyFormat::Json {
        // The document includes the result of the comparison with the service, so it is printed after the comparison.
        let failed = compared.as_ref().err().map(|error| failed_comparison(&report, error));
        let totals = compared.as_ref().map_or(failed.as_ref(), Option::as_ref);
        let json = serde_json::to_string_pretty(&report.document(totals));
        context.print_data(json.map_err(|error| CommandError::bug(error.to_string()))? + "\n")?;
    }
    let totals = match compared {
        Err(error) if report.is_intact() => return Err(error),
        // If the files have findings, the findings are the result, and the failed comparison is only a note.
        Err(error) => {
            context.warn(format_args!("note: {error}"));
            TotalsReport::default()
        }
        Ok(totals) => totals.unwrap_or_default(),
    };
    if let Some(note) = describe_versions(report.amended, report.events) {
        context.warn(note);
    }
    let is_wrapped = context.terminal.is_interactive && !context.messages.is_json;
    let max_width = context.terminal.columns.filter(|_| is_wrapped);
    let statement = describe_result(&report, !args.head.is_empty(), &totals);
    for line in wrap_paragraphs(&statement, max_width).trim_end().lines() {
        context.info(line);
    }
    for line in wrap_paragraphs(WHAT_IT_PROVES, max_width).trim_end().lines() {
        context.messages.step(Verbosity::Requests, line);
    }
    verdict(&report, &totals)
}

/// Fails if the result is not OK. If there are several reasons, the error names the most serious one.
fn verdict(report: &VerifyReport, totals: &TotalsReport) -> Result<(), CommandError> {
    if !report.findings.is_empty() && report.is_only_unreadable() {
        return Err(CommandError::unexpected(
            format!(
                "{} could not be read, so not all was verified",
                format_count(report.findings.len() as u64, "file")
            ),
            "check the permissions and the disk, then verify again",
        ));
    }
    if !report.findings.is_empty() {
        return Err(CommandError::integrity(
            format!("verification failed: {}", format_count(report.findings.len() as u64, "finding")),
            "keep the archive as evidence; restore a copy, or export to a new folder",
        ));
    }
    let has_lost_end = report.chains.iter().any(|chain| chain.lost_end.is_some());
    if !report.is_complete() && has_lost_end {
        return Err(CommandError::incomplete(
            "not all of the archive is proven: the archive lacks data that an export has read",
            "restore the missing files from a copy, or run the same export again; then verify again",
        ));
    }
    if let Some(unproven) = describe_unproven_ends(report) {
        return Err(CommandError::incomplete(
            unproven,
            "restore the file from a copy or make it readable, or give the SHA-256 of the last manifest with --head; \
             otherwise `ialog state rebuild` writes a new state, and the next export a new run log",
        ));
    }
    if !report.is_complete() {
        return Err(CommandError::incomplete(
            "not all of the archive is proven: an export was interrupted, or manifests are not linked",
            "run the same export again, then verify again",
        ));
    }
    if count_unarchived(report) > 0 {
        return Err(CommandError::incomplete(
            "incomplete: the archive lacks ranges between its first and its last archived time",
            "run `ialog export` for the ranges that are named above to the same folder, then verify again",
        ));
    }
    let more_events = totals.more_events.saturating_add(totals.missing_events);
    if more_events > 0 {
        let more = format_count(more_events, "more event");
        return Err(CommandError::incomplete(
            format!("incomplete: the service reports {more} than the archive has"),
            "run `ialog export --recount` for the days that are named above",
        ));
    }
    let gaps = count_gaps(report);
    if gaps > 0 {
        return Err(CommandError::incomplete(
            format!("incomplete: the archive has {}, whose events could not be verified", format_count(gaps, "gap")),
            "run the same export again, or with --recount to read the gaps again at once; then verify again",
        ));
    }
    if let Some(without_count) = describe_unknown(totals) {
        return Err(CommandError::incomplete(
            format!("incomplete: the comparison with the service had {without_count}"),
            "see the notes above; run the same command again later",
        ));
    }
    if let Some(chain) = report.chains.iter().find(|chain| chain.closed_until.is_none()) {
        return Err(CommandError::incomplete(
            format!("contract {} has no closed day, so none of its events is proven", chain.contract),
            "run the same export again after the end of the day, then verify again",
        ));
    }
    Ok(())
}

/// The contracts whose end is not proven because the state or the run log is missing or cannot be used. `None` if there
/// is none. An unfinished export is a reason of its own, which the next export removes.
fn describe_unproven_ends(report: &VerifyReport) -> Option<String> {
    let is_finished = |chain: &&ManifestChain| !chain.is_unfinished && chain.interrupted_days.is_empty();
    let unproven = report.chains.iter().filter(is_finished).filter(|chain| !chain.is_end_proven());
    let unproven: Vec<&ManifestChain> = unproven.collect();
    let first = unproven.first()?;
    let (contract, reasons) = (&first.contract, first.without_evidence.join(", and "));
    let others = match unproven.len() - 1 {
        0 => String::new(),
        others => format!("; see the notes above for {}", format_count(others as u64, "more contract")),
    };
    Some(format!("the end of the archive of contract {contract} is not proven, because {reasons}{others}"))
}

/// Total number of gaps, over all contracts.
fn count_gaps(report: &VerifyReport) -> u64 {
    report.chains.iter().map(|chain| chain.gaps).sum()
}

/// Total number of ranges that are not archived, over all contracts.
fn count_unarchived(report: &VerifyReport) -> u64 {
    report.chains.iter().map(|chain| chain.unarchived.iter().len() as u64).sum()
}

/// Lists what the chain of a contract does not prove, and why: one line for each reason.
fn chain_remarks(chain: &ManifestChain) -> Vec<String> {
    let list = |dates: &[NaiveDate]| dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if !chain.interrupted_days.is_empty() {
        lines.push(format!("interrupted export: {} is not closed and not proven", list(&chain.interrupted_days)));
    } else if chain.is_unfinished {
        lines.push("an export is running, has failed or was killed".to_owned());
    }
    if !chain.unarchived.is_empty() {
        lines.push(format!("not archived: contract {}, {}", chain.contract, chain.unarchived));
    }
    if !chain.unlinked_days.is_empty() {
        lines.push(format!(
            "version 0.1.0 did not link the manifests of {}: these manifests prove nothing about earlier days",
            list(&chain.unlinked_days)
        ));
    }
    if let Some(first) = chain.after_kept().first() {
        let number = first.number.map(|number| format!(" {number}")).unwrap_or_default();
        let others = chain.after_kept().len() - 1;
        let others = match others {
            0 => String::new(),
            1 => " and the next manifest".to_owned(),
            _ => format!(" and the next {others} manifests"),
        };
        lines.push(format!("not covered by --head: manifest{number} of {}{others}", first.date));
    }
    lines
}

/// A phrase with the number of gaps and the number of ranges that are not archived, such as `1 gap, 2 ranges not
/// archived`. `None` if both numbers are 0.
fn describe_missing(report: &VerifyReport) -> Option<String> {
    let counts = [(count_gaps(report), "gap", ""), (count_unarchived(report), "range", " not archived")];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    let texts: Vec<String> = counts.map(|(count, noun, rest)| format_count(count, noun) + rest).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// The result as a statement that an auditor can keep.
fn describe_result(report: &VerifyReport, has_heads: bool, totals: &TotalsReport) -> String {
    let days: u64 = report.days.len() as u64;
    let size = format!("{}, {}", format_count(days, "day"), format_count(report.events, "event"));
    if !report.findings.is_empty() && report.is_only_unreadable() {
        let count = format_count(report.findings.len() as u64, "file");
        return format!("NOT VERIFIED: {count} of the archive could not be read. Nothing else was found in {size}.");
    }
    if !report.findings.is_empty() {
        let count = format_count(report.findings.len() as u64, "finding");
        let damaged = report.damaged_days() as u64;
        return match damaged {
            0 => format!("FAILED: {count} in the archive as a whole. {size} were checked."),
            damaged => {
                let rest = match days.saturating_sub(damaged) {
                    0 => String::new(),
                    rest => format!(" Nothing was found in the other {}.", format_count(rest, "day")),
                };
                format!("FAILED: {count} in {damaged} of {}.{rest}", format_count(days, "day"))
            }
        };
    }
    let is_complete = report.is_complete() && totals.more.is_empty();
    let result = match (is_complete, describe_missing(report).or_else(|| describe_unknown(totals))) {
        (false, _) => "INCOMPLETE".to_owned(),
        (true, Some(reason)) => format!("INCOMPLETE, {reason}"),
        (true, None) => match describe_proven(report) {
            Some(proven) => format!("OK {proven}"),
            None => "NOT PROVEN, a contract has no closed day".to_owned(),
        },
    };
    let end = match (has_heads, report.chains.iter().all(|chain| chain.after_kept().is_empty())) {
        (true, true) => "The last manifest has the given SHA-256, so nothing before it was changed, added or removed.",
        (true, false) => "Nothing up to the manifest with the given SHA-256 was changed, added or removed.",
        (false, _) => {
            "The end of the chain is not proven: compare the SHA-256 of the last manifest with a copy kept elsewhere \
             (--head)."
        }
    };
    format!("{result}: {size}. Every file matches its manifest, and the manifests form an unbroken chain.\n{end}")
}

/// Verifies all files. The work is done on a blocking thread, so that the program still notices signals.
async fn verify_files(
    archive: &Archive,
    contracts: Option<Vec<ContractNumber>>,
    ignored: &[String],
    context: &mut Context<'_>,
) -> Result<VerifyReport, CommandError> {
    let progress = ArchiveProgress::bytes(context.start_progress());
    let (archive, ignored, shown) = (archive.clone(), ignored.to_vec(), progress.clone());
    let verify = move || {
        verify_archive_with_progress(&archive, contracts.as_deref(), &ignored, |done, all| {
            shown.show((done, all));
        })
    };
    let report = run_blocking(verify).await;
    drop(progress);
    Ok(report??)
}

/// Compares the archive with the counts of the service, and shows the differences. The counts do not show the cause of
/// a difference: events may have arrived since the export, the service may have removed events, or the archive may have
/// events that the service never had.
async fn compare_with_service(
    report: &VerifyReport,
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    args: &VerifyArgs,
    context: &mut Context<'_>,
) -> Result<TotalsReport, CommandError> {
    let client = account::connect(&args.service, context.clock.now(), context)?;
    let (before, _) = context.messages.request_counts().totals();
    let progress = ArchiveProgress::days(context.start_progress());
    let on_progress = |done, all| progress.show((done, all));
    let api = account::api_label(&args.service, &client);
    let totals = verify_totals(archive, contracts, &client, &api, on_progress).await;
    drop(progress);
    let totals = totals?;
    for finding in &totals.report.findings {
        context.warn(format_args!("note: {finding}"));
    }
    for note in &totals.report.warnings {
        context.warn(format_args!("note: {note}"));
    }
    let (after, _) = context.messages.request_counts().totals();
    context.info(format_args!(
        "compared the number of archived events, each counted once, with the counts of the service ({}): {}{}",
        format_count(after - before, "request"),
        describe_totals(&totals),
        describe_partial_days(report)
    ));
    for (contract, days) in &totals.more {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        context.info(format_args!(
            "  to add these events: `ialog export{} --contract {contract} --from {first} --to {last} --recount --out {}`",
            args.service.repeat_flags(),
            shell_quote(&archive.root().to_string_lossy())
        ));
    }
    Ok(totals)
}

/// The result of a comparison that failed: no day was compared.
fn failed_comparison(report: &VerifyReport, error: &CommandError) -> TotalsReport {
    let mut totals = TotalsReport::default();
    totals.unknown = report.days.len() as u64;
    totals.report.warnings.push(error.to_string());
    totals
}

/// Number of days that the comparison with the service covers, including the days that could not be compared.
fn days_to_compare(totals: &TotalsReport) -> u64 {
    [totals.unknown, totals.partial, totals.unarchived].into_iter().fold(totals.compared(), u64::saturating_add)
}

/// A phrase with the number of days that could not be compared with the service, such as `no usable count on 1 of 3
/// days`. `None` if this number is 0.
fn describe_unknown(totals: &TotalsReport) -> Option<String> {
    let days = format_count(days_to_compare(totals), "day");
    (totals.unknown > 0).then(|| format!("no usable count on {} of {days}", totals.unknown))
}

/// The result of the comparison, such as `counts match on 5 of 7 days, service has more events on 2`.
fn describe_totals(totals: &TotalsReport) -> String {
    let mut text = format!("counts match on {} of {}", totals.equal, format_count(days_to_compare(totals), "day"));
    for (days, what) in [
        (totals.more_days(), "service has more events"),
        (totals.fewer, "service has fewer events"),
        (totals.unknown, "no usable count"),
    ] {
        if days > 0 {
            text += &format!(", {what} on {days}");
        }
    }
    for (days, what) in [(totals.partial, "archived only in part"), (totals.unarchived, "not archived")] {
        if days > 0 {
            text += &format!(", {days} {what}");
        }
    }
    text
}

/// Writes the findings and warnings of a report.
fn show_findings(report: &VerifyReport, context: &mut Context<'_>) -> Result<(), CommandError> {
    let lines: String = report.findings.iter().map(|finding| format!("{finding}\n")).collect();
    context.print(lines)?;
    for note in &report.warnings {
        context.warn(format_args!("note: {note}"));
    }
    Ok(())
}
