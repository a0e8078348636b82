//! `ialog state`: shows or rebuilds the state of an archive.

use clap::{Args, Subcommand};
use ionos_activitylog_archive::{ContractFolder, Error, State, rebuild_state};

use crate::args::archive::ArchiveRootArgs;
use crate::args::contracts::{CONTRACT, ContractSelector, contract_help};
use crate::error::CommandError;
use crate::events::opened_archive::OpenedArchive;
use crate::output::plural::format_count;
use crate::runtime::context::Context;

#[derive(Args)]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Subcommand)]
pub(crate) enum StateCommand {
    /// Show the state of each contract as JSON, one contract per line
    Show {
        #[command(flatten)]
        selection: StateSelection,
    },
    /// Rebuild the state of each contract from its manifests, unless the state shows that manifests were removed or
    /// added
    Rebuild {
        #[command(flatten)]
        selection: StateSelection,
    },
}

/// The archive, and the contracts whose state is shown or rebuilt.
#[derive(Args)]
pub(crate) struct StateSelection {
    #[command(flatten)]
    pub(crate) root: ArchiveRootArgs,

    #[arg(long, value_name = CONTRACT, value_delimiter = ',', help = contract_help!("all contracts of the archive"))]
    pub(crate) contract: Vec<ContractSelector>,
}

pub(crate) async fn run(args: StateArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    match args.command {
        StateCommand::Show { selection } => {
            let opened = OpenedArchive::open_or_demo(selection.root.folder()?, context).await?;
            for folder in contract_folders(&opened, &selection)? {
                let (state, warning) = State::read(&folder)?;
                if let Some(warning) = warning {
                    context.warn(format_args!("warning: {warning}"));
                }
                let Some(state) = state else {
                    context.warn(format_args!(
                        "contract {} has no state: run `ialog state rebuild` to create it from the manifests",
                        folder.contract()
                    ));
                    continue;
                };
                let line = serde_json::to_string(&state).map_err(|error| CommandError::bug(error.to_string()))?;
                context.print_data(format!("{line}\n"))?;
            }
        }
        StateCommand::Rebuild { selection } => {
            let opened = OpenedArchive::open_or_demo(selection.root.folder()?, context).await?;
            for folder in contract_folders(&opened, &selection)? {
                let rebuilt = rebuild_state(&folder, &context.clock)?;
                context.info(format_args!(
                    "contract {}: state rebuilt from the manifests of {}",
                    folder.contract(),
                    format_count(rebuilt.days as u64, "day")
                ));
            }
        }
    }
    Ok(())
}

/// The folders of the selected contracts. Fails for an empty archive.
fn contract_folders(opened: &OpenedArchive, selection: &StateSelection) -> Result<Vec<ContractFolder>, CommandError> {
    let archive = opened.archive();
    if let Some(contracts) = opened.select_contracts(&selection.contract)? {
        let folders = contracts.iter().map(|contract| archive.contract(contract));
        return Ok(folders.collect());
    }
    match archive.contracts()? {
        none if none.is_empty() => Err(Error::NoArchive { path: archive.root().to_path_buf() }.into()),
        all => Ok(all),
    }
}
