//! What every measurement needs: a server that is another process, the processor's time, and the middle of many
//! rounds.

pub mod floor;
mod memory;
mod program;
mod served;
mod spawned;
mod statistics;
mod stopwatch;
pub mod threads;
pub mod world;

pub use memory::peak_mebibytes;
pub use program::run;
pub use served::serve;
pub use spawned::{SERVE, Server};
pub use statistics::{median, ratio};
pub use stopwatch::{Spent, Stopwatch};
