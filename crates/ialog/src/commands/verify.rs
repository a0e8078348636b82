//! `ialog verify`: what is wrong with an archive, one finding a line.

use ionos_activitylog_archive::{Archive, Report, WHAT_IT_PROVES, verify_archive, verify_totals};

use crate::account;
use crate::cli::Verify;
use crate::commands::counted;
use crate::failure::Failure;
use crate::host::Host;

pub(crate) async fn run(arguments: Verify, host: &mut Host<'_>) -> Result<(), Failure> {
    let archive = Archive::at(arguments.root);
    let report = verify_archive(&archive)?;
    let mut findings = tell(&report, host)?;
    for chain in &report.chains {
        host.say(chain);
    }
    if arguments.online {
        let client = account::connect(&arguments.account, host.clock.now(), host)?;
        findings += tell(&verify_totals(&archive, &client).await?, host)?;
    }
    host.say(format_args!(
        "{} in {}, {} bytes: {}",
        counted(report.events, "event"),
        counted(report.parts, "part"),
        report.bytes,
        if findings == 0 {
            "nothing is wrong".to_owned()
        } else {
            counted(findings, "finding")
        }
    ));
    host.say(WHAT_IT_PROVES);
    if findings > 0 {
        return Err(Failure::integrity(format!(
            "the archive is not as it was written, or not what the service has: {}",
            counted(findings, "finding")
        )));
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
        host.say(format_args!("note: {note}"));
    }
    Ok(report.findings.len() as u64)
}
