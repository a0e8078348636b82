//! Resources that the program provides to a client: time and randomness ([`clock`]), threads ([`spawner`]), and files
//! ([`regular_file`]).

pub mod clock;
pub(crate) mod regular_file;
pub(crate) mod spawner;
