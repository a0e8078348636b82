//! What the tests share: starting the program, terminals, fakes of the service, and snapshots.

pub mod demo_archive;
pub mod exports;
pub mod in_process;
pub mod program;
pub mod pty;
pub mod scripted;
pub mod snapshot;
