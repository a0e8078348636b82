//! Attacks: an archive is edited, or hostile text reaches the terminal. No command reports forged data as OK, hangs or
//! panics.

mod echoed_secrets;
mod escapes;
mod fuzz_corpus;
mod services;
mod tampering;
