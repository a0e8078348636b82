//! Tests that span crates. Each module is a chapter of what the project promises.

mod archive;
mod archive_commands;
mod authorization;
mod cli;
mod conformance;
mod connection;
mod dependencies;
mod end_to_end;
mod error_display;
mod file_export;
mod interruption;
mod program;
mod public_api;
mod refusals;
mod resilience;
mod round_trips;
mod schema_parity;
mod schemas;
mod scripted;
mod secrets;
mod simulator;
mod snapshot;
mod strict_decoder;
mod tls;
mod tracing_spans;
mod wire_requests;
