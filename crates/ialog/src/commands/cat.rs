//! `ialog cat`: the events of an archive on standard output.

use clap::Args;
use ionos_activitylog_archive::ndjson;

use crate::args::archive::ArchiveSelection;
use crate::error::CommandError;
use crate::events::archived::Asked;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
One event a line, each record's bytes as the service sent them, in the order of their times, of all files of the archive. \
Where the archive does not prove that this is all, the command says so and ends with exit code 3.

Examples:
  ialog cat /srv/audit --last 7d
  ialog cat /srv/audit --contract 31721060 --last 7d outcome=failure
  ialog cat /srv/audit --from 2026-11 --to 2026-11 'user=*@example.com'")]
pub(crate) struct CatArgs {
    #[command(flatten)]
    pub(crate) archive: ArchiveSelection,
}

/// So much is written at once.
const CHUNK: usize = 1 << 16;

pub(crate) async fn run(arguments: CatArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut asked = Asked::open(&arguments.archive, context).await?;
    let mut chunk = String::new();
    while let Some(archived) = asked.next().await? {
        chunk.push_str(&ndjson::to_line(archived.event.raw()));
        chunk.push('\n');
        if chunk.len() >= CHUNK {
            if !context.write_stdout(&chunk)? {
                return Ok(());
            }
            chunk.clear();
        }
    }
    if !context.write_stdout(&chunk)? {
        return Ok(());
    }
    asked.end(context)
}
