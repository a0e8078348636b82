//! `ialog verify`: what is wrong with an archive, one finding a line.

use ionos_activitylog_archive::{Problem, Report, WHAT_IT_PROVES, verify_archive, verify_totals};

use crate::account;
use crate::cli::Verify;
use crate::commands::{archived_contracts, counted, demo};
use crate::failure::Failure;
use crate::host::Host;
use crate::shell;

pub(crate) async fn run(arguments: Verify, host: &mut Host<'_>) -> Result<(), Failure> {
    arguments.check()?;
    let found = demo::archive(arguments.root.as_deref(), host).await?;
    let archive = &found.archive;
    let contracts = archived_contracts(archive, &arguments.contract)?;
    let contracts = contracts.as_deref();
    let mut report = verify_archive(archive, contracts)?;
    let damaged = report
        .findings
        .iter()
        .any(|finding| finding.problem != Problem::Extra);
    if !arguments.head.is_empty() {
        report.compare_heads(archive, &arguments.head);
    }
    let mut findings = tell(&report, host)?;
    for chain in &report.chains {
        host.say(chain);
    }
    if arguments.online {
        let client = account::connect(&arguments.account, host.clock.now(), host)?;
        findings += tell(&verify_totals(archive, contracts, &client).await?, host)?;
    }
    host.say(format_args!(
        "{} in {}, {} bytes: {}",
        counted(report.events, "event"),
        counted(report.parts, "part"),
        report.bytes,
        match findings {
            0 if report.is_linked() => "nothing is wrong".to_owned(),
            0 => "nothing is wrong with what was looked at, and a part of the chain was not"
                .to_owned(),
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
    host.say(WHAT_IT_PROVES);
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

/// Says what a report found; gives how much.
fn tell(report: &Report, host: &mut Host<'_>) -> Result<u64, Failure> {
    let lines: String = report
        .findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    host.print(&lines)?;
    for note in &report.notes {
        host.insist(format_args!("note: {note}"));
    }
    Ok(report.findings.len() as u64)
}
