//! Attacks on the program with input that nobody trusts.

mod escapes;
