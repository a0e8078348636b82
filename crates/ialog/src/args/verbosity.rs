//! `--quiet` and `--verbose`, which every command takes.

use clap::Args;

use crate::error::CommandError;
use crate::output::messages::Verbosity;

/// Verbosity flags.
#[derive(Args)]
pub(crate) struct VerbosityArgs {
    /// Print only errors and completeness warnings
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Log requests and waits; -vv adds headers (secrets removed)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl VerbosityArgs {
    pub(crate) fn verbosity(&self) -> Result<Verbosity, CommandError> {
        Ok(match (self.quiet, self.verbose) {
            (true, 0) => Verbosity::Quiet,
            // clap does not detect the conflict if one flag is before the command and the other after it.
            (true, _) => {
                return Err(CommandError::usage("--quiet cannot be combined with --verbose", "remove one of them"));
            }
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Requests,
            (false, _) => Verbosity::Headers,
        })
    }
}
