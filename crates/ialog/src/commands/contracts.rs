//! `ialog contracts`: lists the contracts whose log the token may read, one number per line.

use clap::Args;

use crate::args::service::ServiceArgs;
use crate::error::CommandError;
use crate::runtime::context::Context;
use crate::service::account;
use crate::service::cache::ServiceCache;

#[derive(Args)]
pub(crate) struct ContractsArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

pub(crate) async fn run(args: &ContractsArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let client = account::connect(&args.service, context.clock.now(), context)?;
    let contracts = client.contracts().await?;
    if !args.service.account.demo {
        ServiceCache::new(context.cache_dir.clone()).write_contracts(client.api_address(), &contracts);
    }
    let lines: String = contracts.iter().map(|contract| format!("{}\n", contract.number)).collect();
    context.print_data(lines)
}
