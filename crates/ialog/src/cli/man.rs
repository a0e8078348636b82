//! Arguments of `ialog man`.

use std::path::PathBuf;

use clap::Args;

use super::NoAccount;

#[derive(Args)]
#[command(after_help = "\
Examples:
  ialog man query | man -l -
  ialog man --out /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// Command whose page to print, such as query or state show; that of the program if left out
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    /// Write all pages to this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) no_account: NoAccount,
}
