//! Flags of `ialog verify`.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog_archive::Digest;

use super::archive::two_archives;
use super::named::{CONTRACT, contract_help};
use super::{Account, Named};
use crate::failure::Failure;

#[derive(Args)]
#[command(after_help = "\
What is wrong is printed on standard output, one finding a line, with file and line; the exit code is 6 then.

Examples:
  ialog verify audit
  ialog verify audit \\
    --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  ialog verify audit --online")]
pub(crate) struct Verify {
    /// Folder of the archive; with --demo and without ROOT, an archive of the simulated account, seven days of one
    /// contract, made for this in a temporary folder
    #[arg(value_name = "ROOT", required_unless_present = "demo")]
    pub(crate) root: Option<PathBuf>,

    /// What the SHA-256 of the last manifest has to be, as an earlier run printed it; repeated once for each contract
    #[arg(long, value_name = "SHA256")]
    pub(crate) head: Vec<Digest>,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, all of the archive"))]
    pub(crate) contract: Vec<Named>,

    /// Also ask the service how many events it counts, with one request a day
    #[arg(long)]
    pub(crate) online: bool,

    #[command(flatten)]
    pub(crate) account: Account,
}

impl Verify {
    /// Fails for flags of the account where nothing is asked of the service.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match (self.online, &self.root) {
            (true, _) => Ok(()),
            (false, Some(root)) if self.account.whose.demo => Err(two_archives(root)),
            (false, _) => self.account.unasked("the service is asked only with --online"),
        }
    }
}
