//! Flags about the simulated logs and their time.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::TimeDelta;
use clap::Args;
use ionos_activitylog::Moment;
use ionos_activitylog_sim::parse_duration;

use super::invalid_value;
use crate::args::parse_error::InvalidValue;

/// Flags about generated data, which exclude `--events`. Not `seed`, which also decides about faults and order, and not
/// `unknown_members`, which also concerns pages.
const GENERATOR_FLAGS: [&str; 13] = [
    "contracts",
    "users",
    "services",
    "events_per_day",
    "begin",
    "burst_every",
    "burst",
    "dialect",
    "uuid",
    "unknown_types",
    "fraction_digits",
    "utc_mark",
    "amended",
];

#[derive(Args)]
pub(crate) struct LogArgs {
    /// Seed of the data, and of all that is left to chance
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How many contracts the account has
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) contracts: u32,

    /// How many users act in each contract
    #[arg(long, value_name = "COUNT", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) users: u64,

    /// How many services there are
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(5..=1_000_000))]
    pub(crate) services: u64,

    /// Events of a contract on an average day
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::DEFAULT_EVENTS_PER_DAY, value_parser = clap::value_parser!(u64).range(..=ionos_activitylog_sim::MAX_EVENTS_PER_DAY))]
    pub(crate) events_per_day: u64,

    /// When the logs begin: a day or a time
    #[arg(long, value_name = "WHEN", default_value = "2025-01-01")]
    pub(crate) begin: Moment,

    /// One hour in so many has a burst of 900 events within 3 ms; 0 for none
    #[arg(long, value_name = "HOURS", default_value_t = ionos_activitylog_sim::DEFAULT_BURST_INTERVAL)]
    pub(crate) burst_every: u64,

    /// A burst: a time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900; may be repeated
    #[arg(long, value_name = "WHEN,LENGTH,COUNT")]
    pub(crate) burst: Vec<BurstSpec>,

    /// Serve the events of this export instead: NDJSON, one record a line
    #[arg(long, value_name = "FILE", conflicts_with_all = GENERATOR_FLAGS)]
    pub(crate) events: Option<PathBuf>,

    /// Contract of the records in that file that name none
    #[arg(long, value_name = "NUMBER", requires = "events")]
    pub(crate) contract: Option<u64>,

    /// Start at this time, from 1970 to 2199, and go on from there; the machine's time if left out
    #[arg(long, value_name = "WHEN")]
    pub(crate) now: Option<Moment>,

    /// Stand still at that time
    #[arg(long, requires = "now", conflicts_with_all = ["rate_limit", "token_lifetime"])]
    pub(crate) still: bool,
}

/// A burst of events.
#[derive(Clone)]
pub(crate) struct BurstSpec {
    pub(crate) begin: Moment,
    pub(crate) length: TimeDelta,
    pub(crate) events: u64,
}

impl FromStr for BurstSpec {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let parts: Vec<&str> = text.split(',').collect();
        let [begin, length, events] = parts[..] else {
            return Err(invalid_value(
                format!("{text:?} is no burst"),
                "write its time, its length and how many events, such as 2026-11-20T09:12:33Z,3ms,900",
            ));
        };
        Ok(Self {
            begin: begin.parse().map_err(|error: ionos_activitylog::Error| {
                invalid_value(error.summary(), error.hint().unwrap_or_default())
            })?,
            length: parse_duration(length)
                .map_err(|error| invalid_value(error.to_string(), "write one such as 3ms"))?,
            events: events
                .parse()
                .ok()
                .filter(|events| (1..=ionos_activitylog_sim::MAX_BURST_EVENTS).contains(events))
                .ok_or_else(|| {
                    let most = ionos_activitylog_sim::MAX_BURST_EVENTS;
                    invalid_value(format!("{events:?} is no number of events"), format!("a burst has from 1 to {most}"))
                })?,
        })
    }
}
