//! `ialog convert`: the events of an archive to one file.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog_archive::{EventFileWriter, FileTarget};

use crate::args::archive::ArchiveSelection;
use crate::error::CommandError;
use crate::events::archived::Asked;
use crate::output::plural::format_count;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;

#[derive(Args)]
#[command(after_help = "\
Reads nothing but the archive. The name of the file says its format, and .gz or .zst behind it its compression: .ndjson is \
one event a line and .json one array of them, each record's bytes as the service sent them; .csv is a table, see \
`ialog schema flat`. A table has the contract of each event; in the other formats it is not, so choose one contract \
where the archive has several. Where the archive does not prove that the file holds all, the command says so and ends \
with exit code 3.

Examples:
  ialog convert /srv/audit --out 2026.csv.zst --from 2026-01 --to 2026-12
  ialog convert /srv/audit outcome=failure --last 30d --out failures.json")]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) archive: ArchiveSelection,

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, each with or without .gz or .zst behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

pub(crate) async fn run(
    arguments: ConvertArgs,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    let target = FileTarget::new(&arguments.out)?;
    let mut asked = Asked::open(&arguments.archive, context).await?;
    let mut file = EventFileWriter::create(&target, arguments.overwrite)?;
    resume.note_nothing();
    while let Some(archived) = asked.next().await? {
        file.add(&archived.contract, &archived.event)?;
    }
    let events = file.commit()?;
    context.info(format_args!("{}, written to {target}", format_count(events, "event")));
    asked.end(context)
}
