//! A simulated contract at a fixed time, and a client that reaches the simulator in process. So the examples run
//! without an account or a network and print the same output each time.

#![allow(dead_code, reason = "each example uses only some functions")]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ionos_activitylog::{Client, ClientBuilder, ContractNumber, DateRange, Error};
use ionos_activitylog_sim::Simulator;

/// The time of the simulator: Monday, 2026-11-23T00:00:00Z, in seconds since 1970.
const NOW: i64 = 1_795_392_000;

/// The time at which the examples run.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_secs(NOW).unwrap_or_default()
}

/// A simulator with one contract.
pub fn simulator() -> Simulator {
    Simulator::builder().clock(now).build()
}

/// The contract of the simulator.
pub fn contract(simulator: &Simulator) -> ContractNumber {
    simulator.contracts()[0].into()
}

/// A builder for a client that reaches the simulator in process.
pub fn builder(simulator: &Simulator) -> ClientBuilder {
    Client::builder().token(simulator.token()).transport(simulator.transport())
}

/// A client that reaches the simulator in process.
pub fn client(simulator: &Simulator) -> Result<Client, Error> {
    builder(simulator).build()
}

/// Monday, 2026-11-16, to Sunday, 2026-11-22.
pub fn last_week() -> Result<DateRange, Error> {
    DateRange::last(TimeDelta::days(7), now())
}

/// The day 2026-11-20.
pub fn last_friday() -> Result<DateRange, Error> {
    let day: NaiveDate = now().date_naive() - TimeDelta::days(3);
    DateRange::day(day, &Utc)
}
