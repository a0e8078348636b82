//! What a client takes from the program that runs it: time and randomness ([`clock`]), and threads ([`spawner`]).

pub mod clock;
pub(crate) mod spawner;
