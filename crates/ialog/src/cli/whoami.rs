//! Flags of `ialog whoami`.

use clap::Args;

use super::{Report, Whose, Zone};

#[derive(Args)]
#[command(after_help = "\
Nothing is asked of the service: what the token says of itself is read and not verified. A secret that is set is shown \
as [set]. `ialog doctor` asks the service.

Examples:
  ialog whoami
  ialog whoami --provenance
  ialog whoami -o json")]
pub(crate) struct Whoami {
    #[command(flatten)]
    pub(crate) whose: Whose,

    /// List every setting, also those that nobody set, and what other sources say that does not count
    #[arg(long)]
    pub(crate) provenance: bool,

    #[command(flatten)]
    pub(crate) zone: Zone,

    #[command(flatten)]
    pub(crate) report: Report,
}
