//! `ialog convert`: writes the events of an archive to a file.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog_archive::{EventFileWriter, FileTarget};

use crate::args::archive::ArchiveSelection;
use crate::error::CommandError;
use crate::events::rows::Rows;
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
    pub(crate) selection: ArchiveSelection,

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, each with or without .gz or .zst behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

pub(crate) async fn run(
    args: &ConvertArgs,
    context: &mut Context<'_>,
    resume: &ResumeHint,
) -> Result<(), CommandError> {
    let target = FileTarget::new(&args.out)?;
    let mut rows = Rows::open_archive(&args.selection, context).await?;
    let mut file = EventFileWriter::create(&target, args.overwrite)?;
    resume.set_restart();
    while let Some(row) = rows.next(context).await? {
        file.add(&row.contract, &row.event)?;
    }
    let events = file.commit()?;
    context.info(format_args!("{}, written to {target}", format_count(events, "event")));
    rows.finish(context)
}
