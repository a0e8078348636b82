//! Shared test support: starting the program, terminals, fake services and snapshots.

pub mod demo_archive;
pub mod exports;
pub mod hostile_server;
pub mod in_process;
pub mod program;
pub mod pty;
pub mod scripted;
pub mod snapshot;
