//! Parts that the measuring programs share: a server in a process of its own, clocks and medians, and a log to read.

pub mod byte_copy;
pub mod log;
pub mod measure;
pub mod runtimes;
pub mod server;
