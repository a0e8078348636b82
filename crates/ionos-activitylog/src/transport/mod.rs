//! The way of a request to the service: the gateway puts on what every request needs, takes off what none should
//! have and caps what comes back, and hands it to whatever carries it: a connection, a simulator, a test.

mod connection;
mod gateway;
#[cfg(feature = "__rustls")]
mod pin;

pub(crate) use connection::{Connection, ConnectionOptions};
pub(crate) use gateway::{Gateway, user_agent};
