//! Flags about faults, rate limits and the request log.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use ionos_activitylog_sim::RetryAfterForm;

use super::{invalid_value, one_of};
use crate::args::parse_error::InvalidValue;

#[derive(Args)]
pub(crate) struct FaultArgs {
    /// JSON file with a fault script
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    /// Requests per second and contract, and the burst size, such as 5/10 [default: unlimited]
    #[arg(long, value_name = "RATE/BURST")]
    pub(crate) rate_limit: Option<RateLimitSpec>,

    /// Form of Retry-After in a 429
    #[arg(long, value_name = "FORM", default_value_t, value_parser = one_of::<RetryAfterForm>(RetryAfterForm::NAMES), requires = "rate_limit")]
    pub(crate) retry_after: RetryAfterForm,

    /// Write every request to this file, without secrets
    // The request log is called "ledger" in the interface: by this flag and by the path `/_sim/ledger`.
    #[arg(long = "ledger", value_name = "FILE")]
    pub(crate) request_log: Option<PathBuf>,
}

/// Requests per second, and the burst size.
#[derive(Clone, Copy)]
pub(crate) struct RateLimitSpec {
    pub(crate) per_second: f64,
    pub(crate) burst: u32,
}

impl FromStr for RateLimitSpec {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let read = || {
            let (rate, burst) = text.split_once('/')?;
            Some((rate.parse().ok()?, burst.parse().ok()?))
        };
        let (per_second, burst) = read().ok_or_else(|| {
            invalid_value(
                format!("{text:?} is not a rate limit"),
                "use requests per second and the burst size, such as 5/10",
            )
        })?;
        Ok(Self { per_second, burst })
    }
}
