//! Flags of `ialog state`.

use clap::{Args, Subcommand};

use super::named::{CONTRACT, contract_help};
use super::{Named, Root};

#[derive(Args)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Subcommand)]
pub(crate) enum StateCommand {
    /// Show what an archive holds of each contract, as JSON, one contract a line
    Show {
        #[command(flatten)]
        of: OfArchive,
    },
    /// Make the state of each contract anew from its manifests
    Rebuild {
        #[command(flatten)]
        of: OfArchive,

        /// Take manifests that do not follow each other as they are; the next export links them anew
        #[arg(long)]
        relink: bool,
    },
}

/// Whose state.
#[derive(Args)]
pub(crate) struct OfArchive {
    #[command(flatten)]
    pub(crate) root: Root,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("If left out, all of the archive"))]
    pub(crate) contract: Vec<Named>,
}
