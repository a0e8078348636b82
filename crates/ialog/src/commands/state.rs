//! `ialog state`: what an archive knows about itself.

use ionos_activitylog_archive::{Archive, ContractFolder, Error, State, rebuild_state};

use crate::cli::{self, OfArchive, StateCommand};
use crate::commands::{archived_contracts, counted, demo};
use crate::failure::Failure;
use crate::host::Host;

pub(crate) async fn run(arguments: cli::State, host: &mut Host<'_>) -> Result<(), Failure> {
    match arguments.command {
        StateCommand::Show { of } => {
            let found = demo::archive(of.root.folder()?, host).await?;
            for folder in contracts(&found.archive, &of)? {
                let (state, warning) = State::read(&folder)?;
                if let Some(warning) = warning {
                    host.insist(format_args!("warning: {warning}"));
                }
                let Some(state) = state else {
                    host.insist(format_args!(
                        "contract {} has no state: `ialog state rebuild` makes it from the manifests",
                        folder.contract()
                    ));
                    continue;
                };
                let line = serde_json::to_string(&state).map_err(|error| Failure::bug(error.to_string()))?;
                host.print(&format!("{line}\n"))?;
            }
        }
        StateCommand::Rebuild { of, relink } => {
            let found = demo::archive(of.root.folder()?, host).await?;
            for folder in contracts(&found.archive, &of)? {
                let rebuilt = rebuild_state(&folder, &host.clock, relink)?;
                host.say(format_args!(
                    "contract {}: the state is made anew from {}",
                    folder.contract(),
                    counted(rebuilt.manifests as u64, "manifest")
                ));
            }
        }
    }
    Ok(())
}

fn contracts(archive: &Archive, of: &OfArchive) -> Result<Vec<ContractFolder>, Failure> {
    if let Some(contracts) = archived_contracts(archive, &of.contract)? {
        let folders = contracts.iter().map(|contract| archive.contract(contract));
        return Ok(folders.collect());
    }
    match archive.contracts()? {
        none if none.is_empty() => Err(Error::Empty(archive.root().to_path_buf()).into()),
        all => Ok(all),
    }
}
