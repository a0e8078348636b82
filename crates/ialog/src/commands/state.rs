//! `ialog state`: what an archive knows about itself.

use ionos_activitylog_archive::{Archive, ContractFolder, Error, State, rebuild_state};

use crate::cli::{self, StateCommand};
use crate::commands::{archive_at, counted};
use crate::failure::Failure;
use crate::host::Host;

pub(crate) fn run(arguments: cli::State, host: &mut Host<'_>) -> Result<(), Failure> {
    match arguments.command {
        StateCommand::Show { root } => {
            for folder in contracts(&archive_at(&root)?)? {
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
                let line = serde_json::to_string(&state)
                    .map_err(|error| Failure::bug(error.to_string()))?;
                host.print(&format!("{line}\n"))?;
            }
        }
        StateCommand::Rebuild { root, relink } => {
            for folder in contracts(&archive_at(&root)?)? {
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

fn contracts(archive: &Archive) -> Result<Vec<ContractFolder>, Error> {
    let contracts = archive.contracts()?;
    if contracts.is_empty() {
        return Err(Error::Empty(archive.root().to_path_buf()));
    }
    Ok(contracts)
}
