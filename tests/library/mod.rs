//! The library: calls, credentials, connections, errors and records.

mod authorization;
mod cloud_request;
mod connection;
mod error_display;
mod pieces;
mod resilience;
mod round_trips;
mod throttled;
mod tls;
mod tracing_spans;
mod wire_requests;
