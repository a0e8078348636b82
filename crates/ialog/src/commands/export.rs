//! `ialog export`: all events of a range to one file.

use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{Error, Exported, FileExport, FileTarget, Reading};

use super::counted;
use crate::account;
use crate::cli::Export;
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::Progress;
use crate::resume::Resume;
use crate::shell;
use crate::times;

pub(crate) async fn run(
    arguments: Export,
    host: &mut Host<'_>,
    resume: &Resume,
) -> Result<(), Failure> {
    let started = host.clock.elapsed();
    let now = host.clock.now();
    let range = times::resolve(&arguments.range, now)?;
    let target = FileTarget::new(&arguments.out)?;
    let client = account::connect(&arguments.account, now, host)?;
    let contract = match &arguments.contract {
        Some(contract) => contract.clone(),
        None => account::only_contract(&client).await?,
    };
    let api = account::api(&arguments.account, &client);
    let reading = Reading::new(api, contract.clone(), range, &target);
    let again = again(&arguments, &contract, &reading);
    let export = FileExport::open(&target, reading, arguments.overwrite)?;
    if let Some(before) = export.resumed() {
        resume.note(kept(&before, &again));
        host.say(format_args!(
            "going on with an interrupted export, {} written already",
            counted(before.events, "event")
        ));
    }
    let progress = Progress::start(host.interactive, range);
    // A demo never waits for anything, and would not notice a Ctrl-C before its end.
    let windows = stream::iter(export.rest())
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
                Error::Read(error) => account::explain(&client, &contract, error).await,
                error => error.into(),
            };
            return Err(failure.resumable(resume.told()));
        }
    };
    // Whether a foreign contract is refused or looks empty is not documented: an empty log has to be one's own.
    if export.exported().events == 0
        && let Some(failure) = account::not_listed(&client, &contract).await
    {
        return Err(failure);
    }
    let exported = export.commit()?;
    let seconds = host.clock.elapsed().saturating_sub(started).as_secs_f64();
    host.say(format_args!(
        "contract {contract}, {range}: {} in {}, {:.1} s, written to {target}",
        counted(exported.events, "event"),
        counted(exported.requests, "request"),
        seconds,
    ));
    if exported.with_issues > 0 {
        host.say(format_args!(
            "{} of them do not fit the model of an event and are written like the others",
            exported.with_issues
        ));
    }
    Ok(())
}

/// What to type to go on, whatever the time is then.
fn again(arguments: &Export, contract: &ContractNumber, reading: &Reading) -> String {
    let time = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M:%SZ");
    let flag = |set: bool, flag: &'static str| if set { flag } else { "" };
    format!(
        "ialog export{} --contract {contract} --from {} --to {} --out {}{}",
        flag(arguments.account.demo, " --demo"),
        time(reading.from),
        time(reading.to),
        shell::quoted(&arguments.out.to_string_lossy()),
        flag(arguments.overwrite, " --overwrite"),
    )
}

fn kept(exported: &Exported, again: &str) -> String {
    format!(
        "what was read so far, {}, is kept: `{again}` goes on",
        counted(exported.events, "event")
    )
}
