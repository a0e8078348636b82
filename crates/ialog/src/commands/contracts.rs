//! `ialog contracts`: the contracts whose log may be read, one number a line.

use crate::account;
use crate::cli::Contracts;
use crate::failure::Failure;
use crate::host::Host;

pub(crate) async fn run(arguments: Contracts, host: &mut Host<'_>) -> Result<(), Failure> {
    let client = account::connect(&arguments.account, host.clock.now(), host)?;
    let contracts = client.contracts().await?;
    if !arguments.account.whose.demo {
        host.cache.keep_contracts(client.api_address(), &contracts);
    }
    let lines: String = contracts.iter().map(|contract| format!("{}\n", contract.number)).collect();
    host.print(&lines)
}
