//! `ialog cat`: writes the events of an archive to standard output.

use clap::Args;
use ionos_activitylog_archive::ndjson;

use crate::args::archive::ArchiveSelection;
use crate::error::CommandError;
use crate::events::rows::Rows;
use crate::output::writer::Content;
use crate::runtime::context::Context;

/// Number of bytes that are collected before they are written to the output.
const CHUNK_SIZE: usize = 1 << 16;

#[derive(Args)]
#[command(after_help = "\
Prints one record per line, byte for byte as the service sent it (see `ialog help schemas`), ordered by time across \
all files of the archive. If parts of the range are missing or unverified, the command names them and exits with code \
3. Without a time range, the exit code is also 3 if an export to the archive is running or was interrupted.

Examples:
  ialog cat /srv/audit --from 7d
  ialog cat /srv/audit --contract 31721060 --from 7d outcome=failure
  ialog cat /srv/audit --from 2026-11 --to 2026-11 'user=*@example.com'")]
pub(crate) struct CatArgs {
    #[command(flatten)]
    pub(crate) selection: ArchiveSelection,
}

pub(crate) async fn run(args: &CatArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut rows = Rows::open_archive(&args.selection, context).await?;
    let mut chunk = String::new();
    while let Some(row) = rows.next(context).await? {
        chunk.push_str(&ndjson::to_line(row.event.raw()));
        chunk.push('\n');
        if chunk.len() >= CHUNK_SIZE && !context.write_stdout(&Content::Data(std::mem::take(&mut chunk)))? {
            return Ok(());
        }
    }
    if !context.write_stdout(&Content::Data(chunk))? {
        return Ok(());
    }
    rows.finish(context)
}
