//! The service's limits are not documented, and they count per contract. So a client sends few requests at once, learns
//! from what comes back how many it may send, and can be held to a rate; all clones of a client share this.

mod in_flight;
mod rate;

pub(crate) use in_flight::{CEILING, Exit, InFlight, Outcome, Place, Ticket};
pub(crate) use rate::Rate;
