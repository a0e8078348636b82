//! Configures a simulator. Every setting has a default. An invalid value is replaced by a valid one, so building never
//! fails. Equal settings build equal simulators.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::Simulator;
use crate::access::rate_limit::{RateLimit, RateLimiter};
use crate::access::{AccessControl, BasicAccounts, Contracts, Revocations};
use crate::api::error::FORBIDDEN_CODE;
use crate::api::service::{Clock, Service};
use crate::behavior::{Behavior, MAX_PAGE_HITS};
use crate::data::activity_profile::{ActivityProfile, Burst};
use crate::data::people::{FIXED_USERS, PUBLIC_SERVICES, Population};
use crate::data::random::{Random, RandomKey};
use crate::data::value::Text;
use crate::fault::Faults;
use crate::fault::script::ActiveFaults;
use crate::headers::is_allowed_request_id_header;
use crate::log::cache::RecordCache;
use crate::log::source::{GeneratedLog, LogSource};
use crate::log::{LOG_BEGIN, LOG_END, Log, Recording};
use crate::request_log::counter::RequestCounter;
use crate::request_log::redaction::Redactor;
use crate::request_log::{LoggedRequest, RequestListener, RequestLog};

/// Default plain bearer token.
pub const DEFAULT_TOKEN: &str = "ialog-sim-token";

/// Default seed.
pub const DEFAULT_SEED: u64 = 1;

/// Default start of every `href`: the address of the real service.
pub const DEFAULT_BASE_URL: &str = "https://api.ionos.com";

/// Maximum number of contracts.
pub const MAX_CONTRACTS: usize = 100_000;

/// Default number of events per contract and day, on average over a week.
pub const DEFAULT_EVENTS_PER_DAY: u64 = 320;

/// Maximum number of events per contract and day, on average over a week.
pub const MAX_EVENTS_PER_DAY: u64 = 20_000_000;

/// Default average number of hours per random burst: 720, about one burst per month.
pub const DEFAULT_BURST_INTERVAL: u64 = 720;

/// Maximum number of events of a configured burst.
pub const MAX_BURST_EVENTS: u64 = 50_000;

/// Maximum length of a configured burst: one day.
pub const MAX_BURST_DURATION: TimeDelta = TimeDelta::days(1);

/// Configures a simulator. Created with [`Simulator::builder`].
#[must_use]
pub struct SimulatorBuilder {
    seed: u64,
    contracts: usize,
    users: u64,
    services: u64,
    events_per_day: u64,
    log_begin: DateTime<Utc>,
    burst_interval: u64,
    bursts: Vec<Burst>,
    recording: Option<Recording>,
    record_cache_bytes: usize,
    behavior: Behavior,
    token: String,
    accounts: BasicAccounts,
    redactor: Redactor,
    revoke_after: Option<u64>,
    forbidden_code: Text,
    rate_limit: Option<RateLimit>,
    faults: Faults,
    listener: Option<RequestListener>,
    clock: Clock,
    base_url: String,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            contracts: 1,
            users: FIXED_USERS,
            services: PUBLIC_SERVICES,
            events_per_day: DEFAULT_EVENTS_PER_DAY,
            log_begin: LOG_BEGIN,
            burst_interval: DEFAULT_BURST_INTERVAL,
            bursts: Vec::new(),
            recording: None,
            record_cache_bytes: 0,
            behavior: Behavior::default(),
            token: DEFAULT_TOKEN.into(),
            accounts: BasicAccounts::default(),
            redactor: Redactor::default(),
            revoke_after: None,
            forbidden_code: FORBIDDEN_CODE.into(),
            rate_limit: None,
            faults: Faults::new(),
            listener: None,
            clock: Arc::new(Utc::now),
            base_url: DEFAULT_BASE_URL.into(),
        }
    }
}

/// Settings of the data.
impl SimulatorBuilder {
    /// The seed of the contract numbers, the logs, and the random choices of faults and answers. Default:
    /// [`DEFAULT_SEED`].
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Number of contracts of the account, in [1, [`MAX_CONTRACTS`]]; a number out of range is replaced by the nearest
    /// bound. Additional contracts do not change the first ones or their logs. Default: 1.
    pub fn contracts(mut self, contracts: usize) -> Self {
        self.contracts = contracts.clamp(1, MAX_CONTRACTS);
        self
    }

    /// Number of users per contract, from 1 to 1,000,000; a number out of range is replaced by the nearest bound.
    /// Default: 7, the users with fixed names.
    pub fn users(mut self, users: u64) -> Self {
        self.users = users.clamp(1, 1_000_000);
        self
    }

    /// Number of services through which the users act, from 5 to 1,000,000; a number out of range is replaced by the
    /// nearest bound. Default: 5, the services with public names.
    pub fn services(mut self, services: u64) -> Self {
        self.services = services.clamp(PUBLIC_SERVICES, 1_000_000);
        self
    }

    /// Number of events per contract and day, on average over a week, at most [`MAX_EVENTS_PER_DAY`]. Weekdays have
    /// about a quarter more events, and weekends have fewer. The events of bursts come in addition. Default:
    /// [`DEFAULT_EVENTS_PER_DAY`].
    pub fn events_per_day(mut self, events: u64) -> Self {
        self.events_per_day = events.min(MAX_EVENTS_PER_DAY);
        self
    }

    /// Start of the log of every contract, inclusive, rounded down to the hour and limited to the range from 1970 to
    /// [`LOG_END`]. Default: [`LOG_BEGIN`].
    pub fn log_begin(mut self, begin: DateTime<Utc>) -> Self {
        self.log_begin = begin;
        self
    }

    /// Average time between two random bursts, in hours; 0 for no random bursts. A random burst has 900 events within 3
    /// milliseconds. Default: [`DEFAULT_BURST_INTERVAL`].
    pub fn burst_interval(mut self, hours: u64) -> Self {
        self.burst_interval = hours;
        self
    }

    /// Adds `events` events, at most [`MAX_BURST_EVENTS`], to the log of every contract, spread evenly from `begin`
    /// (inclusive) to `begin` plus `length` (exclusive). The length is in whole milliseconds, at least 1 and at most
    /// [`MAX_BURST_DURATION`]; a length out of range is replaced by the nearest bound.
    ///
    /// The log consists of slices of at most an hour. If configured bursts overlap in a slice, the bursts that were
    /// added last get fewer events, so that all configured bursts together have at most
    /// [`MAX_BURST_EVENTS_PER_SLICE`](crate::MAX_BURST_EVENTS_PER_SLICE) events in the slice.
    pub fn burst(mut self, begin: DateTime<Utc>, length: TimeDelta, events: u64) -> Self {
        self.bursts.push(Burst {
            begin: begin.timestamp_millis(),
            length: length.clamp(TimeDelta::milliseconds(1), MAX_BURST_DURATION).num_milliseconds(),
            events: events.min(MAX_BURST_EVENTS),
        });
        self
    }

    /// Serves the events of a recording instead of generated ones. The contracts are those of the recording. Settings
    /// of the behavior that change the bytes of a record have no effect. Of the settings of the generated data, such as
    /// [`Self::users`], only the seed has an effect: it determines the random choices of faults and answers.
    pub fn recording(mut self, recording: Recording) -> Self {
        self.recording = Some(recording);
        self
    }

    /// Approximate maximum size of the record cache in bytes; 0 turns the cache off. The cache does not change any
    /// answer. Use it for benchmarks of clients, which should not measure the generation of records. Default: 0, so
    /// that a log of any size is served in little memory.
    pub fn record_cache(mut self, max_bytes: usize) -> Self {
        self.record_cache_bytes = max_bytes;
        self
    }
}

/// Settings of the service.
impl SimulatorBuilder {
    /// Settings for all undocumented behavior of the service. Default: [`Behavior::default`].
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// The plain bearer token, which reads every contract. Every [`TestToken`](crate::TestToken) that names one of the
    /// contracts is accepted too. The plain token is compared and not parsed, so claims in it have no effect. Default:
    /// [`DEFAULT_TOKEN`].
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// Adds a user name and password, accepted as HTTP Basic authentication (RFC 7617). Each pair reads every contract.
    /// Default: none.
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let (user, password) = (user.into(), password.into());
        self.redactor.add_pair(&user, &password);
        self.accounts.add(user, password);
        self
    }

    /// Whether the accounts have a second factor, so that user names and passwords are refused with status 401, as the
    /// vendor does since 2024-03-15. Tokens are not affected. Default: false.
    pub fn two_factor(mut self, two_factor: bool) -> Self {
        self.accounts.two_factor = two_factor;
        self
    }

    /// Revokes the plain token after this many requests with this token. A request counts if the simulator checks its
    /// token, whatever the answer is. For example, a request for an unknown path does not count. 0 revokes the token at
    /// once. Simultaneous requests count in the order of their arrival. Default: never.
    pub fn revoke_after(mut self, requests: u64) -> Self {
        self.revoke_after = Some(requests);
        self
    }

    /// `errorCode` of every answer with the status 403. Default: [`FORBIDDEN_CODE`].
    pub fn forbidden_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.forbidden_code = code.into();
        self
    }

    /// Limits the rate of requests for each contract and for the list of contracts, by the clock of the simulator.
    /// Requests above the limit get status 429. Default: no limit.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// The fault script. Requests that no rule matches are answered correctly. Default: no faults.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// A callback for each request, called when the answer is known and before the answer is sent. A slow callback
    /// delays the answer. Default: none.
    pub fn on_request(mut self, callback: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(callback));
        self
    }

    /// The clock, which returns the current time in UTC and may be called several times per request. An event exists if
    /// its time is before the current time. For the log, a current time after [`LOG_END`] counts as [`LOG_END`].
    /// Default: the clock of the machine.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The start of every `href`, with or without a trailing slash. Default: [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Builds the simulator.
    #[must_use]
    pub fn build(mut self) -> Simulator {
        // With pages of at most 0 hits, a client would never reach the end of a range.
        self.behavior.max_limit = self.behavior.max_limit.clamp(1, MAX_PAGE_HITS);
        self.redactor.add_token(&self.token);
        let request_id_header = &mut self.behavior.request_id_header;
        request_id_header.take_if(|name| !is_allowed_request_id_header(name));
        let (contracts, source) = match self.recording {
            Some(recording) => (recording.contracts(), LogSource::Recorded(recording)),
            None => {
                let mut profile = ActivityProfile::new(self.seed, self.events_per_day, self.burst_interval);
                for burst in self.bursts {
                    profile.add_burst(burst);
                }
                let generated = GeneratedLog {
                    seed: self.seed,
                    profile,
                    population: Population { users: self.users, services: self.services },
                    first_hour: self.log_begin.clamp(DateTime::UNIX_EPOCH, LOG_END).timestamp() as u64 / 3600,
                    cache: RecordCache::with_max_bytes(self.record_cache_bytes),
                };
                (contract_numbers(self.seed, self.contracts), LogSource::Generated(generated))
            }
        };
        Simulator(Arc::new(Service {
            seed: self.seed,
            access: AccessControl {
                contracts: Contracts::new(contracts),
                token: self.token,
                accounts: self.accounts,
                revocations: Revocations::new(self.revoke_after),
                forbidden_code: self.forbidden_code,
            },
            rate_limiter: self.rate_limit.map(RateLimiter::new),
            log: Log { source, behavior: self.behavior },
            faults: ActiveFaults::new(self.faults, self.seed),
            request_counter: RequestCounter::default(),
            request_log: RequestLog::new(self.listener, self.redactor),
            clock: self.clock,
            base_url: self.base_url.trim_end_matches('/').into(),
        }))
    }
}

/// Distinct contract numbers of 8 digits. A higher count adds numbers and does not change the first ones.
fn contract_numbers(seed: u64, count: usize) -> Vec<u64> {
    let key = RandomKey { seed, contract: 0, part: RandomKey::CONTRACTS };
    let mut random = Random::new(key, 0);
    let mut known = BTreeSet::new();
    let mut numbers = Vec::with_capacity(count);
    while numbers.len() < count {
        let number = random.between(10_000_000, 99_999_999);
        if known.insert(number) {
            numbers.push(number);
        }
    }
    numbers
}

/// Prints neither the token nor the passwords.
impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder")
            .field("seed", &self.seed)
            .field("contracts", &self.contracts)
            .field("behavior", &self.behavior)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_numbers_have_8_digits_and_do_not_depend_on_their_count() {
        let numbers = |count| Simulator::builder().contracts(count).build().contracts().to_vec();
        assert_eq!(numbers(1).len(), 1);
        assert_eq!(numbers(0), numbers(1));
        assert_eq!(numbers(5)[..1], numbers(1));
        assert_eq!(numbers(usize::MAX).len(), MAX_CONTRACTS);
        let all = numbers(MAX_CONTRACTS);
        assert!(all.iter().all(|number| number.to_string().len() == 8));
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
    }

    #[test]
    fn the_maximum_limit_is_clamped_to_its_bounds() {
        for (max_limit, expected) in [(0, 1), (1, 1), (7, 7), (10_000_000, MAX_PAGE_HITS)] {
            let behavior = Behavior { max_limit, ..Behavior::default() };
            let simulator = Simulator::builder().behavior(behavior).build();
            assert_eq!(simulator.0.behavior().max_limit, expected);
        }
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
