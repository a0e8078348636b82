//! What to read of an archive, for every command that reads one back.

use std::path::PathBuf;

use clap::Args;
use ionos_activitylog::{ContractNumber, Length, Moment};

#[derive(Args)]
pub(crate) struct FromArchive {
    /// Folder of the archive
    #[arg(value_name = "ROOT")]
    pub(crate) root: PathBuf,

    /// Only events that match: KEY=VALUE or KEY!=VALUE, with * for any text in the value. Keys are type, status, method,
    /// service, user, ip, outcome, mutations, resource-type, resource-id, action and text; several values of one key
    /// are alternatives
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Vec<String>,

    /// Contract number; all contracts of the archive if left out
    #[arg(long, value_name = "NUMBER")]
    pub(crate) contract: Option<ContractNumber>,

    #[command(flatten)]
    pub(crate) range: ArchivedRange,
}

/// As [`Range`](super::Range); all that there is if left out.
#[derive(Args)]
pub(crate) struct ArchivedRange {
    /// The time up to now: a number and s, m, h, d, w, mo or y for seconds to years, such as 7d
    #[arg(long, value_name = "LENGTH", conflicts_with_all = ["from", "to"])]
    pub(crate) last: Option<Length>,

    /// Start: a day such as 2026-11-01 or yesterday, from its midnight in UTC, a month such as 2026-11, a time such as
    /// 2026-11-01T08:30, in UTC unless it names its zone, @ with seconds since 1970, or a length before now such as 7d
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<Moment>,

    /// End: a day or a month, up to and including its end in UTC, or a time, up to but not including it; where the archive
    /// ends if left out
    #[arg(long, value_name = "WHEN", requires = "from")]
    pub(crate) to: Option<Moment>,
}

impl ArchivedRange {
    /// The range that was asked for; none for all that there is.
    pub(crate) fn asked(&self) -> Option<super::Range> {
        let Self { last, from, to } = *self;
        (last.is_some() || from.is_some()).then_some(super::Range { last, from, to })
    }
}
