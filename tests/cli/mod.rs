//! The command line: help, scripts in the form of terminal sessions, terminal output, Ctrl-C and `ialog sim`.

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
