//! Resources that the program provides to a client: time and randomness ([`clock`]), and threads ([`spawner`]).

pub mod clock;
pub(crate) mod spawner;
