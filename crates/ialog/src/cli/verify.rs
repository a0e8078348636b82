//! Flags of `ialog verify`.

use std::path::PathBuf;

use clap::Args;

use super::Account;

#[derive(Args)]
#[command(after_help = "\
What is wrong is printed on standard output, one finding a line, with file and line; the exit code is 6 then.

Examples:
  ialog verify audit
  ialog verify audit --online")]
pub(crate) struct Verify {
    /// Folder of the archive
    #[arg(value_name = "ROOT")]
    pub(crate) root: PathBuf,

    /// Also ask the service how many events it counts, with one request a day
    #[arg(long)]
    pub(crate) online: bool,

    #[command(flatten)]
    pub(crate) account: Account,
}
