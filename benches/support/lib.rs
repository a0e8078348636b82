//! What every measurement needs: a server that is another process, the processor's time, and the middle of many
//! rounds.

pub mod floor;
mod memory;
mod program;
mod spawned;
mod statistics;
mod stopwatch;
pub mod world;

pub use memory::peak_mebibytes;
pub use program::run;
pub use spawned::{SERVE, Server};
pub use statistics::median;
pub use stopwatch::{Spent, Stopwatch};
