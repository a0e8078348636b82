//! Every simulated world is chosen by a few values, all of which have a default, so that `build` cannot fail and two
//! worlds built from the same values are the same.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::{Access, Accounts, Contracts, Revocations};
use crate::fault::{Armed, Faults};
use crate::framing::may_name_answers;
use crate::ledger::{Ledger, Listener, Redactor, SeenRequest};
use crate::log::{Drawn, Kept, LOG_BEGIN, LOG_END, Log, Recording, Source};
use crate::rate_limit::{RateLimit, RateLimiter};
use crate::service::FOREIGN_CONTRACT_CODE;
use crate::switches::{MAX_PAGE, Switches};
use crate::tally::Tally;
use crate::world::people::{Population, SERVICES, USERS};
use crate::world::random::{Key, Random};
use crate::world::record::Text;
use crate::world::rhythm::{Burst, Rhythm};
use crate::{Simulator, World};

/// The token that is accepted unless another one is chosen.
pub const DEFAULT_TOKEN: &str = "ialog-sim-token";

/// The seed unless another one is chosen.
pub const DEFAULT_SEED: u64 = 1;

/// What `href` members begin with unless something else is chosen: the address of the real service.
pub const DEFAULT_BASE_URL: &str = "https://api.ionos.com";

/// An account has no more contracts than this; a larger number is taken for this one.
pub const MAX_CONTRACTS: usize = 100_000;

/// How many events a contract has on an average day of the week unless something else is chosen.
pub const EVENTS_PER_DAY: u64 = 320;

/// A contract has no more events on an average day than this; a larger number is taken for this one.
pub const MAX_EVENTS_PER_DAY: u64 = 20_000_000;

/// One hour in so many has a burst of 900 events within 3 milliseconds, unless something else is chosen: about one a
/// month.
pub const BURST_EVERY: u64 = 720;

pub use crate::world::rhythm::MAX_BURSTS_OF_A_SLICE;

/// A burst that is asked for has no more events than this; a larger number is taken for this one.
pub const MAX_BURST: u64 = 50_000;

/// A burst that is asked for is no longer than this, a day; a longer one is taken for this one.
pub const MAX_BURST_LENGTH: TimeDelta = TimeDelta::days(1);

/// Tells the time, in UTC.
pub(crate) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Chooses a simulated world; made by [`Simulator::builder`].
#[must_use]
pub struct SimulatorBuilder {
    seed: u64,
    contracts: usize,
    users: u64,
    services: u64,
    events_per_day: u64,
    begin: DateTime<Utc>,
    burst_every: u64,
    bursts: Vec<Burst>,
    recording: Option<Recording>,
    kept_bytes: usize,
    switches: Switches,
    token: String,
    accounts: Accounts,
    redactor: Redactor,
    revoke_after: Option<u64>,
    forbidden_code: Text,
    rate_limit: Option<RateLimit>,
    faults: Faults,
    listener: Option<Listener>,
    clock: Clock,
    base_url: String,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED,
            contracts: 1,
            users: USERS,
            services: SERVICES,
            events_per_day: EVENTS_PER_DAY,
            begin: LOG_BEGIN,
            burst_every: BURST_EVERY,
            bursts: Vec::new(),
            recording: None,
            kept_bytes: 0,
            switches: Switches::default(),
            token: DEFAULT_TOKEN.into(),
            accounts: Accounts::default(),
            redactor: Redactor::default(),
            revoke_after: None,
            forbidden_code: FOREIGN_CONTRACT_CODE.into(),
            rate_limit: None,
            faults: Faults::new(),
            listener: None,
            clock: Arc::new(Utc::now),
            base_url: DEFAULT_BASE_URL.into(),
        }
    }
}

/// The data.
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

    /// How many users act in each contract, at least 1. The default is 7, all of them known by name.
    pub fn users(mut self, users: u64) -> Self {
        self.users = users.clamp(1, 1_000_000);
        self
    }

    /// How many services there are, at least the 5 whose names are public, which is the default.
    pub fn services(mut self, services: u64) -> Self {
        self.services = services.clamp(SERVICES, 1_000_000);
        self
    }

    /// How many events each contract has on an average day of the week, at most [`MAX_EVENTS_PER_DAY`]: a quarter more
    /// on a weekday, fewer at weekends. Bursts come on top. The default is [`EVENTS_PER_DAY`].
    pub fn events_per_day(mut self, events: u64) -> Self {
        self.events_per_day = events.min(MAX_EVENTS_PER_DAY);
        self
    }

    /// When the log of every contract begins, cut down to the hour, and not before 1970 or after [`LOG_END`]. The default
    /// is [`LOG_BEGIN`].
    pub fn begin(mut self, begin: DateTime<Utc>) -> Self {
        self.begin = begin;
        self
    }

    /// One hour in so many has a burst of 900 events within 3 milliseconds; 0 for none. The default is
    /// [`BURST_EVERY`].
    pub fn burst_every(mut self, hours: u64) -> Self {
        self.burst_every = hours;
        self
    }

    /// Adds so many events, at most [`MAX_BURST`], to the log of every contract, spread evenly over
    /// [begin, begin + length). The length is in whole milliseconds, at least 1 and at most [`MAX_BURST_LENGTH`]; another
    /// one is taken for the nearest one of them.
    ///
    /// A log is cut into slices of an hour, or of a part of one where there are many events. Where bursts meet in a slice,
    /// those that are added later have fewer events, so that there are no more than [`MAX_BURSTS_OF_A_SLICE`] in all.
    pub fn burst(mut self, begin: DateTime<Utc>, length: TimeDelta, events: u64) -> Self {
        self.bursts.push(Burst {
            begin: begin.timestamp_millis(),
            length: length.clamp(TimeDelta::milliseconds(1), MAX_BURST_LENGTH).num_milliseconds(),
            events: events.min(MAX_BURST),
        });
        self
    }

    /// Serves the events of a recording, and no others. The contracts are those of the recording; what was chosen of
    /// the data counts no more, and neither do switches about the bytes of a record.
    pub fn recording(mut self, recording: Recording) -> Self {
        self.recording = Some(recording);
        self
    }

    /// Keeps records that were written, up to about so many bytes of them, a thousand for each, so that they are not
    /// drawn again when somebody asks for them again. What is answered is the same. The default is 0: a log of any size
    /// is served in little memory. It is for measurements, which should not measure how records are drawn.
    pub fn keeping(mut self, bytes: usize) -> Self {
        self.kept_bytes = bytes;
        self
    }
}

/// The service.
impl SimulatorBuilder {
    /// The settings of everything about the service that is not known. The default is [`Switches::default`]. A
    /// `request_id_header` that [is not to be one](crate::may_name_answers) is taken for none, and a `max_limit` of 0
    /// for 1.
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// The plain bearer token that is accepted and reads every contract, besides every [`TestToken`](crate::TestToken)
    /// that names one of the contracts. It is compared and not read: claims that it may have do not count. The default
    /// is [`DEFAULT_TOKEN`].
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// A user name and its password, accepted as HTTP Basic authentication (RFC 7617) besides those given before; each
    /// pair reads every contract. The default is none.
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let (user, password) = (user.into(), password.into());
        self.redactor.add_pair(&user, &password);
        self.accounts.add(user, password);
        self
    }

    /// Whether the accounts have a second factor, so that user name and password are refused with 401, as the vendor
    /// announced it for 2024-03-15. Tokens are not concerned. The default is false.
    pub fn two_factor(mut self, two_factor: bool) -> Self {
        self.accounts.two_factor = two_factor;
        self
    }

    /// Revokes the plain token once it was good for so many requests that need one, whatever they were answered; 0 is a
    /// token that was never good. Requests at the same time count in the order of their arrival. The default is never.
    pub fn revoke_after(mut self, requests: u64) -> Self {
        self.revoke_after = Some(requests);
        self
    }

    /// `errorCode` of every answer with the status 403. The default is [`FOREIGN_CONTRACT_CODE`].
    pub fn forbidden_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.forbidden_code = code.into();
        self
    }

    /// Limits the rate of requests to each contract, by the clock of the simulator; too many are answered with 429. The
    /// default is no limit.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// What goes wrong, and when. The default is nothing. A script leaves what is not struck as it is.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Is told of each request once its answer is known, before it is sent; it should be quick.
    pub fn on_request(mut self, told: impl Fn(&SeenRequest) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(told));
        self
    }

    /// Tells the time, once for each request. An event exists once its time is before it. A time after [`LOG_END`] is
    /// taken for it in all that concerns the log. The default is the time of the machine.
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
    pub fn build(mut self) -> Simulator {
        // A page without hits would never end.
        self.switches.max_limit = self.switches.max_limit.clamp(1, MAX_PAGE);
        self.redactor.add_token(&self.token);
        let request_id_header = &mut self.switches.request_id_header;
        request_id_header.take_if(|name| !may_name_answers(name));
        let (contracts, source) = match self.recording {
            Some(recording) => (recording.contracts(), Source::Recorded(recording)),
            None => {
                let mut rhythm = Rhythm::new(self.seed, self.events_per_day, self.burst_every);
                for burst in self.bursts {
                    rhythm.add(burst);
                }
                let drawn = Drawn {
                    kept: Kept::up_to(self.kept_bytes),
                    seed: self.seed,
                    rhythm,
                    population: Population { users: self.users, services: self.services },
                    first_hour: self.begin.clamp(DateTime::UNIX_EPOCH, LOG_END).timestamp() as u64 / 3600,
                };
                let contracts = contract_numbers(self.seed, self.contracts);
                (contracts, Source::Drawn(drawn))
            }
        };
        Simulator(Arc::new(World {
            seed: self.seed,
            access: Access {
                contracts: Contracts::new(contracts),
                token: self.token,
                accounts: self.accounts,
                revocations: Revocations::new(self.revoke_after),
                forbidden_code: self.forbidden_code,
            },
            rate_limiter: self.rate_limit.map(RateLimiter::new),
            log: Log { source, switches: self.switches },
            faults: Armed::new(self.faults, self.seed),
            tally: Tally::default(),
            ledger: Ledger::new(self.listener, self.redactor),
            clock: self.clock,
            base_url: self.base_url.trim_end_matches('/').into(),
        }))
    }
}

/// The contracts of an account: different numbers of 8 digits, the first ones the same however many there are.
fn contract_numbers(seed: u64, count: usize) -> Vec<u64> {
    let key = Key { seed, contract: 0, part: Key::CONTRACTS };
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

/// Without the token and the passwords.
impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder")
            .field("seed", &self.seed)
            .field("contracts", &self.contracts)
            .field("switches", &self.switches)
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
    fn a_page_is_never_without_hits_or_larger_than_memory_allows() {
        for (max_limit, expected) in [(0, 1), (1, 1), (7, 7), (10_000_000, MAX_PAGE)] {
            let switches = Switches { max_limit, ..Switches::default() };
            let simulator = Simulator::builder().switches(switches).build();
            assert_eq!(simulator.switches().max_limit, expected);
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
