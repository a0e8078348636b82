//! A command that reads an archive has nothing to show where there is none yet. So a demo of it begins with an archive of
//! the simulated account, made as `ialog export` makes it, which goes when the command ends.

use std::path::Path;

use chrono::TimeDelta;
use ionos_activitylog::DateRange;
use ionos_activitylog_archive::{Archive, Exporter};
use tempfile::TempDir;

use crate::account;
use crate::cli::{Account, Whose};
use crate::commands::{archive_at, counted};
use crate::failure::Failure;
use crate::host::Host;

/// So much of the simulated log is archived.
const LENGTH: TimeDelta = TimeDelta::days(7);

/// An archive to read, and the folder that goes with it.
pub(crate) struct Found {
    pub(crate) archive: Archive,
    _made: Option<TempDir>,
}

/// The archive that was named, or that of a demo.
pub(crate) async fn archive(root: Option<&Path>, host: &mut Host<'_>) -> Result<Found, Failure> {
    if let Some(root) = root {
        return Ok(Found { archive: archive_at(root)?, _made: None });
    }
    let made = tempfile::Builder::new().prefix("ialog-demo-").tempdir();
    let made = made.map_err(|error| {
        Failure::unexpected(
            format!("a demo needs a temporary folder, and none can be made: {error}"),
            "set TMPDIR to a folder that you may write to",
        )
    })?;
    let archive = Archive::at(made.path());
    let now = host.clock.now();
    let account = Account { whose: Whose { demo: true, profile: None }, ..Account::default() };
    let client = account::connect(&account, now, host)?;
    let contract = account::only_contract(&client).await?;
    let range = DateRange::last(LENGTH, now)?.to_whole_seconds();
    let exporter = Exporter::new(client.clone(), archive.clone())
        .api(account::api(&account, &client))
        .settle(TimeDelta::zero())
        .clock(host.clock.clone())
        .steps(host.steps.clone());
    // It listens to no signal: the first one ends the command, and the folder goes with it.
    let done = exporter.run(&[contract], range, std::future::pending()).await;
    for (contract, done) in done {
        let events = counted(done?.events, "event");
        host.say(format_args!("demo: contract {contract}, {range}: {events} in an archive that is removed at the end"));
    }
    Ok(Found { archive, _made: Some(made) })
}
