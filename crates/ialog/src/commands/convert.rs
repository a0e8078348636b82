//! `ialog convert`: writes the events of an archive to a file.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog_archive::{EventFileWriter, FileTarget};

use crate::args::archive::ArchiveSelection;
use crate::error::CommandError;
use crate::events::opened_archive::require_outside_of_archive;
use crate::events::rows::Rows;
use crate::output::plural::format_count;
use crate::runtime::context::Context;
use crate::runtime::resume::ResumeHint;

#[derive(Args)]
#[command(after_help = "\
Reads only the archive. The file extension selects the format and the compression (.gz or .zst). .ndjson is one \
record per line; .json is an array with one record per line; both keep each record byte for byte as the service sent \
it, see `ialog help schemas`. .csv is a table, see `ialog schema flat`. Only a table contains the contract of each event, so select \
one contract for other formats if the archive has several. If parts of the range are missing or unverified, the \
command names them and exits with code 3. Without a time range, the exit code is also 3 if an export to the archive \
is running or was interrupted.

Examples:
  ialog convert /srv/audit --out 2026.csv.zst --from 2026-01 --to 2026-12
  ialog convert /srv/audit outcome=failure --from 30d --out failures.json")]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) selection: ArchiveSelection,

    /// File to write: NAME.ndjson, NAME.csv or NAME.json, optionally followed by .gz or .zst
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
    if args.out.as_os_str() == "-" {
        return Err(CommandError::usage(
            "convert does not write to standard output",
            "use --out NAME.ndjson, or print events with `ialog cat`",
        ));
    }
    let target = FileTarget::new(&args.out)?;
    require_outside_of_archive(&args.out)?;
    let mut rows = Rows::open_archive(&args.selection, context).await?;
    let mut file = EventFileWriter::create(&target, args.overwrite)?;
    resume.set_restart();
    while let Some(row) = rows.next(context).await? {
        file.add(&row.contract, &row.event)?;
    }
    let events = file.commit()?;
    context.info(format_args!("{} written to {target}", format_count(events, "event")));
    rows.finish(context)
}
