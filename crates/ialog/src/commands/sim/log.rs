//! Flags about the simulated logs and their time.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::TimeDelta;
use clap::Args;
use ionos_activitylog::Moment;
use ionos_activitylog_sim::parse_duration;

use super::invalid_value;
use crate::args::parse_error::InvalidValue;

/// Flags that only affect generated data and therefore cannot be combined with `--events`. The list has neither `seed`,
/// which also affects faults and order, nor `unknown_members`, which also affects pages.
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
    /// Seed of the data and of all random choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Number of contracts of the account
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) contracts: u32,

    /// Number of users per contract
    #[arg(long, value_name = "COUNT", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) users: u64,

    /// Number of services
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(5..=1_000_000))]
    pub(crate) services: u64,

    /// Events per contract on an average day
    #[arg(long, value_name = "COUNT", default_value_t = ionos_activitylog_sim::DEFAULT_EVENTS_PER_DAY, value_parser = clap::value_parser!(u64).range(..=ionos_activitylog_sim::MAX_EVENTS_PER_DAY))]
    pub(crate) events_per_day: u64,

    /// Start of the logs: a day or a time
    #[arg(long, value_name = "WHEN", default_value = "2025-01-01")]
    pub(crate) begin: Moment,

    /// Average number of hours between bursts of 900 events within 3 ms; 0 for no bursts
    #[arg(long, value_name = "HOURS", default_value_t = ionos_activitylog_sim::DEFAULT_BURST_INTERVAL)]
    pub(crate) burst_every: u64,

    /// Add a burst of events: start, length and number of events, such as 2026-11-20T09:12:33Z,3ms,900; repeatable
    #[arg(long, value_name = "WHEN,LENGTH,COUNT")]
    pub(crate) burst: Vec<BurstSpec>,

    /// Serve the records of this NDJSON export (at most 1 GiB, no pipe)
    #[arg(long, value_name = "FILE", conflicts_with_all = GENERATOR_FLAGS)]
    pub(crate) events: Option<PathBuf>,

    /// Contract number for records of --events without a contract number
    #[arg(long, value_name = "NUMBER", requires = "events")]
    pub(crate) contract: Option<u64>,

    /// Start the simulated clock at this time, in the years 1970 to 2199 [default: the system time]
    #[arg(long, value_name = "WHEN")]
    pub(crate) now: Option<Moment>,

    /// Stop the simulated clock at the time of --now
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
                format!("{text:?} is not a burst"),
                "use time, duration and number of events, such as 2026-11-20T09:12:33Z,3ms,900",
            ));
        };
        Ok(Self {
            begin: begin.parse().map_err(|error: ionos_activitylog::Error| {
                invalid_value(error.summary(), error.hint().unwrap_or_default())
            })?,
            length: parse_duration(length)
                .map_err(|error| invalid_value(error.to_string(), "use a duration such as 3ms"))?,
            events: events
                .parse()
                .ok()
                .filter(|events| (1..=ionos_activitylog_sim::MAX_BURST_EVENTS).contains(events))
                .ok_or_else(|| {
                    let most = ionos_activitylog_sim::MAX_BURST_EVENTS;
                    invalid_value(format!("{events:?} is not a valid number of events"), format!("use 1 to {most}"))
                })?,
        })
    }
}
