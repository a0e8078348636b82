//! A command that reads an archive has nothing to show where there is none yet. So a demo of it begins with an archive of
//! the simulated account, made as `ialog export` makes it, which goes when the command ends.

use std::path::Path;

use chrono::TimeDelta;
use ionos_activitylog::DateRange;
use ionos_activitylog_archive::{Archive, Exporter};
use tempfile::TempDir;

use crate::args::service::{AccountArgs, ServiceArgs};
use crate::error::CommandError;
use crate::events::open_archive::archive_at;
use crate::output::plural::format_count;
use crate::runtime::context::Context;
use crate::service::account;

/// So much of the simulated log is archived.
const LENGTH: TimeDelta = TimeDelta::days(7);

/// An archive to read, and the folder that goes with it.
pub(crate) struct OpenedArchive {
    pub(crate) archive: Archive,
    _made: Option<TempDir>,
}

/// The archive that was named, or that of a demo.
pub(crate) async fn archive(root: Option<&Path>, context: &mut Context<'_>) -> Result<OpenedArchive, CommandError> {
    if let Some(root) = root {
        return Ok(OpenedArchive { archive: archive_at(root)?, _made: None });
    }
    let made = tempfile::Builder::new().prefix("ialog-demo-").tempdir();
    let made = made.map_err(|error| {
        CommandError::unexpected(
            format!("a demo needs a temporary folder, and none can be made: {error}"),
            "set TMPDIR to a folder that you may write to",
        )
    })?;
    let archive = Archive::new(made.path());
    let now = context.clock.now();
    let account = ServiceArgs { whose: AccountArgs { demo: true, profile: None }, ..ServiceArgs::default() };
    let client = account::connect(&account, now, context)?;
    let contract = account::only_contract(&client).await?;
    let range = DateRange::last(LENGTH, now)?.to_whole_seconds();
    let exporter = Exporter::new(client.clone(), archive.clone())
        .api(account::api(&account, &client))
        .settle_delay(TimeDelta::zero())
        .clock(context.clock.clone())
        .fail_points(context.steps.clone());
    // It listens to no signal: the first one ends the command, and the folder goes with it.
    let done = exporter.run(&[contract], range, std::future::pending()).await;
    for (contract, done) in done {
        let events = format_count(done?.events, "event");
        context.info(format_args!(
            "demo: contract {contract}, {range}: {events} in an archive that is removed at the end"
        ));
    }
    Ok(OpenedArchive { archive, _made: Some(made) })
}
