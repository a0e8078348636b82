//! Attacks: edited archives, hostile services, and text with secrets or control characters. No command reports forged
//! data as OK, hangs, panics, or shows a secret or a control character.

mod echoed_secrets;
mod escapes;
mod fuzz_corpus;
mod services;
mod tampering;
