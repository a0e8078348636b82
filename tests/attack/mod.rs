//! Attacks: an archive is edited, or hostile text reaches the terminal. Nothing forged is called OK, nothing hangs,
//! and no command ends by a panic.

mod escapes;
mod fuzz_corpus;
mod services;
mod tampering;
