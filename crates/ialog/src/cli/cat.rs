//! Flags of `ialog cat`.

use clap::Args;

use super::FromArchive;

#[derive(Args)]
#[command(after_help = "\
One event a line, each record's bytes as the service sent them, in the order of their times, of all files of the archive. \
Where the archive does not prove that this is all, the command says so and ends with exit code 3.

Examples:
  ialog cat /srv/audit --last 7d
  ialog cat /srv/audit --contract 31721060 --last 7d outcome=failure
  ialog cat /srv/audit --from 2026-11 --to 2026-11 'user=*@example.com'")]
pub(crate) struct Cat {
    #[command(flatten)]
    pub(crate) archive: FromArchive,
}
