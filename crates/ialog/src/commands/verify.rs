//! `ialog verify`: what is wrong with an archive, one finding a line.

use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{
    Archive, Problem, Report, Totals, WHAT_IT_PROVES, verify_archive_telling, verify_totals,
};

use crate::account;
use crate::cli::Verify;
use crate::commands::{archived_contracts, counted, demo};
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::OfArchive;
use crate::shell;
use crate::table::paragraphs;

pub(crate) async fn run(arguments: Verify, host: &mut Host<'_>) -> Result<(), Failure> {
    arguments.check()?;
    let found = demo::archive(arguments.root.as_deref(), host).await?;
    let archive = &found.archive;
    let contracts = archived_contracts(archive, &arguments.contract)?;
    let mut report = compared_with_itself(archive, contracts.clone(), host).await?;
    let damaged = report.findings.iter().any(|finding| finding.problem != Problem::Extra);
    if !arguments.head.is_empty() {
        report.compare_heads(archive, &arguments.head);
    }
    let mut findings = tell(&report, host)?;
    for chain in &report.chains {
        host.say(chain);
    }
    if arguments.online {
        findings += compare_with_service(archive, contracts.as_deref(), &arguments, host).await?;
    }
    host.say(format_args!(
        "{} in {}, {} bytes: {}",
        counted(report.events, "event"),
        counted(report.parts, "part"),
        report.bytes,
        match findings {
            0 if report.is_linked() => "nothing is wrong".to_owned(),
            0 => "nothing is wrong with what was looked at, and a part of the chain was not".to_owned(),
            findings => counted(findings, "finding"),
        }
    ));
    if damaged {
        host.say(format_args!(
            "A damaged day can be read again as long as the service has it: move its folder out of the archive, have the \
             state made anew with `ialog state rebuild {} --relink`, and export the time again.",
            shell::quoted(&archive.root().to_string_lossy())
        ));
    }
    let room = host.terminal.columns.filter(|_| host.interactive);
    host.say(paragraphs(WHAT_IT_PROVES, room).trim_end());
    if findings > 0 {
        return Err(Failure::integrity(
            format!(
                "the archive is not as it was written, or not what the service has, {}",
                counted(findings, "finding")
            ),
            "each is told above with its file",
        ));
    }
    Ok(())
}

/// Goes through all files where nothing waits for them, so that a Ctrl-C is noticed.
async fn compared_with_itself(
    archive: &Archive,
    contracts: Option<Vec<ContractNumber>>,
    host: &mut Host<'_>,
) -> Result<Report, Failure> {
    let progress = OfArchive::bytes(host);
    let (archive, shown) = (archive.clone(), progress.clone());
    let compare = move || {
        verify_archive_telling(&archive, contracts.as_deref(), |done, all| {
            shown.show((done, all));
        })
    };
    let report = tokio::task::spawn_blocking(compare).await;
    progress.end();
    let report = report.map_err(|error| Failure::bug(error.to_string()))?;
    Ok(report?)
}

/// Asks the service for its counts, and says what was compared; gives how much was found.
async fn compare_with_service(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    arguments: &Verify,
    host: &mut Host<'_>,
) -> Result<u64, Failure> {
    let client = account::connect(&arguments.account, host.clock.now(), host)?;
    let (before, _) = host.talk.traffic().counts();
    let progress = OfArchive::days(host);
    let told = |done, all| progress.show((done, all));
    let totals = verify_totals(archive, contracts, &client, told).await;
    progress.end();
    let totals = totals?;
    let findings = tell(&totals.report, host)?;
    let (after, _) = host.talk.traffic().counts();
    host.say(format_args!(
        "compared with the service in {}: {}",
        counted(after - before, "request"),
        compared(&totals)
    ));
    for (contract, days) in &totals.more {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            continue;
        };
        host.say(format_args!(
            "  what came late is added with `ialog export{} --contract {contract} --from {first} --to {last} --recount \
             --out {}`",
            arguments.account.again(),
            shell::quoted(&archive.root().to_string_lossy())
        ));
    }
    Ok(findings)
}

/// On how many days the counts are equal, and on how many they are not.
fn compared(totals: &Totals) -> String {
    let more = totals.more.iter().map(|(_, days)| days.len() as u64).sum();
    let mut told = format!("counts are equal on {} of {}", totals.equal, counted(totals.compared(), "day"));
    for (days, what) in
        [(more, "more events there"), (totals.fewer, "fewer events there"), (totals.unknown, "no count to compare")]
    {
        if days > 0 {
            told += &format!(", {what} on {days}");
        }
    }
    told
}

/// Says what a report found; gives how much.
fn tell(report: &Report, host: &mut Host<'_>) -> Result<u64, Failure> {
    let lines: String = report.findings.iter().map(|finding| format!("{finding}\n")).collect();
    host.print(&lines)?;
    for note in &report.notes {
        host.insist(format_args!("note: {note}"));
    }
    Ok(report.findings.len() as u64)
}
