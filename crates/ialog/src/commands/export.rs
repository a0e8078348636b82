//! `ialog export`: all events of a range to one file; to an archive see `archive`.

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};
use ionos_activitylog::ContractNumber;
use ionos_activitylog_archive::{Error, Exported, FileExport, FileTarget, Reading, Steps};

use crate::account;
use crate::cli::Export;
use crate::commands::{archive, counted};
use crate::failure::Failure;
use crate::host::Host;
use crate::progress::OfRange;
use crate::resume::Resume;
use crate::shell;
use crate::times;

pub(crate) async fn run(arguments: Export, host: &mut Host<'_>, resume: &Resume) -> Result<(), Failure> {
    let started = host.clock.elapsed();
    let now = host.clock.now();
    let range = times::resolve(&arguments.range, now)?;
    let target = match FileTarget::new(&arguments.out) {
        Ok(target) => target,
        Err(error) if is_meant_as_file(&arguments.out) => return Err(error.into()),
        Err(_) => {
            let client = account::connect(&arguments.account, now, host)?;
            return archive::run(arguments, client, range, host).await;
        }
    };
    if arguments.dry_run || arguments.recount {
        return Err(Failure::usage(
            format!("--dry-run and --recount are for archives, and {target} is a file"),
            "name a folder",
        ));
    }
    if arguments.format.is_some() {
        return Err(Failure::usage(
            format!("--format is for archives, and {target} is a file, whose name says its format"),
            "leave out --format",
        ));
    }
    let range = times::settled(range, times::settle(&arguments, now), now)?;
    let client = account::connect(&arguments.account, now, host)?;
    let contract = one_contract(account::contracts(&arguments.contracts.contract, &client).await?)?;
    let api = account::api(&arguments.account, &client);
    let reading = Reading::new(api, contract.clone(), range, &target);
    let again = again(&arguments, &contract, &reading);
    let open = |steps: &Steps| FileExport::open_telling(&target, reading.clone(), arguments.overwrite, steps);
    let steps = host.steps.clone();
    let export = open(&steps).map_err(|error| match error {
        // What is left of an interrupted export is not the only copy of anything.
        Error::Damaged(..) | Error::Newer { .. } => {
            Failure::usage(error.summary(), format!("{}, or begin anew with --overwrite", error.hint()))
        }
        error => error.into(),
    })?;
    match export.resumed() {
        Some(before) => {
            resume.note(kept(&before, &again));
            host.say(format_args!(
                "going on with an interrupted export, {} written already",
                counted(before.events, "event")
            ));
        }
        None => resume.note_nothing(),
    }
    let progress = OfRange::start(host, range, 1);
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
            // What there is to go on with may be less than what had come: a disk that refuses takes nothing more.
            let left = open(&Steps::default()).ok();
            let left = left.and_then(|left| left.resumed());
            return Err(failure.resumable(left.map(|left| kept(&left, &again))));
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

fn kept(exported: &Exported, again: &str) -> String {
    format!("what was read so far, {}, is kept: `{again}` goes on", counted(exported.events, "event"))
}

/// Whether a name that is not that of a file that can be written is still hardly meant as the folder of an archive.
fn is_meant_as_file(path: &Path) -> bool {
    const ENDINGS: [&str; 9] = ["gz", "jsonl", "log", "parquet", "txt", "xlsx", "xml", "zip", "zst"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    !path.is_dir() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// A file holds the events of one contract.
fn one_contract(contracts: Vec<ContractNumber>) -> Result<ContractNumber, Failure> {
    match <[ContractNumber; 1]>::try_from(contracts) {
        Ok([contract]) => Ok(contract),
        Err(several) => Err(Failure::usage(
            format!("a file holds the events of one contract, and these are {}", several.len()),
            "name one, or export to the folder of an archive",
        )),
    }
}
