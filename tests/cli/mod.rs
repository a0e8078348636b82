//! The command line: help, scripts that read like a terminal session, terminal output, Ctrl-C and `ialog sim`.

mod completion;
mod distribution;
mod documented_examples;
mod end_to_end;
mod help;
mod interruption;
mod manual;
mod misplaced_secrets;
mod refusals;
mod scripts;
mod simulator;
mod terminal;
