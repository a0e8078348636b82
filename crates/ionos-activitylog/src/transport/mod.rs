//! The way of a request to the service: the gateway puts on what every request needs and takes off what none
//! should have, and hands it to whatever carries it: a connection, a simulator, a test.

mod connection;
mod gateway;

pub use connection::{CONNECT_TIMEOUT, READ_TIMEOUT};
pub(crate) use connection::{Connection, http_client};
pub(crate) use gateway::Gateway;
