//! Flags of `ialog state`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Subcommand)]
pub(crate) enum StateCommand {
    /// Show what an archive holds of each contract, as JSON, one contract a line
    Show {
        /// Folder of the archive
        #[arg(value_name = "ROOT")]
        root: PathBuf,
    },
    /// Make the state of each contract anew from its manifests
    Rebuild {
        /// Folder of the archive
        #[arg(value_name = "ROOT")]
        root: PathBuf,

        /// Take manifests that do not follow each other as they are; the next export links them anew
        #[arg(long)]
        relink: bool,
    },
}
