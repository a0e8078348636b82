//! Flags of `ialog sim`: every setting of the simulator, by topic. A flag that is left out is the simulator's default,
//! so that the program and the library simulate the same service.

mod access;
mod http;
mod log;
mod paging;
mod records;
mod trouble;

use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ionos_activitylog_sim::SwitchError;

use super::mistake::Refused;

pub(crate) use access::Who;
pub(crate) use http::Http;
pub(crate) use log::Log;
pub(crate) use paging::Paging;
pub(crate) use records::Records;
pub(crate) use trouble::Troubles;

#[derive(Args)]
#[command(after_help = "\
The address is printed on standard output once the API is served, and how to reach it on standard error. \
The data is made up from the seed, the same on every machine. Ctrl-C ends it.

Shares are numbers from 0 to 1 or percentages, lengths are whole numbers with ms, s, m, h, d or w.

Beside the API: /_sim/ledger has the requests it saw, /_sim/records/CONTRACT?dateStart=...&dateEnd=... \
the events that a range really holds, one a line.

Examples:
  ialog sim --port 8080
  ialog sim --order shuffled --total object --max-limit 100
  ialog sim --now 2026-11-20T12:00:00Z --still --order unstable-ties
  ialog sim --now 2026-11-20 --events-per-day 14000 --ingest-delay typical
  ialog sim --faults faults.json --ledger requests.ndjson --rate-limit 5/10")]
pub(crate) struct Sim {
    /// Port to listen on, loopback only; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Taken as by every command; what is served is simulated anyway
    #[arg(long, hide = true)]
    pub(crate) demo: bool,

    #[command(flatten, next_help_heading = "Data")]
    pub(crate) log: Log,

    #[command(flatten, next_help_heading = "Paging and order")]
    pub(crate) paging: Paging,

    #[command(flatten, next_help_heading = "Records")]
    pub(crate) records: Records,

    #[command(flatten, next_help_heading = "Access")]
    pub(crate) who: Who,

    #[command(flatten, next_help_heading = "HTTP")]
    pub(crate) http: Http,

    #[command(flatten, next_help_heading = "Trouble")]
    pub(crate) troubles: Troubles,
}

/// One of the words for a switch.
fn one_of<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = SwitchError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse())
}

fn refused(what: impl Into<String>, hint: impl Into<String>) -> Refused {
    Refused { what: what.into(), hint: hint.into() }
}
