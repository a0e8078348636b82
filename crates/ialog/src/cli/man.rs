//! Arguments of `ialog man`.

use std::path::PathBuf;

use clap::Args;

use super::NoAccount;

#[derive(Args)]
#[command(after_help = "\
Examples:
  ialog man query | man -l -
  ialog man times | man -l -
  ialog man --out /usr/local/share/man")]
pub(crate) struct Man {
    /// Command or topic whose page to print, such as query, state show or times; that of the program if left out
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) about: Vec<String>,

    /// Write all pages instead, to man1 and man7 in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "about")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) no_account: NoAccount,
}
