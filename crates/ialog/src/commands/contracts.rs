//! `ialog contracts`: the contracts whose log may be read, one number a line.

use clap::Args;

use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::runtime::context::Context;
use crate::service::account;

#[derive(Args)]
pub(crate) struct ContractsArgs {
    #[command(flatten)]
    pub(crate) account: ServiceArgs,
}

pub(crate) async fn run(arguments: ContractsArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let client = account::connect(&arguments.account, context.clock.now(), context)?;
    let contracts = client.contracts().await?;
    if !arguments.account.whose.demo {
        context.cache.keep_contracts(client.api_address(), &contracts);
    }
    let lines: String = contracts.iter().map(|contract| format!("{}\n", contract.number)).collect();
    context.print(&lines)
}
