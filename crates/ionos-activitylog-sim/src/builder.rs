//! Every simulated world is chosen by a few values, all of which have a default, so that `build` cannot fail and two
//! worlds built from the same values are the same.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::log::{Log, contract_numbers};
use crate::{Simulator, World};

/// The token that is accepted unless another one is chosen.
pub const DEFAULT_TOKEN: &str = "ialog-sim-token";

/// The seed unless another one is chosen.
pub const DEFAULT_SEED: u64 = 1;

/// What `href` members begin with unless something else is chosen: the address of the real service.
pub const DEFAULT_BASE_URL: &str = "https://api.ionos.com";

/// An account has no more contracts than this; a larger number is taken for this one.
pub const MAX_CONTRACTS: usize = 1000;

/// Tells the time, in UTC.
pub(crate) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Chooses a simulated world; made by [`Simulator::builder`].
#[must_use]
pub struct SimulatorBuilder {
    seed: u64,
    contracts: usize,
    token: String,
    clock: Clock,
    base_url: String,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            contracts: 1,
            token: DEFAULT_TOKEN.into(),
            clock: Arc::new(Utc::now),
            base_url: DEFAULT_BASE_URL.into(),
        }
    }
}

impl SimulatorBuilder {
    /// What everything is drawn from: the contract numbers and their logs. The default is [`DEFAULT_SEED`].
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many contracts the account has, in [1, [`MAX_CONTRACTS`]]; another number is taken for the nearest one of
    /// them. The default is 1. More contracts leave the first ones and their logs as they are.
    pub fn contracts(mut self, contracts: usize) -> Self {
        self.contracts = contracts.clamp(1, MAX_CONTRACTS);
        self
    }

    /// The bearer token that is accepted. The default is [`DEFAULT_TOKEN`].
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// Tells the time, once for each request. An event exists once its time is before it. The default is the time of
    /// the machine.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What `href` members begin with, with or without a slash at its end. The default is [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The simulator of this world.
    #[must_use]
    pub fn build(self) -> Simulator {
        Simulator(Arc::new(World {
            contracts: contract_numbers(self.seed, self.contracts),
            log: Log { seed: self.seed },
            token: self.token,
            clock: self.clock,
            base_url: self.base_url.trim_end_matches('/').into(),
        }))
    }
}

/// Without the token.
impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder")
            .field("seed", &self.seed)
            .field("contracts", &self.contracts)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_numbers_have_8_digits_and_do_not_depend_on_their_count() {
        let numbers = |count| {
            Simulator::builder()
                .contracts(count)
                .build()
                .contracts()
                .to_vec()
        };
        assert_eq!(numbers(1).len(), 1);
        assert_eq!(numbers(0), numbers(1));
        assert_eq!(numbers(5)[..1], numbers(1));
        assert_eq!(numbers(usize::MAX).len(), MAX_CONTRACTS);
        let all = numbers(MAX_CONTRACTS);
        assert!(all.iter().all(|number| number.to_string().len() == 8));
        let unique: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
    }

    #[test]
    fn debug_output_does_not_show_the_token() {
        let builder = Simulator::builder().token("s3cret");
        assert!(!format!("{builder:?}").contains("s3cret"));
        let simulator = builder.build();
        assert!(!format!("{simulator:?}").contains("s3cret"));
        assert_eq!(simulator.token(), "s3cret");
    }
}
