//! Flags of `ialog doctor`.

use clap::Args;
use ionos_activitylog::ContractNumber;

use super::{Account, Report, Zone};

#[derive(Args)]
#[command(after_help = "\
One line for each check: ok, warning, failure or skipped, with the next step. Exit code 0 without a failure, 2 for the \
configuration, 4 for the token or its privileges, 5 when the service cannot be reached.

--probe asks the service a few questions more, about 10 requests and never more than 30 unless some have to be sent again: \
how many events a page has, how far offsets reach, the order of events, whether events of one time keep their places, how \
counts are written, what becomes of fractions of a second in dates, and how long events take to appear. The answers are \
kept in $XDG_CACHE_HOME/ialog or ~/.cache/ialog, and commands of the next 30 days begin with them: they read quicker, and \
verify all the same.

Examples:
  ialog doctor
  ialog doctor --probe
  ialog doctor -o json")]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) account: Account,

    /// Measure how the service behaves, and keep it for later commands
    #[arg(long)]
    pub(crate) probe: bool,

    /// Contract to measure; if left out, that of the token, or the first whose log can be read
    #[arg(long, value_name = "NUMBER", requires = "probe")]
    pub(crate) contract: Option<ContractNumber>,

    #[command(flatten)]
    pub(crate) zone: Zone,

    #[command(flatten)]
    pub(crate) report: Report,
}
