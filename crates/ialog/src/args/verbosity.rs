//! `--quiet` and `--verbose`, which every command takes.

use clap::Args;

use crate::error::CommandError;
use crate::output::messages::Verbosity;

/// How much is said.
#[derive(Args)]
pub(crate) struct VerbosityArgs {
    /// Say nothing but errors and what is not proven to be all
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Say each request and wait; -vv also headers, without secrets
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl VerbosityArgs {
    pub(crate) fn level(&self) -> Result<Verbosity, CommandError> {
        Ok(match (self.quiet, self.verbose) {
            (true, 0) => Verbosity::Quiet,
            // One may stand before the command and one behind it, where clap does not see both.
            (true, _) => {
                return Err(CommandError::usage("--quiet and --verbose contradict each other", "leave one out"));
            }
            (false, 0) => Verbosity::Usual,
            (false, 1) => Verbosity::Steps,
            (false, _) => Verbosity::Headers,
        })
    }
}
